import torch

from codeopt import Call, workload


@workload("vae.py::VAE")
def strokes(scale: float, seed: int) -> Call:
    """One training step on a batch of sparse binary images."""
    torch.manual_seed(seed)
    batch, side = max(2, int(1500 * scale)), max(4, int(24 * min(1.0, scale * 4)))
    hidden = max(8, int(512 * min(1.0, scale * 4)))
    images = (torch.rand(batch, 1, side, side) < 0.2).float()
    return Call(args=(images,), init=Call(args=(side * side, hidden)), train=True)
