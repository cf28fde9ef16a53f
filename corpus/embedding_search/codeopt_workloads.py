import numpy as np

from codeopt import Call, workload


@workload("embedding_search/ranking.py::rank")
def queries(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    count, vocabulary = max(1, int(900 * scale)), max(4, int(1200 * scale))
    documents, width = max(2, int(3500 * scale)), max(4, int(64 * min(1.0, scale * 10)))
    return Call(
        args=(
            rng.integers(vocabulary, size=4 * count),
            rng.standard_normal((vocabulary, width)),
            rng.standard_normal((documents, width)),
            rng.integers(1, 10_000, size=documents),
        )
    )
