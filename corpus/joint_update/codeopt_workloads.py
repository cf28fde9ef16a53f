import torch
from joint_update import build_model

from codeopt import Call, workload


@workload("joint_update.py::joint_update")
def six_tasks(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    rows, width = max(2, int(1024 * scale)), max(4, int(512 * min(1.0, scale * 4)))
    model = build_model(16, width, 4)
    tasks = [(torch.randn(rows, 16) + i, torch.randn(rows, 4)) for i in range(6)]
    return Call(args=(model, tasks))
