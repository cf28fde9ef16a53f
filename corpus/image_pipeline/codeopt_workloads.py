import numpy as np

from codeopt import Call, workload


@workload("image_pipeline.py::enhance")
def scan(scale: float, seed: int) -> Call:
    """A smooth 8-bit picture with some noise and a few hard edges."""
    rng = np.random.default_rng(seed)
    side = max(8, int(900 * scale**0.5))
    y, x = np.mgrid[0:side, 0:side] / side
    picture = 120 + 80 * np.sin(6 * x + seed) * np.cos(5 * y)
    picture[side // 3 : side // 2, side // 4 : side // 2] += 40
    noisy = picture + rng.normal(0, 4, size=picture.shape)
    return Call(args=(noisy.clip(0, 255).astype(np.uint8),))
