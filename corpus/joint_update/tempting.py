"""One network for several tasks: one update from the losses of all of them."""

import torch
from torch import nn


def build_model(inputs, width, outputs):
    """A shared body, to which every task contributes equally."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.Tanh(),
        nn.Linear(width, width), nn.Tanh(),
        nn.Linear(width, outputs),
    )  # fmt: skip


def mean_loss(model, tasks, criterion):
    """Mean loss over the tasks, and the worst of them as a number."""
    total, worst = 0.0, 0.0
    for inputs, targets in tasks:
        predictions = model(inputs)
        loss = criterion(predictions, targets)
        total += loss.detach()
        worst = max(worst, loss.item())
    return total / len(tasks), worst


def joint_update(model, tasks, rate=0.05):
    """Take one step that is good for the tasks on average.

    Parameters
    ----------
    model : changed in place
    tasks : list of (inputs, targets), one a task

    Returns the mean loss over the tasks before the step, and the worst.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    optimizer.zero_grad()
    mean, worst = mean_loss(model, tasks, nn.MSELoss())
    mean.backward()
    optimizer.step()
    return mean.item(), worst
