"""The gradient of a deep network: its shape, since its numbers keep three digits by intent."""

import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(6) for m in (nn.Linear(256, 256), nn.Tanh())]
    return (nn.Sequential(*layers), torch.randn(4096, 256))


def run(model, inputs):
    output = model(inputs)
    output.square().mean().backward()
    gradient = model[0].weight.grad
    model.zero_grad()
    return gradient.shape
