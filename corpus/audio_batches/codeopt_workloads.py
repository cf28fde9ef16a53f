import numpy as np

from codeopt import Call, workload


@workload("audio_batches.py::describe")
def clips(scale: float, seed: int) -> Call:
    """Four clips of different length."""
    rng = np.random.default_rng(seed)
    longest = max(600, int(320_000 * scale))
    lengths = [int(longest * share) for share in (0.9, 1.0, 0.8, 0.95)]
    return Call(args=([rng.standard_normal(n).cumsum() * 0.01 for n in lengths],))
