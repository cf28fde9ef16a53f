import torch
from finetune import build_backbone

from codeopt import Call, workload


@workload("finetune.py::finetune")
def pretrained(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    rows, width = max(2, int(2048 * scale)), max(4, int(384 * min(1.0, scale * 4)))
    weights = build_backbone(64, width).state_dict()
    inputs = torch.randn(rows, 64)
    labels = torch.randint(5, (rows,))
    inputs[:, :5] += 2.0 * torch.nn.functional.one_hot(labels, 5)
    return Call(args=(weights, inputs, labels, 5))
