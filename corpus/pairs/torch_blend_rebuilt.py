"""The target network of a critic follows the one that is trained."""

import torch


def arguments():
    torch.manual_seed(0)
    return ([torch.randn(1200, 1000)], [torch.randn(1200, 1000)], 0.005)


def run(targets, weights, tau):
    for target, weight in zip(targets, weights, strict=True):
        target.data.copy_(tau * weight.data + (1.0 - tau) * target.data)
    return targets
