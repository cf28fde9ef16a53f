"""A ring in a picture."""

import numpy as np


def arguments():
    return (1200, 1000, 300.0)


def run(height, width, radius):
    y, x = np.mgrid[:height, :width]
    distance = np.sqrt((x - width / 2) ** 2 + (y - height / 2) ** 2)
    return int(np.count_nonzero(abs(distance - radius) < 10))
