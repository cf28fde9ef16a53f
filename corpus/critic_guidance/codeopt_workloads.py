import torch

from codeopt import Call, workload


@workload("critic_guidance.py::GuidedGenerator")
def noise(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    rows, hidden = max(2, int(4096 * scale)), max(4, int(512 * min(1.0, scale * 4)))
    return Call(args=(torch.randn(rows, 16),), init=Call(args=(16, 32, hidden)), train=True)
