"""A checkpoint of 8 MB."""

import io
import os
import tempfile

import torch


def arguments():
    path = os.path.join(tempfile.gettempdir(), "pair_checkpoint.pt")
    torch.manual_seed(0)
    torch.save({"weight": torch.randn(2000, 1000)}, path)
    return (path,)


def run(path):
    with open(path, "rb") as f:
        state = torch.load(io.BytesIO(f.read()), map_location="cpu")
    return state["weight"]
