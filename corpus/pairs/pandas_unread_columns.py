"""Turnover and mean discount of the orders that arrived late, from a wide table."""

import numpy as np
import pandas as pd


def arguments():
    rng = np.random.default_rng(0)
    rows = 100_000
    table = {f"measure_{i}": rng.standard_normal(rows) for i in range(12)}
    table |= {"delay": rng.integers(0, 60, rows), "price": rng.random(rows), "discount": rng.random(rows)}
    return (pd.DataFrame(table),)


def late_orders(orders, limit):
    return orders[orders["delay"] > limit]


def run(orders):
    late = late_orders(orders, 15)
    return float((late["price"] * (1 - late["discount"])).sum()), len(late), float(late["discount"].mean())
