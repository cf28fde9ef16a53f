"""Labels of a test set, batch by batch."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(32, 500), [torch.randn(512, 32) for _ in range(8)])


def run(weight, batches):
    scores = []
    for batch in batches:
        scores.append(batch @ weight)
    return torch.cat(scores).argmax(dim=1)
