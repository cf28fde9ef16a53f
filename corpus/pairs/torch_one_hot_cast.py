"""Targets of a Brier score."""

import torch
import torch.nn.functional as F


def arguments():
    torch.manual_seed(0)
    return (torch.randint(0, 256, (6000,)), 256)


def run(labels, classes):
    target = F.one_hot(labels, classes).float()
    return target
