"""Fine-tune a linear head on top of a pretrained, frozen network."""

import torch
from torch import nn


def build_backbone(inputs, width, blocks=5):
    """The pretrained part: a plain stack of linear layers."""
    layers = []
    for i in range(blocks):
        layers.append(nn.Linear(inputs if i == 0 else width, width))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def accuracy(logits, labels):
    return (logits.argmax(dim=1) == labels).float().mean().item()


def finetune(weights, inputs, labels, classes, steps=4, rate=0.1, decay=1e-4):
    """Train a classifier head with the backbone's weights left as they are.

    `weights` is the state dictionary of the backbone. Only the head's state is
    returned, with loss and accuracy of every step.
    """
    width = weights["0.weight"].shape[0]
    backbone = build_backbone(inputs.shape[1], width)
    backbone.load_state_dict(weights)
    backbone.eval()

    head = nn.Linear(width, classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.SGD(head.parameters(), lr=rate, weight_decay=decay)
    criterion = nn.CrossEntropyLoss()

    history = []
    for _ in range(steps):
        features = backbone(inputs)
        logits = head(features)
        loss = criterion(logits, labels)
        optimizer.zero_grad()
        loss.backward(retain_graph=True)
        optimizer.step()
        history.append((loss.item(), accuracy(logits, labels)))
    return head.state_dict(), history
