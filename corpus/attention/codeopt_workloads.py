import torch

from codeopt import Call, workload


@workload("attention.py::CausalSelfAttention")
def sequences(scale: float, seed: int) -> Call:
    """A whole training step of the block: forward, loss, backward."""
    torch.manual_seed(seed)
    length = max(2, int(512 * scale))
    width = 16 * max(1, int(8 * min(1.0, scale * 8)))
    return Call(
        args=(torch.randn(2, length, width),),
        init=Call(args=(width, width // 16)),
        train=True,
    )
