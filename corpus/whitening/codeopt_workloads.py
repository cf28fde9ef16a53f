import numpy as np

from codeopt import Call, workload


@workload("whitening.py::whiten")
def correlated(scale: float, seed: int) -> Call:
    """Samples that vary mostly in few directions."""
    rng = np.random.default_rng(seed)
    n, d = max(6, int(16_000 * scale)), max(4, int(96 * min(1.0, scale * 10)))
    keep = max(1, min(8, d // 2))
    hidden = rng.standard_normal((n, keep)) * np.arange(keep, 0, -1)
    mixing = rng.standard_normal((keep, d))
    return Call(args=(hidden @ mixing + 0.2 * rng.standard_normal((n, d)) + 3.0, keep))
