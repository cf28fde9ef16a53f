"""How many visits one user made."""

import numpy as np
import pandas as pd

VISITS = pd.DataFrame({"user": np.random.default_rng(0).integers(0, 100_000, 300_000)})


def arguments():
    return (VISITS,)


def run(visits):
    return visits["user"].value_counts()[7]
