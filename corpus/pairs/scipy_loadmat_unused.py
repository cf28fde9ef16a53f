"""Labels of a data set."""

import os
import tempfile

import numpy as np
from scipy.io import loadmat, savemat


def arguments():
    path = os.path.join(tempfile.mkdtemp(dir="."), "digits.mat")
    rng = np.random.default_rng(0)
    savemat(path, {"images": rng.random((2000, 784)), "labels": rng.integers(0, 10, 2000)})
    return (path,)


def run(path):
    digits = loadmat(path)
    return np.bincount(digits["labels"].ravel())
