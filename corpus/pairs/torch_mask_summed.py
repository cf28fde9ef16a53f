"""Share of pixels that a segmentation gets right."""

import torch


def arguments():
    torch.manual_seed(0)
    return (torch.randn(1, 4, 1024, 1024), torch.randint(0, 4, (1, 1024, 1024)))


def run(scores, labels):
    guess = scores.argmax(dim=1)
    correct = torch.eq(guess, labels)
    background = torch.eq(guess, 0).sum()
    return background / correct.numel()
