"""A step with weight decay and clipping by hand."""

import torch


def arguments():
    torch.manual_seed(0)
    weight = torch.randn(1000, 1000, requires_grad=True)
    weight.grad = torch.randn(1000, 1000)
    return ([weight],)


def run(parameters, decay=0.01, most=1.0):
    with torch.no_grad():
        for p in parameters:
            p.grad = p.grad + decay * p.data
            p.grad = p.grad.clamp(-most, most)
            p.data.sub_(p.grad, alpha=0.1)
    return parameters[0].detach()
