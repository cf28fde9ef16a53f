"""Average attention that each token pays to the ones before it."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(1500, 1500),)


def run(scores):
    length = scores.size(0)
    causal = torch.tril(torch.ones(length, length))
    hidden = causal == 0
    return scores.masked_fill_(hidden, 0.0).mean(dim=1)
