"""GELU by its definition, forward and backward."""

import math

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(1000, 1000, requires_grad=True),)


def gelu(x: torch.Tensor):
    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


def run(x):
    return torch.autograd.grad(gelu(x).sum(), x)[0]
