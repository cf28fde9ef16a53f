"""Accuracy of a classifier over batches."""

import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(6) for m in (nn.Linear(256, 256), nn.Tanh())]
    batches = [(torch.randn(1024, 256), torch.randint(0, 256, (1024,))) for _ in range(2)]
    return (nn.Sequential(*layers), batches)


def run(model, batches):
    model.eval()
    correct = 0
    for inputs, labels in batches:
        scores = model(inputs)
        correct += (scores.argmax(1) == labels).sum().item()
    return correct
