"""How many readings lie above a limit."""


def arguments():
    return range(2_000_000), 500_000


def run(readings, limit):
    return len([reading for reading in readings if reading > limit])
