"""A small transformer encoder that turns padded documents into one vector each."""

import math

import torch
from torch import nn


class EncoderLayer(nn.Module):
    """Pre-norm self-attention and feed-forward, with residual connections."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.merge = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.shrink = nn.Linear(4 * width, width)

    def attend(self, x, padding):
        batch, length, width = x.shape
        shape = (batch, length, self.heads, width // self.heads)
        q = self.query(x).view(shape).transpose(1, 2)
        k = self.key(x).view(shape).transpose(1, 2)
        v = self.value(x).view(shape).transpose(1, 2)
        scores = q @ k.transpose(-2, -1) / math.sqrt(shape[-1])
        # a large negative number rather than -inf: a row may be padding only
        blocked = scores.masked_fill(padding[:, None, None, :], -1e9)
        weights = blocked.softmax(dim=-1)
        context = weights @ v
        return self.merge(context.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x, padding):
        x = x + self.attend(self.norm1(x), padding)
        hidden = self.expand(self.norm2(x))
        activated = torch.relu(hidden)
        return x + self.shrink(activated)


class Encoder(nn.Module):
    def __init__(self, vocabulary, width=64, heads=4, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))

    def forward(self, tokens):
        padding = tokens == 0
        x = self.embedding(tokens) * math.sqrt(self.embedding.embedding_dim)
        for layer in self.layers:
            x = layer(x, padding)
        return x


@torch.no_grad()
def embed_documents(model, tokens):
    """Mean of the final states over the tokens that are not padding, one row a document."""
    model.eval()
    states = model(tokens)
    keep = (tokens != 0).float().unsqueeze(-1)
    pooled = (states * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1.0)
    return nn.functional.normalize(pooled, dim=-1)
