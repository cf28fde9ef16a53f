"""Graphs and gradients: what a backward pass of the caller's finds, and what is left of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

from tests.battery.pair import Family, Source

FAMILY = Family("torch autograd")
exact, close, lossy, differs = FAMILY.exact, FAMILY.close, FAMILY.lossy, FAMILY.differs
PAIRS = FAMILY.pairs

Args = tuple[Any, ...]


def leaf() -> Args:
    """Three small whole numbers that require grad."""
    return (torch.tensor([1.0, 2.0, 4.0], requires_grad=True),)


def two_leaves() -> Args:
    """Two equal-shaped leaves."""
    return torch.tensor([1.0, 2.0, 4.0], requires_grad=True), torch.tensor(
        [3.0, 5.0, 7.0], requires_grad=True
    )


def behind() -> Args:
    """A tensor computed from a leaf that the call does not get."""
    return (torch.tensor([1.0, 2.0, 4.0], requires_grad=True) * 2,)


def saved() -> Args:
    """A tensor that the graph behind it has saved."""
    return (torch.tensor([1.0, 2.0, 4.0], requires_grad=True).exp(),)


def matrices() -> Args:
    """A matrix and a batch of rows, both requiring grad."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(8, 8, generator=make).requires_grad_(), torch.randn(
        40, 8, generator=make
    ).requires_grad_()


class Doubled(torch.autograd.Function):  # type: ignore[misc]
    """Twice its input, with the right gradient."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return grads[0] * 2


class Misled(Doubled):
    """Twice its input, with the gradient of something else."""

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return grads[0] * 3


def after(*steps: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does these steps with its arguments and returns what the last one gives."""

    def run(*args: Any) -> Any:
        return [step(*args) for step in steps][-1]

    return run


def backward(x: torch.Tensor, **options: Any) -> torch.Tensor:
    """The result of a computation that was gone through backwards already."""
    y = (x * x).sum()
    y.backward(**options)
    return y


def by_hand(x: torch.Tensor) -> torch.Tensor:
    """As `backward`, the gradient put in place by hand."""
    y = (x * x).sum()
    (x.grad,) = torch.autograd.grad(y, x)
    return y


def in_pieces(w: torch.Tensor, x: torch.Tensor) -> None:
    """Gradients of a loss, a quarter of the rows at a time."""
    for part in (x @ w).square().split(10):
        part.sum().backward(retain_graph=True)


def at_once(w: torch.Tensor, x: torch.Tensor) -> None:
    """Gradients of a loss."""
    (x @ w).square().sum().backward()


def embedded(w: torch.Tensor, sparse: bool) -> torch.Tensor:
    """An embedding's gradient, sparse or dense."""
    y = F.embedding(torch.tensor([0, 1]), w, sparse=sparse)
    y.sum().backward()
    return y.detach()


def penalty(x: torch.Tensor, scale: float) -> torch.Tensor:
    """The norm of a gradient that can be gone through again; at another scale only its own
    gradient is another."""
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    return g.detach() + scale * (g - g.detach())


def altered_then(x: torch.Tensor, change: bool) -> torch.Tensor:
    """Something computed from what is written to afterwards, with nothing or not at all."""
    h = x.exp()
    y = h * h
    if change:
        h.add_(0)
    return y


def kept(h: torch.Tensor, keep: bool) -> torch.Tensor:
    """A result of which a backward pass keeps the gradient, or not."""
    y = h * 2
    if keep:
        y.retain_grad()
    return y


def doubled_in_place(x: torch.Tensor) -> bool:
    """Doubles its argument where the graph does not follow."""
    with torch.no_grad():
        x.mul_(2)
    return False


def hooked(x: torch.Tensor, scale: float) -> torch.Tensor:
    """A result whose gradient is scaled on its way back."""
    y = x * 2
    y.register_hook(lambda grad: grad * scale)
    return y


def into_leaf(x: torch.Tensor, in_place: bool) -> torch.Tensor:
    """Writing to a leaf, which torch refuses, or around that refusal."""
    if in_place:
        return x.add_(1)
    x.data.add_(1)
    return x


GLOBAL = """
import torch
W = torch.tensor([1.0, 2.0], requires_grad=True)
def run(x):
    return {}
"""

# The same.
exact("doubled by adding", lambda x: x * 2, lambda x: x + x, leaf)
exact("a function of one's own", lambda x: x * 2, Doubled.apply, leaf)
exact(
    "recomputed in the backward pass",
    lambda x: x.exp().sin(),
    lambda x: checkpoint(lambda t: t.exp().sin(), x, use_reentrant=False),
    leaf,
)
exact("a gradient put in place by hand", backward, by_hand, leaf)
close(
    "computed twice instead of shared",
    lambda x: [(h := x.exp()) * 2, h * h],
    lambda x: [x.exp() * 2, x.exp() * x.exp()],
    leaf,
    why="The rewrite also serves two passes one after the other, which the original does not.",
)
exact("detached or without a graph", lambda x: x.detach() * 2, torch.no_grad()(lambda x: x * 2), leaf)
exact("a place, which has no gradient", lambda x: x.argmax(), lambda x: x.detach().argmax(), leaf)
exact("in place on an intermediate", lambda x: (x + 1).relu(), lambda x: (x + 1).relu_(), leaf)
close("from a leaf that is not passed", lambda h: h * 2, lambda h: h + h, behind)
exact(
    "complex results", torch.complex, lambda a, b: torch.view_as_complex(torch.stack([a, b], -1)), two_leaves
)
exact("a sparse result", lambda x: x.to_sparse() * 2, lambda x: (x + x).to_sparse(), leaf)
exact("the gradient of a gradient", lambda x: penalty(x, 1.0), lambda x: penalty(x, 1.0) + 0, leaf)
exact("a hook of the same code", lambda x: hooked(x, 3.0), lambda x: hooked(x + 0, 3.0), leaf)
exact(
    "a graph that is kept by both",
    lambda x: backward(x, retain_graph=True),
    lambda x: backward(x + 0, retain_graph=True),
    leaf,
)
exact(
    "parameters of the module",
    Source(GLOBAL.format("x * W + x * W")),
    Source(GLOBAL.format("2 * (x * W)")),
    lambda: (torch.tensor([3.0, 5.0]),),
)
exact(
    "gradients functionally",
    lambda x: torch.func.grad(lambda t: (t * t).sum())(x.detach()),
    lambda x: torch.autograd.grad((x * x).sum(), x)[0],
    leaf,
)
exact(
    "mapped or looped",
    lambda x: torch.vmap(lambda t: t * t)(x),
    lambda x: torch.stack([t * t for t in x]),
    leaf,
)
close("gradients accumulated in pieces", at_once, in_pieces, matrices)
close(
    "attention by hand",
    lambda q, k: (q @ k.T).softmax(0) @ k,
    lambda q, k: torch.exp((q @ k.T).log_softmax(0)) @ k,
    matrices,
)
close("a product in another order", lambda w, x: x @ (w @ w), lambda w, x: (x @ w) @ w, matrices)

exact(
    "a gradient spread over a row",
    lambda x: x.sum(),
    lambda x: (x * 1).sum(),
    leaf,
    why="Of the first it is one number with a stride of zero, which `.grad` never is.",
)
exact(
    "two equal gradients",
    lambda x, y: x + y,
    lambda x, y: x * 1 + y * 1,
    two_leaves,
    why="One tensor on their way, they are two in `.grad`.",
)

# Wrong gradients, and what else is changed, though values and flags agree.
differs("no gradient", lambda x: x * 2, lambda x: x.detach() * 2, leaf)
lossy("half the gradient", lambda x: x * 2, lambda x: x + x.detach(), leaf)
differs(
    "zeros for no gradient",
    lambda x, y: y * 2,
    lambda x, y: y * 2 + x * 0,
    two_leaves,
    why="The .grad of the other leaf stays None.",
)
differs("gradients left behind", lambda x: (x * x).sum().detach(), lambda x: backward(x).detach(), leaf)
lossy(
    "gradients left twice",
    lambda x: after(backward, backward)(x).detach(),
    lambda x: backward(x).detach(),
    leaf,
)
differs(
    "a .grad of zeros for none",
    lambda x: setattr(x, "grad", None),
    lambda x: setattr(x, "grad", torch.zeros(3)),
    leaf,
)
differs(
    "a sparse .grad",
    lambda x: embedded(x, False),
    lambda x: embedded(x, True),
    lambda: (torch.ones(4, 2, requires_grad=True),),
)
differs(
    "a graph that is freed",
    lambda x: backward(x, retain_graph=True),
    lambda x: backward(x),
    leaf,
    why="A caller of the original can go through it again.",
)
differs(
    "two graphs made one",
    lambda x: [x.exp() * 2, x.exp() * 3],
    lambda x: [(h := x.exp()) * 2, h * 3],
    leaf,
    why="The first of two backward passes frees what the second needs.",
)
lossy(
    "gradients of two results swapped",
    lambda x: [x * 2, x * 2],
    lambda x: [x + x.detach(), x * 3 - x.detach()],
    leaf,
    why="Their sum is the same.",
)
differs(
    "saved, then written to",
    lambda x: altered_then(x, False),
    lambda x: altered_then(x, True),
    leaf,
    why="The values stay, but the backward pass raises.",
)
lossy("half the gradient behind", lambda h: h * 2, lambda h: h + h.detach(), behind)
differs(
    "an argument that its graph has saved",
    lambda h: h * 2,
    lambda h: h.mul_(2).div_(2) * 2,
    saved,
    why="The backward pass of the caller's own graph raises.",
)
differs(
    "written around the graph",
    doubled_in_place,
    lambda h: h.data.mul_(2) is None,
    saved,
    why="The caller's graph refuses the first, and takes the second for what it saved.",
)
differs("kept gradients", lambda h: kept(h, True), lambda h: kept(h, False), behind)
lossy("a hook's factor", lambda x: hooked(x, 3.0), lambda x: hooked(x, 2.0), leaf)
differs(
    "a hook on an argument",
    lambda x: x.detach() * 2,
    after(lambda x: x.register_hook(lambda g: g * 0), lambda x: x.detach() * 2),
    leaf,
)
differs(
    "a hook after accumulating",
    lambda x: x.detach() * 2,
    after(lambda x: x.register_post_accumulate_grad_hook(print), lambda x: x.detach() * 2),
    leaf,
)
differs(
    "an argument that requires grad now",
    lambda x: x * 2,
    after(lambda x: x.requires_grad_(), lambda x: x.detach() * 2),
    lambda: (torch.ones(3),),
)
differs("a leaf for a result", lambda x: x * 2, lambda x: (x * 2).detach().requires_grad_(), leaf)
lossy("a wrong backward function", Doubled.apply, Misled.apply, leaf)
lossy(
    "a gradient of the imaginary part",
    torch.complex,
    lambda a, b: torch.complex(a, 2 * b - b.detach()),
    two_leaves,
)
lossy(
    "a gradient through a sparse result",
    lambda x: x.to_sparse() * 2,
    lambda x: (x + x.detach()).to_sparse(),
    leaf,
)
differs(
    "a gradient that has no graph",
    lambda x: torch.autograd.grad((x**3).sum(), x, create_graph=True),
    lambda x: torch.autograd.grad((x**3).sum(), x),
    leaf,
)
lossy("the gradient of a gradient halved", lambda x: penalty(x, 1.0), lambda x: penalty(x, 0.5), leaf)
lossy(
    "a parameter of the module",
    Source(GLOBAL.format("2 * (x * W)")),
    Source(GLOBAL.format("x * W + x * W.detach()")),
    lambda: (torch.tensor([3.0, 5.0]),),
)
differs(
    "writing to a leaf",
    lambda x: into_leaf(x, True),
    lambda x: into_leaf(x, False),
    leaf,
    why="The original raises.",
)
differs(
    "a gradient of another leaf", lambda x, y: x + y, lambda x, y: 2 * x - x.detach() + y.detach(), two_leaves
)
