"""Train a generator to please a fixed critic; calling it gives the loss of a batch."""

import torch
from torch import nn


def build_critic(width, hidden):
    """A critic that is not trained here: its parameters need no gradient."""
    critic = nn.Sequential(
        nn.Linear(width, hidden), nn.ReLU(),
        nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, 1),
    )  # fmt: skip
    for parameter in critic.parameters():
        parameter.requires_grad_(False)
    return critic.eval()


class GuidedGenerator(nn.Module):
    """Maps noise to samples that the critic rates highly."""

    def __init__(self, noise, width, hidden=512):
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(noise, 64), nn.Tanh(), nn.Linear(64, width))
        self.critic = build_critic(width, hidden)

    @torch.no_grad()
    def evaluate(self, samples):
        """Rating of every sample by the critic."""
        self.critic.eval()
        ratings = self.critic(samples)
        return ratings.squeeze(-1)

    def forward(self, noise):
        samples = self.generator(noise)
        score = self.evaluate(samples)
        # keeps samples near the origin, where the critic was trained
        penalty = 0.01 * samples.pow(2).mean()
        return penalty - score.mean()
