"""A table of results, collected row by row."""

import pandas as pd


def arguments():
    return (range(60_000),)


def run(steps):
    rows = []
    for step in steps:
        rows.append({"step": step, "loss": 1 / (step + 1), "lr": step * 1e-5, "even": step % 2 == 0})
    return pd.DataFrame(rows)
