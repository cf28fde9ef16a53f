"""Features on one scale."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(20000, 100),)


def run(features):
    with torch.no_grad():
        mean = features.mean(dim=0)
        return (features - mean) / features.amax(dim=0)
