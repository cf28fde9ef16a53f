"""Labels of pixels."""

import torch
import torch.nn.functional as F


def arguments():
    torch.manual_seed(0)
    return (torch.randn(2, 10, 400, 400),)


def run(logits):
    probabilities = F.softmax(logits, dim=1)
    return probabilities.argmax(dim=1)
