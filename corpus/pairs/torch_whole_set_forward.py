"""Labels of a test set."""

import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    layers = [m for _ in range(3) for m in (nn.Linear(256, 256), nn.ReLU())]
    return (nn.Sequential(*layers), torch.randn(8192, 256))


def run(model, X_test):
    model.eval()
    with torch.no_grad():
        labels = model(X_test).argmax(1)
    return labels
