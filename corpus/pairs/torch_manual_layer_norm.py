"""Layer normalisation by hand, forward and backward."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(2000, 512, requires_grad=True),)


def normalise(x: torch.Tensor):
    mean = x.mean(-1, keepdim=True)
    var = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-5)


def run(x):
    return torch.autograd.grad(normalise(x).pow(2).sum(), x)[0]
