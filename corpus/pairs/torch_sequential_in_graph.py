"""A deep network and the gradient at its input."""

import torch
from torch import nn


class Deep(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        layers = [m for _ in range(depth) for m in (nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))]
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x).square().mean()


def arguments():
    torch.manual_seed(0)
    return (Deep(256, 8), torch.randn(2048, 256, requires_grad=True))


def run(model, inputs):
    return torch.autograd.grad(model(inputs), inputs)[0]
