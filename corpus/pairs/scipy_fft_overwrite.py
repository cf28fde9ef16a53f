"""Blur an image by its spectrum."""

import numpy as np
from scipy.fft import fft2, ifft2


def arguments():
    rng = np.random.default_rng(0)
    return fft2(rng.random((1024, 1024))), rng.random((1024, 1024))


def run(spectrum, kernel):
    image = ifft2(spectrum * kernel)
    return image.real.max()
