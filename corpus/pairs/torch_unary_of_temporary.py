"""Gates of a recurrent cell, without gradients."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(1200, 1200), torch.randn(1200, 1200))


def run(inputs, hidden):
    return torch.sigmoid(0.7 * inputs)
