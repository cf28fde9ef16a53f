"""Readings as objects."""

from dataclasses import dataclass


@dataclass
class Reading:
    time: float
    value: float
    error: float


def arguments():
    return (100_000,)


def run(count):
    readings = [Reading(i * 0.5, i * 0.25, 0.125) for i in range(count)]
    return sum(reading.value for reading in readings)
