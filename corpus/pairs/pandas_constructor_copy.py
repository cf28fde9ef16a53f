"""Table of a random walk."""

import numpy as np
import pandas as pd


def arguments():
    return (np.random.default_rng(0).random(1_000_000),)


def run(steps):
    walk = pd.DataFrame({"place": np.cumsum(steps), "step": np.abs(steps)})
    return walk["place"].iloc[-1], walk["step"].max()
