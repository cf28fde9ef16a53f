"""What else torch makes: types, data sets and loaders, distributions, packed sequences, functions."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler, Subset, TensorDataset

from tests.battery.pair import Family

FAMILY = Family("torch objects")
exact, lossy = FAMILY.exact, FAMILY.lossy
differs, unproven = FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs

Args = tuple[Any, ...]


def rows() -> Args:
    """Six small whole numbers in three rows."""
    return (torch.arange(6.0).reshape(3, 2),)


def dataset() -> TensorDataset:
    """Five rows with labels."""
    return TensorDataset(torch.arange(10.0).reshape(5, 2), torch.arange(5))


def loader(**options: Any) -> DataLoader[Any]:
    """A loader of the five rows with a generator of its own."""
    return DataLoader(dataset(), generator=torch.Generator().manual_seed(1), **options)


def loading(**options: Any) -> Any:
    """Makes the argument of a call."""
    return lambda: (loader(**options),)


def batches(loaded: DataLoader[Any]) -> list[Any]:
    """All that a loader gives."""
    return list(loaded)


def begun(iterator: Any) -> torch.Tensor:
    """The first batch of a loader's iterator."""
    first: torch.Tensor = next(iterator)[0]
    return first


def sorted_out(x: torch.Tensor, enforce: bool) -> Any:
    """Rows packed by their lengths."""
    lengths = torch.tensor([2, 2, 1])
    return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=enforce)


def used(handle: Any) -> Any:
    """A handle whose hook is removed."""
    handle.remove()
    return handle


def used_twice(x: torch.Tensor) -> torch.Tensor:
    """Something to compile."""
    return x * 2


# The same.
exact("batches in a loop", batches, lambda loaded: [batch for batch in loaded], loading(batch_size=2))
exact(
    "batches in a drawn order", batches, lambda loaded: [*iter(loaded)], loading(batch_size=2, shuffle=True)
)
exact("loaders of equal options", lambda: loader(batch_size=2), lambda: loader(batch_size=2, drop_last=False))
exact(
    "rows of a data set",
    lambda d: [d[i] for i in range(2)],
    lambda d: [tuple(t[i] for t in d.tensors) for i in range(2)],
    lambda: (dataset(),),
)
exact(
    "part of a data set",
    lambda d: Subset(d, [0, 1]),
    lambda d: Subset(d, list(range(2))),
    lambda: (dataset(),),
)
exact("rows packed", lambda x: pack_sequence([x[0], x[1], x[2, :1]]), lambda x: sorted_out(x, True), rows)
exact(
    "distributions",
    lambda x: torch.distributions.Normal(x, 1.0),
    lambda x: torch.distributions.Normal(x, torch.tensor(1.0)),
    rows,
    why="Its parameters are made to fit one another.",
)
exact(
    "drawn from a distribution",
    lambda x: torch.distributions.Normal(x, 1.0).sample(),
    lambda x: torch.normal(x, torch.ones(3, 2)),
    rows,
)
exact(
    "dtypes and devices",
    lambda x: [x.dtype, x.device, x.layout],
    lambda x: [torch.float, torch.device("cpu"), torch.strided],
    rows,
)
exact("limits of a dtype", lambda: torch.finfo(torch.float16), lambda: torch.finfo(torch.half))
exact(
    "a handle",
    lambda m: [m.register_forward_hook(print), 1],
    lambda m: [used(m.register_forward_hook(len)) and m.register_forward_hook(print), 1],
    lambda: (nn.ReLU(),),
    why="Its number counts all hooks of the process.",
)
exact(
    "a singular value decomposition",
    lambda x: torch.linalg.svd(x),
    lambda x: torch.linalg.svd(x.clone()),
    rows,
)
exact(
    "mapped over rows",
    lambda x: torch.vmap(torch.sum)(x),
    lambda x: torch.stack([row.sum() for row in x]),
    rows,
)
exact("a sampler", lambda: SequentialSampler(range(3)), lambda: SequentialSampler(range(0, 3)))
exact(
    "a bound function of torch",
    lambda: [torch.relu, nn.functional.relu],
    lambda: [torch.relu, nn.functional.relu],
)
exact(
    "a distribution of logits",
    lambda x: torch.distributions.Categorical(logits=x).probs,
    lambda x: x.softmax(-1),
    rows,
)

# Changed.
differs("a loader's size of batches", lambda: loader(batch_size=2), lambda: loader(batch_size=3))
differs(
    "a loader that drops the rest", lambda: loader(batch_size=2), lambda: loader(batch_size=2, drop_last=True)
)
differs("a loader that shuffles", lambda: loader(batch_size=2), lambda: loader(batch_size=2, shuffle=True))
differs(
    "another place of a loader's generator",
    lambda loaded: loaded.batch_size,
    lambda loaded: len(list(loaded)) and 2,
    loading(batch_size=2, shuffle=True),
    why="The next epoch is another one.",
)
differs(
    "an iterator drawn from",
    lambda it: begun(it),
    lambda it: [begun(it), next(it)][0],
    lambda: (iter(loader(batch_size=2)),),
)
differs(
    "batches of tuples", batches, lambda loaded: [tuple(batch) for batch in loaded], loading(batch_size=2)
)
differs(
    "another order of a part", lambda d: Subset(d, [0, 1]), lambda d: Subset(d, [1, 0]), lambda: (dataset(),)
)
differs(
    "a sampler with replacement",
    lambda: RandomSampler(range(3)),
    lambda: RandomSampler(range(3), replacement=True),
)
differs(
    "rows packed in a noted order",
    lambda x: sorted_out(x, True),
    lambda x: sorted_out(x, False),
    rows,
    why="The batch is the same, but it knows how to put rows back.",
)
differs(
    "unchecked distributions",
    lambda x: torch.distributions.Normal(x, 1.0),
    lambda x: torch.distributions.Normal(x, 1.0, validate_args=False),
    rows,
)
differs(
    "a sample that has a graph",
    lambda x: torch.distributions.Normal(x.requires_grad_(), 1.0).sample(),
    lambda x: torch.distributions.Normal(x.requires_grad_(), 1.0).rsample(),
    rows,
)
differs("a device by name", lambda x: x.device, lambda x: str(x.device), rows)
differs("another dtype", lambda x: x.dtype, lambda x: torch.float64, rows)
differs("limits of another dtype", lambda: torch.finfo(torch.float16), lambda: torch.finfo(torch.bfloat16))
differs(
    "a handle that was used",
    lambda m: m.register_forward_hook(print),
    lambda m: used(m.register_forward_hook(print)),
    lambda: (nn.ReLU(),),
)
differs("a plain tuple of factors", lambda x: torch.linalg.svd(x), lambda x: tuple(torch.linalg.svd(x)), rows)
differs("another function of torch", lambda: torch.relu, lambda: torch.abs)
lossy(
    "another width of a distribution",
    lambda x: torch.distributions.Normal(x, 1.0),
    lambda x: torch.distributions.Normal(x, 2.0),
    rows,
)
unproven("a scripted function", lambda: torch.jit.script(used_twice), lambda: torch.jit.script(used_twice))
unproven("a compiled function", lambda: torch.compile(used_twice), lambda: torch.compile(used_twice))
unproven("a future", lambda: torch.futures.Future(), lambda: torch.futures.Future())
unproven(
    "masked values",
    lambda x: torch.masked.masked_tensor(x, x > 2),
    lambda x: torch.masked.masked_tensor(x, x > 3),
    rows,
)
