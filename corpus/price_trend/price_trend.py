"""Trend and momentum of many price series, from log prices."""

import numpy as np


def slopes(centred_time, centred_prices):
    """Least-squares slope of every series (one a row)."""
    return centred_prices @ centred_time / max(1e-12, centred_time @ centred_time)


def latest(series, days):
    """The last `days` columns."""
    return series[:, -days:]


def trends(prices, window=20):
    """Slope over the whole history and mean log price of the last `window` days.

    prices : one row a series, oldest day first, all positive
    """
    logs = np.log(prices)
    recent = latest(logs, window)
    days = np.arange(prices.shape[1]) - (prices.shape[1] - 1) / 2

    logs = logs - logs.mean(axis=1, keepdims=True)
    slope = slopes(days, logs)
    level = recent.mean(axis=1)
    return slope, level
