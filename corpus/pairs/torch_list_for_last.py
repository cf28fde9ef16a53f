"""The last state of a diffusion of heat."""

import torch


def arguments():
    return (torch.linspace(0, 1, 1 << 19), 8)


def run(heat, steps):
    history = [heat]
    for _ in range(steps):
        now = history[-1]
        history.append(now + 0.1 * (torch.roll(now, 1) - now))
    return history[-1]
