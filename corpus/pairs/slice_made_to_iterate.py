"""Steps between sorted times."""

import itertools


def arguments():
    return (list(range(400_000)),)


def run(times):
    ordered = sorted(times)
    widest = 0
    for before, after in zip(ordered[:-1], ordered[1:]):
        widest = max(widest, after - before)
    return widest, next(itertools.islice(ordered, 2, None))
