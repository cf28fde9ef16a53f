"""Mean validation loss, from losses kept in a list."""

import torch
import torch.nn.functional as F
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(3) for m in (nn.Linear(256, 256), nn.Tanh())]
    return (nn.Sequential(*layers), [torch.randn(512, 256) for _ in range(6)])


def run(model, batches):
    losses = []
    for batch in batches:
        loss = F.mse_loss(model(batch), batch)
        losses.append(loss)
    return torch.stack(losses).mean().item()
