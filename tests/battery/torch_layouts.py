"""Tensors of other layouts than strided: sparse, quantized, nested, on no device."""

from __future__ import annotations

import torch

from tests.battery.pair import Family
from tests.battery.torch_tensors import grid

FAMILY = Family("torch layouts")
exact, precision, lossy = FAMILY.exact, FAMILY.precision, FAMILY.lossy
differs, unproven = FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs


def coordinates(values: torch.Tensor) -> torch.Tensor:
    """A coalesced sparse matrix with as many values on its diagonal."""
    places = torch.arange(len(values)).expand(2, -1)
    return torch.sparse_coo_tensor(places, values, (3, 3), check_invariants=True).coalesce()


def compressed(dtype: torch.dtype) -> torch.Tensor:
    """A matrix by rows with indices of this dtype."""
    rows, columns = torch.tensor([0, 1, 2], dtype=dtype), torch.tensor([0, 1], dtype=dtype)
    return torch.sparse_csr_tensor(rows, columns, torch.ones(2), (2, 2), check_invariants=True)


exact(
    "a sparse matrix in two ways",
    lambda: coordinates(torch.ones(3)),
    lambda: torch.eye(3).to_sparse() + coordinates(torch.zeros(0)),
)
exact(
    "a compressed matrix in two ways",
    lambda: torch.eye(3).to_sparse_csr(),
    lambda: torch.eye(3).to_sparse_coo().to_sparse_csr(),
)
exact(
    "a quantized tensor in two ways",
    lambda x: torch.quantize_per_tensor(x, 0.5, 3, torch.quint8),
    lambda x: torch.quantize_per_tensor(x.clone(), 0.5, 3, torch.quint8),
    grid,
)
exact(
    "nested tensors",
    lambda x: torch.nested.nested_tensor([x, x[:1]]),
    lambda x: torch.nested.as_nested_tensor([x.clone(), x[:1].clone()]),
    grid,
)
exact(
    "jagged tensors",
    lambda x: torch.nested.nested_tensor([x[0], x[1, :2]], layout=torch.jagged),
    lambda x: torch.nested.nested_tensor([x[0].clone(), x[1, :2]], layout=torch.jagged),
    grid,
)
unproven(
    "nested rows with a gradient",
    lambda x: torch.nested.nested_tensor([x], requires_grad=True) * 2,
    lambda x: torch.nested.nested_tensor([x], requires_grad=True) * 2,
    grid,
    why="No fixed weights fit all rows, so that its backward pass is not probed.",
)
differs(
    "entries not summed yet",
    lambda: coordinates(torch.ones(3)),
    lambda: coordinates(torch.ones(3))._coalesced_(False),
    why="values() of it raises.",
)
differs(
    "an explicit zero",
    lambda: coordinates(torch.tensor([1.0, 2.0])),
    lambda: coordinates(torch.tensor([1.0, 2.0, 0.0])),
)
differs("by rows and by columns", lambda: torch.eye(2).to_sparse_csr(), lambda: torch.eye(2).to_sparse_csc())
differs("in coordinates and by rows", lambda: torch.eye(2).to_sparse(), lambda: torch.eye(2).to_sparse_csr())
differs(
    "blocks of another size",
    lambda: torch.eye(4).to_sparse_bsr((2, 2)),
    lambda: torch.eye(4).to_sparse_bsr((1, 1)),
)
differs(
    "blocks by rows and by columns",
    lambda: torch.eye(4).to_sparse_bsr((2, 2)),
    lambda: torch.eye(4).to_sparse_bsc((2, 2)),
)
differs("dense for sparse", lambda: torch.eye(2).to_sparse(), lambda: torch.eye(2))
precision("narrower indices of a matrix", lambda: compressed(torch.int64), lambda: compressed(torch.int32))
differs(
    "a zero point",
    lambda x: torch.quantize_per_tensor(x, 1.0, 0, torch.qint8),
    lambda x: torch.quantize_per_tensor(x, 1.0, 1, torch.qint8),
    grid,
    why="Dequantized values agree.",
)
lossy(
    "a scale",
    lambda x: torch.quantize_per_tensor(x * 0, 1.0, 0, torch.qint8),
    lambda x: torch.quantize_per_tensor(x * 0, 2.0, 0, torch.qint8),
    grid,
    why="All values are zero by either; the scale is a float that is off.",
)
differs(
    "one scale for all channels",
    lambda x: torch.quantize_per_channel(x, torch.ones(2), torch.zeros(2), 0, torch.qint8),
    lambda x: torch.quantize_per_tensor(x, 1.0, 0, torch.qint8),
    grid,
)
differs(
    "scales of columns",
    lambda x: torch.quantize_per_channel(x[:, :2], torch.ones(2), torch.zeros(2), 0, torch.qint8),
    lambda x: torch.quantize_per_channel(x[:, :2], torch.ones(2), torch.zeros(2), 1, torch.qint8),
    grid,
)
differs(
    "a meta tensor's strides",
    lambda: torch.empty(2, 3, device="meta"),
    lambda: torch.empty(3, 2, device="meta").T,
)
differs("meta for real", lambda: torch.zeros(2), lambda: torch.zeros(2, device="meta"))
differs(
    "nested rows of other lengths",
    lambda x: torch.nested.nested_tensor([x[0], x[1, :2]]),
    lambda x: torch.nested.nested_tensor([x[0], x[1, :1]]),
    grid,
)
differs(
    "jagged for nested",
    lambda x: torch.nested.nested_tensor([x[0], x[1, :2]]),
    lambda x: torch.nested.nested_tensor([x[0], x[1, :2]], layout=torch.jagged),
    grid,
)
differs(
    "jagged rows cut elsewhere",
    lambda x: torch.nested.nested_tensor([x[0], x[1, :2]], layout=torch.jagged),
    lambda x: torch.nested.nested_tensor([x[0, :2], torch.cat([x[0, 2:], x[1, :2]])], layout=torch.jagged),
    grid,
    why="The buffer of values is the same.",
)
differs("a storage", lambda x: (x * 2).untyped_storage(), lambda x: (x * 3).untyped_storage(), grid)
