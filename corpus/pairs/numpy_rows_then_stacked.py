"""Spectra of some clips in one table."""

import numpy as np


def arguments():
    return (np.random.default_rng(0).random((60, 20_000)),)


def run(clips):
    table = np.stack([np.sqrt(clip) for clip in clips])
    return table.mean(axis=0)
