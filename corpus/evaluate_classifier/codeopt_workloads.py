import torch
from torch import nn

from codeopt import Call, workload


@workload("evaluate_classifier.py::evaluate")
def small_network(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    n, width = max(2, int(3000 * scale)), max(8, int(512 * min(1.0, scale * 4)))
    model = nn.Sequential(
        nn.Linear(256, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, 10),
    )  # fmt: skip
    return Call(args=(model, torch.randn(n, 16, 16), torch.randint(10, (n,))))
