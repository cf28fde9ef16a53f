"""Predictions of a network whose weights the caller keeps."""

import torch
from torch import nn


def build(width):
    return nn.Sequential(*[m for _ in range(6) for m in (nn.Linear(width, width), nn.Tanh())])


def arguments():
    torch.manual_seed(0)
    return (build(512).state_dict(), torch.randn(2048, 512))


def run(weights, rows):
    model = build(rows.shape[1])
    model.load_state_dict(weights)
    with torch.no_grad():
        return model(rows)
