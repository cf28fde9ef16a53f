"""Steps of a wide network."""

import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(4) for m in (nn.Linear(512, 512), nn.Tanh())]
    return (nn.Sequential(*layers), torch.randn(1024, 512))


def run(model, inputs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        loss = model(inputs).square().mean()
        loss.backward()
        optimizer.step()
    optimizer.zero_grad()
    return loss.item()
