"""Rewrites of the corpus programs about sound, pictures, paths and series."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

MEL = "corpus/log_mel/log_mel.py::log_mel"
AUDIO = "corpus/audio_batches/audio_batches.py::describe"
IMAGE = "corpus/image_pipeline/image_pipeline.py::enhance"
TREND = "corpus/price_trend/price_trend.py::trends"
ORBIT = "corpus/orbit_snapshots/orbit_snapshots.py::simulate"
READINGS = "corpus/calibrated_readings/calibrated_readings.py::calibrate"

REWRITES = (
    Rewrite(
        "log-mel: power in the magnitude's buffer", MEL,
        (("power = magnitude**2 / FRAME", "magnitude *= magnitude\n    magnitude /= FRAME\n    power = magnitude"),),
        "exact", "`magnitude` is fresh and a float",
    ),
    Rewrite(
        "log-mel: normalised in place", MEL,
        (("return (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-8)",
          "mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-8\n    features -= mean\n"
          "    features /= spread\n    return features"),),
        "exact", "`features` is fresh, and its spread is taken before it changes",
    ),
    Rewrite(
        "log-mel: no square root", MEL,
        (("magnitude = np.abs(spectrum)\n    power = magnitude**2 / FRAME",
          "power = (spectrum.real**2 + spectrum.imag**2) / FRAME"),),
        "close", "rounds other than the square of a square root",
    ),
    Rewrite(
        "log-mel: emphasised in place", MEL,
        (("emphasised = np.append(signal[0], signal[1:] - 0.97 * signal[:-1])",
          "signal[1:] -= 0.97 * signal[:-1]\n    emphasised = signal"),),
        "unsound", "changes the caller's recording",
    ),
    Rewrite(
        "log-mel: window on overlapping frames", MEL,
        (("return signal[index]",
          "return np.lib.stride_tricks.sliding_window_view(signal, length, writeable=True)[::hop][:count]"),
         ("windowed = frames * np.hanning(FRAME)", "windowed = frames\n    windowed *= np.hanning(FRAME)")),
        "unsound", "frames share samples, which get the window several times",
    ),
    Rewrite(
        "log-mel: spectrum in single precision", MEL,
        (("np.fft.rfft(windowed, axis=1)", "np.fft.rfft(windowed.astype(np.float32), axis=1)"),),
        "unsound", "seven digits where sixteen were",
    ),
    Rewrite(
        "audio: window in place", AUDIO,
        (("windowed = frames * window", "frames *= window\n        windowed = frames"),),
        "exact", "the frames are copies in double precision, not used again",
    ),
    Rewrite(
        "audio: smoothing in the power's buffer", AUDIO,
        (("smoothed = np.empty_like(power)\n    smoothed[0] = power[0]", "smoothed = power"),),
        "exact", "a row of the power is read once, right before it is overwritten",
    ),
    Rewrite(
        "audio: offset taken out of the clip", AUDIO,
        (("    count = max(1, 1", "    clip -= clip.mean()\n    count = max(1, 1"), ("    frames -= clip.mean()\n", "")),
        "unsound", "changes the caller's clips",
    ),
    Rewrite(
        "audio: one row buffer for all clips", AUDIO,
        (("    features = []\n", "    features, row = [], None\n"),
         ("features.append(np.concatenate([level, spread, peaks.astype(float)]))",
          "row = np.concatenate([level, spread, peaks.astype(float)], out=row)\n        features.append(row)")),
        "unsound", "all rows are the last clip's",
    ),
    Rewrite(
        "image: gamma in place", IMAGE,
        (("brightened = normalised**gamma", "normalised **= gamma\n    brightened = normalised"),),
        "exact", "`normalised` is a fresh float",
    ),
    Rewrite(
        "image: edges in the gradients' buffers", IMAGE,
        (("strength = np.sqrt(dx**2 + dy**2)\n    return strength",
          "dx *= dx\n    dy *= dy\n    dx += dy\n    return np.sqrt(dx, out=dx)"),),
        "exact", "both gradients are fresh",
    ),
    Rewrite(
        "image: flat regions dimmed in place", IMAGE,
        (("emphasised = np.where(edges, clipped, 0.9 * clipped)",
          "emphasised = clipped\n    np.multiply(clipped, 0.9, out=clipped, where=~edges)"),),
        "exact", "`clipped` is fresh and not used again",
    ),
    Rewrite(
        "image: detail in the brightened buffer", IMAGE,
        (("detail = brightened - blurred", "brightened -= blurred\n    detail = brightened"),),
        "unsound", "the sharpened picture needs the brightened one",
    ),
    Rewrite(
        "image: thumbnail as a view", IMAGE,
        (("step, : width * step : step].copy()", "step, : width * step : step]"),),
        "unsound", "the result has other strides, and keeps the whole picture alive",
    ),
    Rewrite(
        "image: running sums in single precision", IMAGE,
        (('padded = np.pad(image, radius, mode="edge")', 'padded = np.pad(image.astype(np.float32), radius, mode="edge")'),),
        "unsound", "seven digits where sixteen were, and sums of many",
    ),
    Rewrite(
        "trend: level taken before centring in place", TREND,
        (("recent = latest(logs, window)", "level = latest(logs, window).mean(axis=1)"),
         ("logs = logs - logs.mean(axis=1, keepdims=True)", "logs -= logs.mean(axis=1, keepdims=True)"),
         ("    level = recent.mean(axis=1)\n", "")),
        "exact", "the view is read before its base changes",
    ),
    Rewrite(
        "trend: centred in place", TREND,
        (("logs = logs - logs.mean(axis=1, keepdims=True)", "logs -= logs.mean(axis=1, keepdims=True)"),),
        "unsound", "`recent` is a view of the log prices",
    ),
    Rewrite(
        "trend: logarithm in place", TREND,
        (("logs = np.log(prices)", "logs = np.log(prices, out=prices)"),),
        "unsound", "changes the caller's prices",
    ),
    Rewrite(
        "orbit: a copy a frame", ORBIT,
        (("path.append(positions)", 'path.append(positions.copy(order="K"))'),
         ("positions = positions + velocity", "positions += velocity")),
        "exact", "every frame is a copy in the layout of its original",
    ),
    Rewrite(
        "orbit: one product less", ORBIT,
        (("velocity -= rate * pull(positions)", "step = pull(positions)\n        step *= rate\n        velocity -= step"),),
        "exact", "the same product, in the buffer of its factor",
    ),
    Rewrite(
        "orbit: moved in place", ORBIT,
        (("positions = positions + velocity", "positions += velocity"),),
        "unsound", "all frames are one array",
    ),
    Rewrite(
        "orbit: a copy a frame, row by row", ORBIT,
        (("path.append(positions)", "path.append(positions.copy())"),
         ("positions = positions + velocity", "positions += velocity")),
        "unsound", "for column-major positions the frames have another layout",
    ),
    Rewrite(
        "orbit: no copy at the start", ORBIT,
        (("positions = positions + 0.0  # the", "positions = np.asarray(positions, dtype=float)  # the"),),
        "unsound", "the first frame is the caller's array",
    ),
    Rewrite(
        "readings: volts in one buffer", READINGS,
        (("return raw.astype(np.float32) * np.float32(5.0 / 65535)",
          "volts = raw.astype(np.float32)\n    volts *= np.float32(5.0 / 65535)\n    return volts"),),
        "exact", "the conversion makes a fresh array",
    ),
    Rewrite(
        "readings: gains in place", READINGS,
        (("readings = readings * gains", "readings *= gains"),),
        "unsound", "the readings stay in single precision",
    ),
)  # fmt: skip
