"""A deep network and the gradient at its input."""

import torch
from torch import nn


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(
            [nn.Sequential(nn.Linear(256, 256), nn.Tanh(), nn.Linear(256, 256), nn.Tanh()) for _ in range(6)]
        )

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def arguments():
    torch.manual_seed(0)
    return (Deep(), torch.randn(1024, 256, requires_grad=True))


def run(model, inputs):
    return torch.autograd.grad(model(inputs).sum(), inputs)[0]
