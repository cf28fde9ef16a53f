"""Keep the activations above a threshold."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(1500, 1500), 0.5)


def run(activations, threshold):
    strong = torch.where(activations > threshold, activations, torch.zeros_like(activations))
    return strong
