"""Draw a few row numbers of a large table."""

import random


def arguments():
    return 1_500_000, 50


def run(rows, count):
    random.seed(0)
    return random.sample(list(range(rows)), count)
