"""Tensors: values, dtypes, layouts of every kind, shared memory, what stays of an argument."""

from __future__ import annotations

from typing import Any

import torch

from tests.battery.pair import Family

FAMILY = Family("torch tensors")
exact, close, precision, lossy = FAMILY.exact, FAMILY.close, FAMILY.precision, FAMILY.lossy
differs, unproven = FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs

Args = tuple[Any, ...]


def grid() -> Args:
    """Six small whole numbers in two rows."""
    return (torch.arange(1.0, 7.0).reshape(2, 3),)


def noise() -> Args:
    """A thousand random numbers."""
    return (torch.randn(10, 100, generator=torch.Generator().manual_seed(3)),)


def large() -> Args:
    """Enough random numbers to be kept as a summary."""
    return (torch.rand(100_000, generator=torch.Generator().manual_seed(3)) + 0.5,)


def images() -> Args:
    """Two images of three channels."""
    return (torch.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5),)


def waves() -> Args:
    """Three complex numbers."""
    return (torch.tensor([1 + 2j, -3 + 0.5j, 0.25 - 1j]),)


class Tagged(torch.Tensor):  # type: ignore[misc]
    """A tensor that carries a note."""

    note: str


def tagged(tensor: torch.Tensor, note: str) -> Tagged:
    """A `Tagged` of the values of another tensor."""
    made: Tagged = tensor.clone().as_subclass(Tagged)
    made.note = note
    return made


def with_attribute(tensor: torch.Tensor, **attributes: Any) -> torch.Tensor:
    """The tensor with attributes set on it."""
    for name, value in attributes.items():
        setattr(tensor, name, value)
    return tensor


def swapped(x: torch.Tensor, i: int, j: int) -> torch.Tensor:
    """A copy with two elements in each other's place."""
    made = x.clone()
    made[i], made[j] = x[j], x[i]
    return made


def narrowed(xs: list[torch.Tensor]) -> int:
    """The length of a list, whose first item is narrowed on the way."""
    xs[0] = xs[0].int()
    return len(xs)


def returning(x: Any, *_: Any) -> Any:
    """Its first argument."""
    return x


# The same, in another guise.
exact("view and reshape of a contiguous tensor", lambda x: x.view(-1), lambda x: x.reshape(-1), grid)
exact(
    "contiguous() of what is contiguous",
    lambda x: x.contiguous(),
    lambda x: x,
    grid,
    why="It returns the tensor itself.",
)
exact(
    "a slice kept from a large buffer",
    lambda x: (x.repeat(9, 1) * 2)[:2],
    lambda x: x * 2,
    grid,
    why="The rest of the storage shows neither by reading nor by writing elements.",
)
exact("an offset into a fresh buffer", lambda x: (x * 2)[1:], lambda x: x[1:] * 2, grid)
exact(
    "halves of one fresh buffer",
    lambda x: (x * 2).unbind(),
    lambda x: tuple(row * 2 for row in x),
    grid,
    why="They share a storage and no element of it.",
)
exact(
    "interleaved halves of one buffer",
    lambda x: [(x * 2)[:, ::2], (x * 2)[:, 1::2]],
    lambda x: [(y := x * 2)[:, ::2], y[:, 1::2]],
    lambda: (torch.ones(2, 8),),
)
exact(
    "interleaved halves in bfloat16",
    lambda x: [(x * 2)[:, ::2], (x * 2)[:, 1::2]],
    lambda x: [(y := x * 2)[:, ::2], y[:, 1::2]],
    lambda: (torch.ones(2, 8, dtype=torch.bfloat16),),
    why="NumPy has no such dtype; the elements are still apart.",
)
exact("strides of a dimension of length one", lambda: torch.ones(1, 3), lambda: torch.ones(3, 1).T)
exact("strides of an empty tensor", lambda: torch.empty(0, 3), lambda: torch.empty(3, 0).T)
exact(
    "channels last in two ways",
    lambda x: x.to(memory_format=torch.channels_last),
    lambda x: x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
    images,
)
exact("into a buffer", lambda x: x + 1, lambda x: torch.add(x, 1, out=torch.empty_like(x)), grid)
exact("NaN where there is NaN", lambda x: x / x, lambda x: torch.div(x, x), lambda: (torch.zeros(3),))
exact("rows by unbind and by index", lambda x: x.unbind(0), lambda x: (x[0], x[1]), grid)
exact("a maximum with its place", lambda x: x.max(dim=0), lambda x: torch.max(x, 0), grid)
exact("a conjugate that is resolved", lambda z: z.conj().resolve_conj(), torch.conj_physical, waves)
exact(
    "float8 in two steps",
    lambda x: x.to(torch.float8_e4m3fn),
    lambda x: x.clone().to(torch.float8_e4m3fn),
    grid,
)
exact(
    "uint16", lambda: torch.arange(4).to(torch.uint16), lambda: torch.tensor([0, 1, 2, 3], dtype=torch.uint16)
)
exact("half complex numbers", lambda z: z.to(torch.chalf), lambda z: z.clone().to(torch.chalf), waves)
exact(
    "meta tensors",
    lambda: torch.empty(2, 3, device="meta"),
    lambda: torch.ones(2, 3, device="meta"),
    why="They have no values.",
)
exact("a subclass with its note", lambda x: tagged(x, "a"), lambda x: tagged(x + 0, "a"), grid)
exact(
    "attributes of a tensor",
    lambda x: with_attribute(x * 2, a=1, b=[2]),
    lambda x: with_attribute(x + x, b=[2], a=1),
    grid,
    why="Their order is nobody's business.",
)
exact("a shape", lambda x: x.shape, lambda x: torch.Size(list(x.shape)), grid)
exact(
    "an argument written in one or two steps",
    lambda x: x.mul_(2).add_(1),
    lambda x: x.copy_(x * 2 + 1),
    grid,
    why="How many writes it took shows nowhere.",
)
exact("large and the same", lambda x: x * 2, lambda x: x + x, large)

# Rounding.
close("a sum in another order", lambda x: x.sum(), lambda x: x.flip(0).cumsum(1)[:, -1].sum(), noise)
close("softmax by hand", lambda x: x.softmax(1), lambda x: x.exp() / x.exp().sum(1, keepdim=True), noise)
close(
    "the sign of zero",
    lambda x: x * 0,
    lambda x: -(x * 0),
    grid,
    why="A caller sees it by dividing; within tolerance no sign of zero counts.",
)
close("complex magnitudes", lambda z: z.abs() * 3, lambda z: (9 * (z.real**2 + z.imag**2)).sqrt(), waves)
close("large in another order", lambda x: x / 3, lambda x: x * (1 / 3), large)
precision("a narrower result", lambda x: x.double() * 2, lambda x: x * 2, noise)
precision("computed in bfloat16", lambda x: x * 3, lambda x: (x.bfloat16() * 3).float(), noise)
precision("indices in int32", lambda x: x.argsort(), lambda x: x.argsort().int(), noise)
lossy("another constant", lambda x: x * 1.1, lambda x: x * 1.2, noise)
lossy(
    "large with one element off",
    lambda x: x * 2,
    lambda x: torch.where(torch.arange(x.numel()) == 70_001, 3.0, 2.0) * x,
    large,
)
lossy("large with neighbours swapped", lambda x: x * 2, lambda x: swapped(x * 2, 6_400, 6_401), large)

# Changed, though a comparison of values sees nothing.
differs("a copy for a view", lambda x: x[:1], lambda x: x[:1].clone(), grid)
differs("a view for a copy", lambda x: x.clone(), lambda x: x.view_as(x), grid)
differs("the argument for a copy", lambda x: x.clone(), lambda x: x, grid)
differs("expanded for repeated", lambda x: (x[:1] * 2).repeat(2, 1), lambda x: (x[:1] * 2).expand(2, 3), grid)
differs("transposed for contiguous", lambda x: (x * 2).T.contiguous(), lambda x: (x * 2).T, grid)
differs("channels last", lambda x: x * 2, lambda x: (x * 2).to(memory_format=torch.channels_last), images)
differs("one result twice", lambda x: [y := x * 2, y], lambda x: [x * 2, x * 2], grid)
differs(
    "two results that share", lambda x: [x * 2, (x * 2).view(-1)], lambda x: [y := x * 2, y.view(-1)], grid
)
differs(
    "a lazy conjugate",
    torch.conj_physical,
    lambda z: (z * 1).conj(),
    waves,
    why="NumPy refuses what has the bit set.",
)
differs(
    "a lazy negative", lambda z: -(z * 1).imag.clone(), lambda z: (z * 1).conj().imag.view_as(z.imag), waves
)
differs("int32 widened", lambda: torch.arange(3, dtype=torch.int32), lambda: torch.arange(3))
differs("bool and uint8", lambda x: x > 2, lambda x: (x > 2).to(torch.uint8), grid)
differs("float16 and bfloat16", lambda x: x.half(), lambda x: x.bfloat16(), grid)
differs("two kinds of float8", lambda x: x.to(torch.float8_e4m3fn), lambda x: x.to(torch.float8_e5m2), grid)
differs(
    "uint16 off by one",
    lambda: torch.tensor([65_535]).to(torch.uint16),
    lambda: torch.tensor([65_534]).to(torch.uint16),
)
differs(
    "half complex numbers changed",
    lambda z: z.to(torch.chalf),
    lambda z: (z * 1.001).to(torch.chalf),
    waves,
    why="No tolerance is known for this dtype.",
)
differs("integers far out", lambda: torch.tensor([10**9]), lambda: torch.tensor([10**9 + 3]))
differs("a number for a scalar", lambda x: x.sum(), lambda x: x.sum().item(), grid)
differs("one element for a scalar", lambda x: x.sum(), lambda x: x.sum().reshape(1), grid)
differs("a tuple for a shape", lambda x: x.shape, lambda x: tuple(x.shape), grid)
differs("a tuple for a named result", lambda x: x.max(dim=0), lambda x: tuple(x.max(dim=0)), grid)
differs(
    "a parameter for a tensor",
    lambda x: x.clone().requires_grad_(),
    lambda x: torch.nn.Parameter(x.clone()),
    grid,
)
differs("NaN elsewhere", lambda: torch.tensor([float("nan"), 1.0]), lambda: torch.tensor([1.0, float("nan")]))
differs("an inference tensor", lambda x: x * 2, torch.inference_mode()(lambda x: x * 2), grid)
differs("written in place", lambda x: x.relu(), lambda x: x.relu_(), lambda: (torch.tensor([-1.0, 1.0]),))
differs(
    "written and put back",
    lambda x: x * 2,
    lambda x: x.add_(1).sub_(1) * 2,
    grid,
    why="A graph of the caller's that saved the argument refuses its backward pass.",
)
differs(
    "an argument narrowed inside a list",
    len,
    narrowed,
    lambda: ([torch.arange(3)],),
    why="The original leaves it alone, so that it must stay as it is.",
)
differs(
    "large integers with neighbours swapped",
    lambda x: x * 2,
    lambda x: swapped(x * 2, 6_400, 6_401),
    lambda: (torch.arange(100_000),),
)
differs(
    "large float8 changed",
    lambda x: x.to(torch.float8_e4m3fn),
    lambda x: swapped(x, 1, 2).to(torch.float8_e4m3fn),
    lambda: (torch.arange(200_000.0) % 7,),
)
differs(
    "a large dtype changed",
    lambda x: x.to(torch.int8),
    lambda x: x.to(torch.float8_e4m3fn),
    lambda: (torch.arange(200_000.0) % 7,),
)
differs("a subclass's note", lambda x: tagged(x, "a"), lambda x: tagged(x, "b"), grid)
differs("a subclass lost", lambda x: tagged(x, "a"), lambda x: x.clone(), grid)
differs(
    "an attribute of a tensor",
    lambda x: with_attribute(x * 2, a=1),
    lambda x: with_attribute(x * 2, a=2),
    grid,
)
differs("an attribute left on an argument", returning, lambda x: with_attribute(x, seen=True), grid)


def fake(x: torch.Tensor) -> torch.Tensor:
    """A tensor of a tracer, without values."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        return torch.empty(x.shape)


def leaked(x: torch.Tensor) -> torch.Tensor:
    """What a function inside `vmap` sees, taken out of it."""
    seen: list[torch.Tensor] = []

    def keep(row: torch.Tensor) -> torch.Tensor:
        seen.append(row)
        return row

    torch.vmap(keep)(x)
    return seen[0]


unproven("fake tensors", fake, fake, grid)
unproven("a wrapper of vmap", leaked, leaked, grid)
unproven(
    "a node of the graph",
    lambda x: (x.requires_grad_() * 2).grad_fn,
    lambda x: (x.requires_grad_() * 2).grad_fn,
    grid,
)
