import numpy as np

from codeopt import Call, workload


@workload("visual_words.py::bag_of_words")
def local_descriptors(scale: float, seed: int) -> Call:
    rng = np.random.default_rng(seed)
    images, each = max(2, int(50 * scale)), max(4, int(800 * min(1.0, scale * 4)))
    size = max(2, int(128 * min(1.0, scale * 2)))
    kinds = rng.gamma(1.0, 1.0, size=(size, 24))
    chosen = rng.integers(size, size=images * each)
    descriptors = kinds[chosen] + 0.1 * rng.standard_normal((images * each, 24))
    return Call(args=(descriptors, np.repeat(np.arange(images), each), images, size))
