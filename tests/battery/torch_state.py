"""What a call leaves changed for the whole process: modes, settings, random numbers drawn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from tests.battery.pair import Family

FAMILY = Family("torch state")
exact, differs = FAMILY.exact, FAMILY.differs
PAIRS = FAMILY.pairs

Args = tuple[Any, ...]


def ones() -> Args:
    """Three ones."""
    return (torch.ones(3),)


def generator() -> Args:
    """A generator of the caller's."""
    return (torch.Generator().manual_seed(7),)


def used_generator() -> Args:
    """A generator that was drawn from."""
    made = torch.Generator().manual_seed(7)
    torch.rand(3, generator=made)
    return (made,)


def double(x: torch.Tensor) -> torch.Tensor:
    """What all of these return."""
    return x * 2


def leaving(change: Callable[[], Any]) -> Callable[..., Any]:
    """`double`, and a change that stays."""

    def run(x: torch.Tensor) -> torch.Tensor:
        y = double(x)
        change()
        return y

    return run


def under(context: Callable[[], Any]) -> Callable[..., Any]:
    """`double` inside of a context that ends."""

    def run(x: torch.Tensor) -> torch.Tensor:
        with context():
            return double(x)

    return run


def in_double(x: torch.Tensor) -> torch.Tensor:
    """`double`, with another default dtype for the while."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    y = double(x)
    torch.set_default_dtype(before)
    return y


def entered(context: Any) -> Callable[[], Any]:
    """Enters a context that nobody leaves."""
    return lambda: context().__enter__()


def restored(x: torch.Tensor) -> torch.Tensor:
    """`double`, with random numbers drawn and given back."""
    with torch.random.fork_rng():
        torch.rand(100)
    return double(x)


def warned(text: str) -> Callable[[], None]:
    """Gives a warning."""
    return lambda: warnings.warn(text, stacklevel=1)


# The same.
exact("random numbers given back", double, restored, ones)
exact("another default dtype for the while", double, in_double, ones)
exact("profiled without output", double, under(lambda: torch.autograd.profiler.record_function("x")), ones)
exact(
    "all at once or one by one",
    lambda: torch.rand(4),
    lambda: torch.stack([torch.rand(()) for _ in range(4)]),
)
exact("drawn into a buffer", lambda: torch.rand(8), lambda: torch.empty(8).uniform_())
exact(
    "a generator passed on",
    lambda g: torch.rand(3, generator=g),
    lambda g: torch.empty(3).uniform_(generator=g),
    generator,
)
exact(
    "a generator copied back",
    lambda g: torch.rand(3, generator=g),
    lambda g: (torch.rand(3, generator=(h := g.clone_state())), g.set_state(h.get_state()))[0],
    generator,
)
exact(
    "dropped by a mask of one's own",
    lambda x: F.dropout(x, 0.5),
    lambda x: x * torch.empty_like(x).bernoulli_(0.5) * 2,
    ones,
)
exact(
    "a permutation sorted out",
    lambda x: x[torch.randperm(3)],
    lambda x: x.index_select(0, torch.randperm(3)),
    ones,
)

# Changed.
differs("grad mode left off", double, leaving(lambda: torch.set_grad_enabled(False)), ones)
differs("a default dtype left", double, leaving(lambda: torch.set_default_dtype(torch.float64)), ones)
differs("a default device left", double, leaving(lambda: torch.set_default_device("meta")), ones)
differs("deterministic from now on", double, leaving(lambda: torch.use_deterministic_algorithms(True)), ones)
differs(
    "anomalies detected from now on", double, leaving(lambda: torch.autograd.set_detect_anomaly(True)), ones
)
differs(
    "automatic precision from now on", double, leaving(lambda: torch.set_autocast_enabled("cpu", True)), ones
)
differs(
    "another dtype of automatic precision",
    double,
    leaving(lambda: torch.set_autocast_dtype("cpu", torch.float16)),
    ones,
)
differs(
    "fewer digits in products", double, leaving(lambda: torch.set_float32_matmul_precision("medium")), ones
)
differs(
    "another number of threads",
    double,
    leaving(lambda: torch.set_num_threads(torch.get_num_threads() + 1)),
    ones,
)
differs(
    "no oneDNN from now on", double, leaving(lambda: setattr(torch.backends.mkldnn, "enabled", False)), ones
)
differs("denormals flushed from now on", double, leaving(lambda: torch.set_flush_denormal(True)), ones)
differs("printing from now on", double, leaving(lambda: torch.set_printoptions(precision=2)), ones)
differs("a context never left", double, leaving(entered(lambda: torch.device("meta"))), ones)
differs(
    "what is saved goes elsewhere",
    double,
    leaving(entered(lambda: torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t))),
    ones,
)
differs("a number drawn and not used", double, leaving(lambda: torch.rand(1)), ones)
differs("a seed set", double, leaving(lambda: torch.manual_seed(0)), ones)
differs("a warning", double, leaving(warned("slow")), ones)
differs(
    "the generator of everyone",
    lambda g: torch.rand(3, generator=g),
    lambda g: torch.rand(3, generator=g.clone_state()),
    generator,
    why="The caller's generator does not move on.",
)
differs(
    "one draw more of a generator",
    lambda g: torch.rand(3, generator=g),
    lambda g: torch.rand(4, generator=g)[:3].clone(),
    generator,
)
differs(
    "a generator seeded anew",
    lambda g: g.initial_seed(),
    lambda g: g.manual_seed(7).initial_seed(),
    used_generator,
)
differs(
    "normal numbers for uniform ones",
    lambda: torch.rand(3).shape,
    lambda: torch.randn(3).shape,
    why="They use up another part of the generator.",
)
