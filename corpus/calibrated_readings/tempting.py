"""Apply the calibration of a sensor array to its raw readings."""

import numpy as np


def decode(raw):
    """Raw counts as volts; single precision is what the converter delivers."""
    return raw.astype(np.float32) * np.float32(5.0 / 65535)


def calibrate(raw, gains, offsets):
    """Readings in physical units.

    The calibration constants are double precision: offsets are large against
    the signal, and their difference is what matters later.
    """
    readings = decode(raw)
    readings *= gains
    readings += offsets
    return readings
