"""Part-of-speech tagger: embeddings, two gated blocks, a score for every tag and token."""

import torch
import torch.nn.functional as F
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(dim=-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
        normalised = (x - mean) / torch.sqrt(variance + self.eps)
        return self.gain * normalised + self.bias


class Block(nn.Module):
    """Gated feed-forward layer (SwiGLU) around a residual connection."""

    def __init__(self, width):
        super().__init__()
        self.norm = LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x):
        normed = self.norm(x)
        gate = self.gate(normed)
        return x + self.down(gate * torch.sigmoid(gate) * self.up(normed))


class Tagger(nn.Module):
    """Scores of shape (batch, length, tags) for a batch of token numbers."""

    def __init__(self, vocabulary, tags, width=64):
        super().__init__()
        self.vocabulary = vocabulary
        self.table = nn.Parameter(torch.randn(vocabulary, width) * 0.05)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.norm = LayerNorm(width)
        self.score = nn.Linear(width, tags)

    def embed(self, tokens):
        onehot = F.one_hot(tokens, self.vocabulary).float()
        return onehot @ self.table

    def forward(self, tokens):
        x = self.embed(tokens)
        x = self.blocks(x)
        return F.log_softmax(self.score(self.norm(x)), dim=-1)
