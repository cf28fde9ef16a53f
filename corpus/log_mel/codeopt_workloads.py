import numpy as np

from codeopt import Call, workload


@workload("log_mel.py::log_mel")
def recording(scale: float, seed: int) -> Call:
    """A few gliding tones in noise; 30 s at full scale, never shorter than three frames."""
    rng = np.random.default_rng(seed)
    n = max(512 + 2 * 160, int(16_000 * 30 * scale))
    t = np.arange(n) / 16_000
    tones = sum(np.sin(2 * np.pi * f * t * (1 + 0.01 * t)) for f in rng.uniform(100, 4000, size=3))
    return Call(args=(tones + 0.05 * rng.standard_normal(n),))
