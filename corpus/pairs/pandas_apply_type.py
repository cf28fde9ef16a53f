"""Identifiers read as text."""

import numpy as np
import pandas as pd

LOG = pd.DataFrame({"id": np.arange(200_000) * 1003}).astype(str)


def arguments():
    return (LOG,)


def run(log):
    return log["id"].apply(lambda text: int(text))
