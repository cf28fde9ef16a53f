import numpy as np

from codeopt import Call, workload


@workload("price_trend.py::trends")
def histories(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    series, days = max(1, int(4000 * scale)), max(3, int(500 * min(1.0, scale * 10)))
    steps = rng.normal(0.0005, 0.02, size=(series, days))
    return Call(args=(100.0 * np.exp(steps.cumsum(axis=1)),))
