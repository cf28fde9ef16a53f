"""How alike sentences are."""

import torch
import torch.nn.functional as F


def arguments():
    torch.manual_seed(0)
    return (torch.randn(200, 128), torch.randn(60, 128))


def run(queries, documents):
    return F.cosine_similarity(queries.unsqueeze(1), documents.unsqueeze(0), dim=-1)
