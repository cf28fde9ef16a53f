import numpy as np

from codeopt import Call, workload


@workload("orbit_snapshots.py::simulate")
def particles(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    return Call(args=(rng.uniform(-3, 3, size=(max(1, int(200_000 * scale)), 3)),))
