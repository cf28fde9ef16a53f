"""Random projections for hashing."""

import torch


def arguments():
    return (3000, 800)


def run(features, planes):
    torch.manual_seed(0)
    projection = torch.rand(features, planes) * 2 - 1
    return projection
