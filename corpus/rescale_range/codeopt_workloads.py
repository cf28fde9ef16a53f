import numpy as np

from codeopt import Call, workload


@workload("rescale_range.py::rescale")
def table(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows, columns = max(2, int(80_000 * scale)), max(1, int(50 * min(1.0, scale * 10)))
    return Call(args=(rng.normal(5.0, 20.0, size=(rows, columns)),))
