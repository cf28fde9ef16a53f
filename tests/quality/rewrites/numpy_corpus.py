"""Rewrites of the corpus programs that are written in NumPy."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

SOFTMAX = "corpus/softmax/softmax.py::softmax"
DENSITY = "corpus/kernel_density/kernel_density.py::select_bandwidth"
KMEANS = "corpus/kmeans/kmeans.py::kmeans"
MEL = "corpus/log_mel/log_mel.py::log_mel"
LOGISTIC = "corpus/logistic_regression/logistic_regression.py::fit"
METRICS = "corpus/metrics_report/metrics_report.py::report"
SEARCH = "corpus/embedding_search/embedding_search/ranking.py::rank"
AUDIO = "corpus/audio_batches/audio_batches.py::describe"
IMAGE = "corpus/image_pipeline/image_pipeline.py::enhance"
TREND = "corpus/price_trend/price_trend.py::trends"
ORBIT = "corpus/orbit_snapshots/orbit_snapshots.py::simulate"
RANGE = "corpus/rescale_range/rescale_range.py::rescale"
SHARES = "corpus/token_shares/token_shares.py::token_shares"
READINGS = "corpus/calibrated_readings/calibrated_readings.py::calibrate"
DRIFT = "corpus/weight_drift/weight_drift.py::drift_history"
WHITEN = "corpus/whitening/whitening.py::whiten"

REWRITES = (
    Rewrite(
        "softmax: standardised in the centred buffer", SOFTMAX,
        (("standardised = centred / std\n    return standardised", "centred /= std\n    return centred"),),
        "exact", "`centred` is fresh, a float whatever the logits are, and not used again",
    ),
    Rewrite(
        "softmax: exp into its own argument", SOFTMAX,
        (("exps = np.exp(shifted)", "exps = np.exp(shifted, out=shifted)"),),
        "exact", "`shifted` is fresh and not used again",
    ),
    Rewrite(
        "softmax: one reciprocal a row", SOFTMAX,
        (("probabilities = exps / totals", "probabilities = exps * (1.0 / totals)"),),
        "close", "a product with the reciprocal rounds twice",
    ),
    Rewrite(
        "softmax: logits centred in place", SOFTMAX,
        (("centred = logits - mean", "centred = logits\n    centred -= mean"),),
        "unsound", "changes the caller's logits, and raises on integers",
    ),
    Rewrite(
        "softmax: one maximum for all rows", SOFTMAX,
        (("scaled.max(axis=1, keepdims=True)", "scaled.max()"),),
        "unsound", "a NaN in one row becomes the maximum of every row",
    ),
    Rewrite(
        "softmax: library variance", SOFTMAX,
        (("variance = (centred**2).mean(axis=1, keepdims=True)",
          "variance = logits.var(axis=1, keepdims=True, ddof=1)"),),
        "unsound", "another divisor",
    ),
    Rewrite(
        "softmax: exp in single precision", SOFTMAX,
        (("exps = np.exp(shifted)", "exps = np.exp(shifted.astype(np.float32))"),),
        "unsound", "the result becomes float32",
    ),
    Rewrite(
        "density: distances clipped in place", DENSITY,
        (("distances = np.maximum(distances, 0.0)", "np.maximum(distances, 0.0, out=distances)"),),
        "exact", "`distances` is fresh and a float: twice the cross product is",
    ),
    Rewrite(
        "density: the kernel in the buffer of its exponent", DENSITY,
        (("kernel = np.exp(exponent)", "kernel = np.exp(exponent, out=exponent)"),),
        "exact", "the exponent is fresh and not used again",
    ),
    Rewrite(
        "density: a matrix product for the weighted sum", DENSITY,
        (("weighted = kernel * weights[None, :]\n    density = weighted.sum(axis=1)",
          "density = kernel @ weights"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "density: exponent in the distances' buffer", DENSITY,
        (("exponent = -0.5 * distances / bandwidth**2",
          "distances *= -0.5\n    distances /= bandwidth**2\n    exponent = distances"),),
        "unsound", "the next bandwidth needs the distances",
    ),
    Rewrite(
        "density: cross product in single precision", DENSITY,
        (("cross = a @ b.T", "cross = a.astype(np.float32) @ b.astype(np.float32).T"),),
        "unsound", "seven digits where sixteen were",
    ),
    Rewrite(
        "density: blocks that leave out the last", DENSITY,
        (("cross = a @ b.T",
          "cross = np.zeros((len(a), len(b)))\n    for i in range(0, len(a) - 15, 16):\n"
          "        cross[i : i + 16] = a[i : i + 16] @ b.T"),),
        "unsound", "rows after the last full block stay zero",
    ),
    Rewrite(
        "k-means: difference squared in place", KMEANS,
        (("return (difference**2).sum(axis=2)", "difference *= difference\n    return difference.sum(axis=2)"),),
        "exact", "`difference` is fresh, and a square is a product with itself",
    ),
    Rewrite(
        "k-means: distances in blocks", KMEANS,
        (("difference = points[:, np.newaxis, :] - centres[np.newaxis, :, :]\n    return (difference**2).sum(axis=2)",
          "distances = np.empty((len(points), len(centres)), dtype=np.result_type(points, centres))\n"
          "    for i in range(0, len(points), 8):\n"
          "        difference = points[i : i + 8, np.newaxis, :] - centres[np.newaxis, :, :]\n"
          "        distances[i : i + 8] = (difference**2).sum(axis=2)\n    return distances"),),
        "exact", "rows do not depend on one another; the sums are as long as before",
    ),
    Rewrite(
        "k-means: einsum for the sum of squares", KMEANS,
        (("return (difference**2).sum(axis=2)", 'return np.einsum("ijk,ijk->ij", difference, difference)'),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "k-means: binomial formula", KMEANS,
        (("difference = points[:, np.newaxis, :] - centres[np.newaxis, :, :]\n    return (difference**2).sum(axis=2)",
          "norms = (points * points).sum(axis=1)[:, np.newaxis] + (centres * centres).sum(axis=1)\n"
          "    return norms - 2.0 * (points @ centres.T)"),),
        "unsound", "a chosen point is not at distance 0 from itself any more, but slightly below or above",
    ),
    Rewrite(
        "k-means: centres moved in place", KMEANS,
        (("moved = centres.copy()", "moved = centres"),),
        "unsound", "the test for convergence compares an array with itself",
    ),
    Rewrite(
        "k-means: means by one scatter", KMEANS,
        (("    for j in range(len(centres)):\n        members = points[labels == j]\n        if len(members):\n"
          "            moved[j] = members.mean(axis=0)\n    return moved",
          "    moved[:] = 0\n    np.add.at(moved, labels, points)\n"
          "    return moved / np.bincount(labels, minlength=len(centres))[:, np.newaxis]"),),
        "unsound", "a centre without members becomes NaN instead of staying",
    ),
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
        "logistic: scaled in the centred buffer", LOGISTIC,
        (("scaled = centred / scale", "centred /= scale\n    scaled = centred"),),
        "exact", "`centred` is fresh and a float",
    ),
    Rewrite(
        "logistic: weights and velocity updated in place", LOGISTIC,
        (("velocity = momentum * velocity - rate * step\n        weights = weights + velocity",
          "velocity *= momentum\n        velocity -= rate * step\n        weights += velocity"),),
        "exact", "both are the function's own, and nothing keeps their old values",
    ),
    Rewrite(
        "logistic: gradient by a matrix product", LOGISTIC,
        (("per_sample = error[:, np.newaxis] * design\n    return per_sample.sum(axis=0) / len(design)",
          "return error @ design / len(design)"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "logistic: features centred in place", LOGISTIC,
        (("centred = features - mean", "centred = features\n    centred -= mean"),),
        "unsound", "changes the caller's features",
    ),
    Rewrite(
        "logistic: one penalty for all weights", LOGISTIC,
        (("step[:-1] += penalty * weights[:-1]", "step += penalty * weights"),),
        "unsound", "the intercept is penalised too",
    ),
    Rewrite(
        "metrics: brier on a float copy", METRICS,
        (("onehot = np.eye(probabilities.shape[1])[labels]\n    difference = probabilities - onehot",
          "difference = probabilities.astype(float)\n    difference[np.arange(len(labels)), labels] -= 1.0"),),
        "exact", "subtracting zero changes nothing; the copy is double precision like the identity was",
    ),
    Rewrite(
        "metrics: mean of booleans", METRICS,
        (("return confident.astype(float).mean(axis=0)", "return confident.mean(axis=0)"),),
        "exact", "booleans are summed as double precision numbers",
    ),
    Rewrite(
        "metrics: clipped in place", METRICS,
        (("safe = np.clip(probabilities, 1e-12, 1.0)", "safe = np.clip(probabilities, 1e-12, 1.0, out=probabilities)"),),
        "unsound", "changes the caller's probabilities",
    ),
    Rewrite(
        "metrics: brier on a plain copy", METRICS,
        (("onehot = np.eye(probabilities.shape[1])[labels]\n    difference = probabilities - onehot",
          "difference = probabilities.copy()\n    difference[np.arange(len(labels)), labels] -= 1.0"),),
        "unsound", "a float cannot be subtracted from integers in place",
    ),
    Rewrite(
        "metrics: likelihood by indexing", METRICS,
        (("likelihood = (onehot * np.log(safe)).sum(axis=1)",
          "likelihood = np.log(safe[np.arange(len(labels)), labels])"),),
        "unsound", "a NaN at another class does not reach the loss any more",
    ),
    Rewrite(
        "search: identity rows written into zeros", SEARCH,
        (("onehot = np.eye(len(table))[tokens]",
          "onehot = np.zeros((len(tokens), len(table)))\n    onehot[np.arange(len(tokens)), tokens] = 1.0"),),
        "close", "the same matrix without the identity, but a token out of range is reported for another axis",
    ),
    Rewrite(
        "search: penalty subtracted in place", SEARCH,
        (("adjusted = similarity - penalty[np.newaxis, :]",
          "similarity -= penalty[np.newaxis, :]\n    adjusted = similarity"),),
        "exact", "`similarity` is fresh, and double precision since the identity is",
    ),
    Rewrite(
        "search: table looked up", SEARCH,
        (("onehot = np.eye(len(table))[tokens]\n    words = onehot @ table", "words = table[tokens]"),),
        "unsound", "zero times NaN is NaN: a NaN in one row of the table reached every query",
    ),
    Rewrite(
        "search: words of a query apart", SEARCH,
        (("words.reshape(-1, length, table.shape[1]).mean(axis=1)",
          "words.reshape(length, -1, table.shape[1]).mean(axis=0)"),),
        "unsound", "words of other queries are averaged",
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
        "range: the difference scaled in place", RANGE,
        (("matrix = (matrix - low) / span * (upper - lower) + lower",
          "matrix = matrix - low\n    matrix /= span\n    matrix *= upper - lower\n    matrix += lower"),),
        "exact", "the same steps on an array that is the function's own",
    ),
    Rewrite(
        "range: one factor", RANGE,
        (("(matrix - low) / span * (upper - lower) + lower", "(matrix - low) * ((upper - lower) / span) + lower"),),
        "close", "one rounding less",
    ),
    Rewrite(
        "range: scaled in place", RANGE,
        (("matrix = (matrix - low) / span * (upper - lower) + lower",
          "matrix -= low\n    matrix /= span\n    matrix *= upper - lower\n    matrix += lower"),),
        "unsound", "`asarray` gives the caller's own array back",
    ),
    Rewrite(
        "shares: converted once, divided in place", SHARES,
        (("counts = counts / np.maximum(totals, 1)", "counts = counts.astype(float)\n    counts /= np.maximum(totals, 1)"),),
        "exact", "division of integers converts them first",
    ),
    Rewrite(
        "shares: divided in place", SHARES,
        (("counts = counts / np.maximum(totals, 1)", "counts /= np.maximum(totals, 1)"),),
        "unsound", "integers cannot hold the quotient",
    ),
    Rewrite(
        "shares: pairs in 16 bits", SHARES,
        (("pairs = owners * vocabulary + tokens", "pairs = (owners * vocabulary + tokens).astype(np.uint16)"),),
        "unsound", "more than 65,535 cells wrap around",
    ),
    Rewrite(
        "shares: table brought to size", SHARES,
        (("counts = np.bincount(pairs, minlength=documents * vocabulary)\n    return counts.reshape(documents, vocabulary)",
          "return np.resize(np.bincount(pairs), (documents, vocabulary))"),),
        "unsound", "`resize` repeats counts where it should append zeros",
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
    Rewrite(
        "drift: error in one buffer", DRIFT,
        (("error = reconstruct(weights, batch) - batch", "error = reconstruct(weights, batch)\n    error -= batch"),),
        "exact", "the reconstruction is fresh",
    ),
    Rewrite(
        "drift: start without a copy", DRIFT,
        (("start = weights.copy()", "start = weights"),),
        "unsound", "the weights change in place, and their start with them",
    ),
    Rewrite(
        "drift: error in the batch", DRIFT,
        (("error = reconstruct(weights, batch) - batch", "error = np.subtract(reconstruct(weights, batch), batch, out=batch)"),),
        "unsound", "the batch is the caller's, and needed below",
    ),
    Rewrite(
        "whiten: scaled in the centred buffer", WHITEN,
        (("scaled = centred / (samples.std(axis=0) + EPSILON)", "centred /= samples.std(axis=0) + EPSILON\n    scaled = centred"),),
        "exact", "`centred` is fresh and a float",
    ),
    Rewrite(
        "whiten: residual in place", WHITEN,
        (("residual = scaled - restored\n    errors = (residual**2).sum(axis=1)",
          "np.subtract(scaled, restored, out=restored)\n    restored *= restored\n    errors = restored.sum(axis=1)"),),
        "exact", "the restored samples are fresh, and the residual has their layout",
    ),
    Rewrite(
        "whiten: samples centred in place", WHITEN,
        (("centred = samples - samples.mean(axis=0)", "centred = samples\n    centred -= samples.mean(axis=0)"),),
        "unsound", "changes the caller's samples",
    ),
    Rewrite(
        "whiten: covariance of the wrong divisor", WHITEN,
        (("covariance = scaled.T @ scaled / max(1, len(scaled) - 1)", "covariance = np.cov(scaled, rowvar=False, bias=True)"),),
        "unsound", "divides by n where n - 1 was",
    ),
)  # fmt: skip
