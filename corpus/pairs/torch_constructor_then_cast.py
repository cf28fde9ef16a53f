"""Which pairs of spans were already compared."""

import torch


def arguments():
    return (1500, torch.arange(0, 1500, 7))


def run(spans, done):
    compared = torch.zeros(spans, spans).long()
    compared[done] = 1
    return compared.diagonal().clone()
