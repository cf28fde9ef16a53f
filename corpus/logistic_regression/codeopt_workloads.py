import numpy as np

from codeopt import Call, workload


@workload("logistic_regression.py::fit")
def separable(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows, columns = max(4, int(30_000 * scale)), max(2, int(48 * min(1.0, scale * 10)))
    features = rng.normal(2.0, 3.0, size=(rows, columns))
    truth = rng.standard_normal(columns)
    targets = (features @ truth + rng.standard_normal(rows) > truth.sum() * 2.0).astype(float)
    return Call(args=(features, targets))
