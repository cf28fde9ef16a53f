import numpy as np

from codeopt import Call, workload


@workload("kernel_density.py::select_bandwidth")
def two_moons(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    n, m = max(2, int(1400 * scale)), max(1, int(1200 * scale))
    angles = rng.uniform(0, np.pi, size=n + m)
    side = rng.integers(2, size=n + m)
    x = np.where(side, np.cos(angles), 1 - np.cos(angles))
    y = np.where(side, np.sin(angles), 0.5 - np.sin(angles))
    points = np.stack([x, y], axis=1) + 0.1 * rng.standard_normal((n + m, 2))
    return Call(args=(points[:n], points[n:]))
