"""Log-mel features of a mono recording, the usual input of a speech model."""

import numpy as np

FRAME = 512
HOP = 160


def frame_signal(signal, length, hop):
    """Overlapping frames of a signal, one a row; the incomplete last one is dropped."""
    count = 1 + (len(signal) - length) // hop
    if count <= 0:
        return np.empty((0, length), signal.dtype)
    return np.lib.stride_tricks.sliding_window_view(signal, length)[::hop][:count]


def mel_filters(bands, bins, rate):
    """Triangular filters, equally spaced on the mel scale."""

    def to_mel(hertz):
        return 2595.0 * np.log10(1.0 + hertz / 700.0)

    def to_hertz(mel):
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)

    edges = to_hertz(np.linspace(to_mel(0.0), to_mel(rate / 2), bands + 2))
    frequencies = np.linspace(0.0, rate / 2, bins)
    filters = np.zeros((bands, bins))
    for band, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:])):
        rising = (frequencies - low) / (centre - low)
        falling = (high - frequencies) / (high - centre)
        filters[band] = np.maximum(0.0, np.minimum(rising, falling))
    return filters


def log_mel(signal, rate=16_000, bands=40):
    """Features of shape (frames, bands), normalised per band."""
    emphasised = np.append(signal[0], signal[1:] - 0.97 * signal[:-1])
    frames = frame_signal(emphasised, FRAME, HOP)
    window = np.hanning(FRAME)
    filters = mel_filters(bands, FRAME // 2 + 1, rate).T
    mel = np.empty((len(frames), bands))
    for start in range(0, len(frames), 128):
        rows = slice(start, start + 128)
        power = np.abs(np.fft.rfft(frames[rows] * window, axis=1))
        np.square(power, out=power)
        power /= FRAME
        mel[rows] = power @ filters
    features = np.log(mel + 1e-10)
    return (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-8)
