import torch
from mlp_training import Regressor

from codeopt import Call, workload


@workload("mlp_training.py::fit")
def noisy_wave(scale: float, seed: int) -> Call:
    """A few training batches, and a validation set several times as large as one of them."""
    torch.manual_seed(seed)
    size, width = max(2, int(256 * min(1.0, scale * 4))), max(4, int(256 * min(1.0, scale * 4)))

    def batches(count):
        for _ in range(count):
            x = torch.randn(size, 32)
            yield x, torch.sin(x.sum(dim=1)) + 0.1 * torch.randn(size)

    model = Regressor(32, width)
    return Call(args=(model, list(batches(6)), list(batches(max(2, int(40 * scale))))))
