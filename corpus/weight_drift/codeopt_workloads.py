import numpy as np

from codeopt import Call, workload


@workload("weight_drift.py::drift_history")
def wide_autoencoder(scale: float, seed: int) -> Call:
    """Wide weights and small batches: the weights are most of the memory."""
    rng = np.random.default_rng(seed)
    hidden, width = max(2, int(400 * scale)), max(4, int(3000 * scale))
    weights = rng.standard_normal((hidden, width)) / np.sqrt(width)
    return Call(args=(weights, [rng.standard_normal((8, width)) for _ in range(3)]))
