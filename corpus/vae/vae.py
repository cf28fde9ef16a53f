"""Variational autoencoder for black-and-white images; calling it gives the loss of a batch."""

import math

import torch
from torch import nn


def gelu(x):
    """Gaussian error linear unit, in the approximation by tanh."""
    inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1.0 + torch.tanh(inner))


class Encoder(nn.Module):
    """Mean and log variance of the latent code."""

    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.first = nn.Linear(pixels, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)

    def forward(self, x):
        h = gelu(self.first(x))
        h = gelu(self.second(h))
        return self.mean(h), self.log_variance(h)


class Decoder(nn.Module):
    """Probability of every pixel being white."""

    def __init__(self, latent, hidden, pixels):
        super().__init__()
        self.first = nn.Linear(latent, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.pixels = nn.Linear(hidden, pixels)

    def forward(self, code):
        h = gelu(self.first(code))
        h = gelu(self.second(h))
        return torch.sigmoid(self.pixels(h))


class VAE(nn.Module):
    def __init__(self, pixels=784, hidden=400, latent=16, beta=1.0):
        super().__init__()
        self.encoder = Encoder(pixels, hidden, latent)
        self.decoder = Decoder(latent, hidden, pixels)
        self.beta = beta

    def forward(self, images):
        """Negative evidence lower bound, averaged over the batch."""
        flat = images.flatten(1)
        mean, log_variance = self.encoder(flat)
        # the reparametrisation trick keeps the sample differentiable
        noise = torch.randn_like(mean)
        code = mean + noise * torch.exp(0.5 * log_variance)

        probability = self.decoder(code)
        binary = nn.functional.binary_cross_entropy(probability, flat, reduction="none")
        reconstruction = binary.sum(dim=1)
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(dim=1)
        return (reconstruction + self.beta * divergence).mean()
