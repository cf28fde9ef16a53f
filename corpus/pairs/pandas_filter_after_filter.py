"""Orders that count: late ones that have a price."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    rows = 120_000
    table = {f"measure_{i}": rng.standard_normal(rows) for i in range(6)}
    table |= {"delay": rng.integers(0, 60, rows), "price": rng.random(rows)}
    table["price"][rng.random(rows) < 0.6] = np.nan
    return (pd.DataFrame(table),)


def run(orders):
    late = orders[orders["delay"] > 5]
    return late[late["price"].notna()]
