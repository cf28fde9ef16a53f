"""Training that keeps the best weights."""

import copy

import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(6) for m in (nn.Linear(512, 512), nn.Tanh())]
    return (nn.Sequential(*layers), torch.randn(4, 32, 512))


def run(model, batches):
    lowest, best = float("inf"), None
    for batch in batches:
        with torch.no_grad():
            loss = model(batch).square().mean().item()
            model[0].weight.mul_(0.5)
        if loss < lowest:
            lowest = loss
            best = copy.deepcopy(model.state_dict())
    return best["0.weight"]
