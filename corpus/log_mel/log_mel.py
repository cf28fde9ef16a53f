"""Log-mel features of a mono recording, the usual input of a speech model."""

import numpy as np

FRAME = 512
HOP = 160


def frame_signal(signal, length, hop):
    """Overlapping frames of a signal, one a row; the incomplete last one is dropped."""
    count = 1 + (len(signal) - length) // hop
    starts = hop * np.arange(count)
    index = starts[:, np.newaxis] + np.arange(length)[np.newaxis, :]
    return signal[index]


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
    windowed = frames * np.hanning(FRAME)
    spectrum = np.fft.rfft(windowed, axis=1)
    magnitude = np.abs(spectrum)
    power = magnitude**2 / FRAME
    mel = power @ mel_filters(bands, FRAME // 2 + 1, rate).T
    features = np.log(mel + 1e-10)
    return (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-8)
