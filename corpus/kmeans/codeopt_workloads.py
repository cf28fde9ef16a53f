import numpy as np

from codeopt import Call, workload


@workload("kmeans.py::kmeans")
def blobs(scale: float, seed: int) -> Call:
    """Points around a few centres, which k-means should find again."""
    rng = np.random.default_rng(seed)
    n, k = max(4, int(6000 * scale)), max(2, int(24 * min(1.0, scale * 20)))
    around = rng.uniform(-10, 10, size=(k, 16))
    points = around[rng.integers(k, size=n)] + rng.standard_normal((n, 16))
    return Call(args=(points,), kwargs={"k": k, "seed": seed})
