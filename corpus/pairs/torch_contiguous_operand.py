"""Second moments of features."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(30000, 96),)


def run(features):
    return features.t().contiguous() @ features / len(features)
