"""One column of a table of measurements."""

import io

import numpy as np

TEXT = "\n".join(" ".join(str((i * k) % 97 / 7)[:6] for k in range(1, 9)) for i in range(4000))


def arguments():
    return (TEXT,)


def run(text):
    return np.genfromtxt(io.StringIO(text))[:, 3].mean()
