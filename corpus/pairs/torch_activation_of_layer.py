"""A convolution and its activation, without gradients."""

import torch
import torch.nn.functional as F


def arguments():
    torch.manual_seed(0)
    return (torch.randn(4, 3, 256, 256), torch.randn(8, 3, 1, 1))


def run(images, kernel):
    with torch.no_grad():
        return F.relu(F.conv2d(images, kernel))
