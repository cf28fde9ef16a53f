"""The few large orders of a long file."""

import io

import pandas as pd

TEXT = "order,amount,tax\n" + "\n".join(f"{i},{i % 997},{i % 97 / 7:.3f}" for i in range(120_000))


def arguments():
    return (TEXT,)


def run(text):
    orders = pd.read_csv(io.StringIO(text))
    orders = orders[orders["amount"] > 980]
    return orders["tax"].sum(), len(orders)
