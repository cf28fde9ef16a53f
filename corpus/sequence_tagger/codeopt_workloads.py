import torch

from codeopt import Call, workload


@workload("sequence_tagger.py::Tagger")
def sentences(scale: float, seed: int) -> Call:
    """A training step on a batch of equally long sentences."""
    torch.manual_seed(seed)
    batch, length = max(1, int(64 * scale)), max(2, int(48 * min(1.0, scale * 8)))
    vocabulary, width = max(8, int(1800 * min(1.0, scale * 2))), max(4, int(64 * min(1.0, scale * 8)))
    tokens = torch.randint(vocabulary, (batch, length))
    return Call(args=(tokens,), init=Call(args=(vocabulary, 17, width)), train=True)
