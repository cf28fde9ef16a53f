"""The best matches of each query."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(400, 4000), 10)


def run(similarity, count):
    order = similarity.argsort(dim=1, descending=True)[:, :count]
    return order
