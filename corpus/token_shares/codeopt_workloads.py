import numpy as np

from codeopt import Call, workload


@workload("token_shares.py::token_shares")
def short_documents(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    documents, vocabulary = max(1, int(1000 * scale)), max(2, int(2500 * min(1.0, scale * 4)))
    length = 20 * documents
    tokens = (vocabulary * rng.random(length) ** 3).astype(np.int64)
    return Call(args=(tokens, rng.integers(documents, size=length), documents, vocabulary))
