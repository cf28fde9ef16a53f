"""Train a regression network, with validation and early stopping."""

import torch
from torch import nn


class Regressor(nn.Module):
    """Fully connected network with one output."""

    def __init__(self, inputs, width=256, depth=3):
        super().__init__()
        layers = []
        for i in range(depth):
            layers += [nn.Linear(inputs if i == 0 else width, width), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


def train_epoch(model, batches, optimizer, criterion):
    """One pass over the training batches; returns the mean loss."""
    model.train()
    total = 0.0
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss
    return (total / len(batches)).item()


def validate(model, batches, criterion):
    """Mean and worst loss over the validation batches."""
    model.eval()
    losses = []
    for inputs, targets in batches:
        predictions = model(inputs)
        losses.append(criterion(predictions, targets))
    losses = torch.stack(losses)
    return losses.mean().item(), losses.max().item()


def fit(model, train_batches, valid_batches, epochs=2, rate=1e-3, patience=3):
    """Train `model` in place and return the history of its losses."""
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    history, best, waited = [], float("inf"), 0
    for epoch in range(epochs):
        train_loss = train_epoch(model, train_batches, optimizer, criterion)
        valid_loss, worst = validate(model, valid_batches, criterion)
        history.append({"epoch": epoch, "train": train_loss, "valid": valid_loss, "worst": worst})
        if valid_loss < best:
            best, waited = valid_loss, 0
        else:
            waited += 1
            if waited >= patience:
                break
    return history
