"""Fixed-size descriptors of many clips: level, spread and peak position per frequency band."""

import numpy as np


def cut_frames(clip, length, hop):
    """Frames of a clip as rows of a matrix, with the clip's offset removed."""
    count = max(1, 1 + (len(clip) - length) // hop)
    frames = np.zeros((count, length))
    for i in range(count):
        piece = clip[i * hop : i * hop + length]
        frames[i, : len(piece)] = piece
    frames -= clip.mean()
    return frames


def smooth(power, keep=0.7):
    """Exponential smoothing along time."""
    smoothed = np.empty_like(power)
    smoothed[0] = power[0]
    for i in range(1, len(power)):
        smoothed[i] = keep * smoothed[i - 1] + (1 - keep) * power[i]
    return smoothed


def describe(clips, length=512, hop=128):
    """One row of features a clip."""
    window = np.hamming(length)
    features = []
    for clip in clips:
        frames = cut_frames(clip, length, hop)
        windowed = frames * window
        spectrum = np.fft.rfft(windowed, axis=1)
        power = np.abs(spectrum) ** 2
        smoothed = smooth(power)
        # statistics over time, one number a band each
        level = smoothed.mean(axis=0)
        spread = smoothed.std(axis=0)
        peaks = smoothed.argmax(axis=0)
        features.append(np.concatenate([level, spread, peaks.astype(float)]))
    return np.vstack(features)
