"""What is missing in a table."""

import numpy as np
import pandas as pd

TABLE = pd.DataFrame(np.random.default_rng(0).random((150_000, 20))).rename(columns=str)
TABLE = TABLE.mask(TABLE > 0.9)


def arguments():
    return (TABLE,)


def run(df):
    missing = df.isnull().sum()
    return missing[missing > 0]
