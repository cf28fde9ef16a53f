import numpy as np

from codeopt import Call, workload


@workload("softmax.py::softmax")
def logits(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    rows, classes = max(2, int(3000 * scale)), max(2, int(500 * min(1.0, scale * 10)))
    return Call(args=(3.0 * rng.standard_normal((rows, classes)),))
