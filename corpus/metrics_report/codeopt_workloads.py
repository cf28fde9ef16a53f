import numpy as np

from codeopt import Call, workload


@workload("metrics_report.py::report")
def predictions(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows, classes = max(2, int(25_000 * scale)), max(2, int(60 * min(1.0, scale * 10)))
    labels = rng.integers(classes, size=rows)
    logits = rng.standard_normal((rows, classes))
    logits[np.arange(rows), labels] += 3.0
    odds = np.exp(logits)
    return Call(args=(odds / odds.sum(axis=1, keepdims=True), labels))
