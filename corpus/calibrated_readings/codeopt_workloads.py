import numpy as np

from codeopt import Call, workload


@workload("calibrated_readings.py::calibrate")
def channels(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    samples, sensors = max(1, int(40_000 * scale)), max(2, int(80 * min(1.0, scale * 10)))
    raw = rng.integers(0, 65536, size=(samples, sensors), dtype=np.uint16)
    return Call(args=(raw, rng.uniform(0.5, 2.0, size=sensors), rng.uniform(900.0, 1100.0, size=sensors)))
