"""Sum of the distances between all pairs of readings."""

import itertools


def arguments():
    return ([i * 7919 % 1009 for i in range(500)],)


def run(readings):
    total = 0
    for first, second in list(itertools.combinations(readings, 2)):
        total += abs(first - second)
    return total
