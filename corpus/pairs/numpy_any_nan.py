"""Check a table before it is used."""

import numpy as np

TABLE = np.random.default_rng(0).random((3000, 3000))


def arguments():
    return (TABLE,)


def run(table):
    return bool(np.isnan(table).any())
