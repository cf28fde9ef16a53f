"""Smallest of some simulated waiting times."""


def arguments():
    return ([(i * 7919 % 1_000_003) / 7 for i in range(1_200_000)],)


def run(times):
    return sorted(times)[0]
