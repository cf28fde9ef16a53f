"""The mean prediction of an ensemble."""

import torch


def arguments():
    torch.manual_seed(0)
    return ([torch.randn(200, 500) for _ in range(8)], torch.randn(1500, 200))


def run(members, inputs):
    return torch.stack([torch.tanh_(inputs @ member) for member in members]).mean(0)
