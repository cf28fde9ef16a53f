"""Writing NumPy arrays: elements, dtype, layout, flags, and views of shared memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from codeopt.equivalence.spell_memory import MOST_ELEMENTS, Block, Unwritable

if TYPE_CHECKING:
    from codeopt.equivalence.spell import Speller

Array = np.ndarray[Any, Any]
_ALIKE = 4
"""Elements from which on an array of equal ones is written as `np.full`."""


def spell_scalar(speller: Speller, value: np.generic) -> str:
    """A NumPy scalar."""
    if value.dtype.kind in "fiub":
        return f"np.{value.dtype.name}({speller.number(float(value)) if value.dtype.kind == 'f' else value})"
    return f"{elements(speller, np.asarray(value))}[()]"


def spell_array(speller: Speller, array: Array) -> str:
    """An expression for an array, which may add lines for the buffer it is a view of."""
    if isinstance(array, np.ma.MaskedArray):
        mask = elements(speller, np.ma.getmaskarray(array))
        fill = speller.text(array.fill_value)
        return f"np.ma.array({elements(speller, np.asarray(array))}, mask={mask}, fill_value={fill})"
    if isinstance(array, np.memmap):
        speller.imports["import tempfile"] = None
        text = f"np.memmap(tempfile.TemporaryFile(), {dtype_text(array.dtype)}, 'w+', shape={array.shape})"
        name = speller.bind(array, text, "mapped")
        speller.lines.append(f"{name}[...] = {elements(speller, np.asarray(array))}")
        return name
    if type(array) is not np.ndarray:
        raise Unwritable(type(array).__qualname__)
    if array.size == 0:
        text = f"np.zeros({array.shape}, dtype={dtype_text(array.dtype)})"
        return _locked(speller, array, text, True)
    start = int(array.__array_interface__["data"][0])
    block = speller.block_of(array, start)
    if block is not None:
        return _locked(speller, array, _view(speller, block, array, start), True)
    return _alone(speller, array, start)


def _alone(speller: Speller, array: Array, start: int) -> str:
    if not array.flags.aligned:
        data = bytes(1) + array.tobytes()
        text = f"np.ndarray({array.shape}, {dtype_text(array.dtype)}, bytearray({data!r}), 1)"
        return _locked(speller, array, text, True)
    if array.flags.c_contiguous:
        return _locked(speller, array, elements(speller, array), True)
    if array.flags.f_contiguous:
        return _locked(speller, array, f"{elements(speller, array.T)}.T", True)
    row = array.itemsize * int(np.prod(array.shape[1:]))
    along, first = array.strides[:1], array[:1].flags.c_contiguous
    if first and along == (2 * row,):
        return _locked(speller, array, f"np.repeat({elements(speller, array)}, 2, axis=0)[::2]", True)
    if first and along == (-row,):
        return _locked(speller, array, f"{elements(speller, array[::-1])}[::-1]", True)
    inner = array[tuple(slice(0, 1) if s == 0 else slice(None) for s in array.strides)]
    if 0 in array.strides and inner.flags.c_contiguous and not array.flags.writeable:
        return f"np.broadcast_to({elements(speller, inner)}, {array.shape})"
    low, high = np.lib.array_utils.byte_bounds(array)
    return _locked(speller, array, _view(speller, Block(int(low), int(high)), array, start), True)


def _locked(speller: Speller, array: Array, text: str, writeable: bool) -> str:
    """The expression, or a variable made read-only by a line of its own."""
    if array.flags.writeable == writeable:
        return text
    name = speller.bind(array, text, "fixed")
    speller.lines.append(f"{name}.flags.writeable = False")
    return name


def _view(speller: Speller, block: Block, array: Array, start: int) -> str:
    """An array as a view of the buffer that a line before it makes."""
    size = array.itemsize
    if (block.high - block.low) % size or (start - block.low) % size or array.dtype.hasobject:
        raise Unwritable("views of different widths")
    if not block.variable:
        block.variable = speller.bind(None, elements(speller, block.read(array.dtype)), "buffer")
    first, length = (start - block.low) // size, array.size
    if array.flags.c_contiguous:
        part = f"{block.variable}[{first}:{first + length}]"
        return part if array.ndim == 1 else f"{part}.reshape({array.shape})"
    if array.flags.f_contiguous:
        return f"{block.variable}[{first}:{first + length}].reshape({array.shape[::-1]}).T"
    where = f"{dtype_text(array.dtype)}, {block.variable}, {start - block.low}"
    return f"np.ndarray({array.shape}, {where}, {array.strides})"


def elements(speller: Speller, array: Array) -> str:
    """A new, writeable, C-contiguous array with these elements."""
    kind, flat = array.dtype.kind, array.reshape(-1)
    if array.size > _ALIKE and kind in "fiub" and flat.tobytes() == flat[:1].tobytes() * array.size:
        dtype = "" if array.dtype == np.float64 else f", dtype={dtype_text(array.dtype)}"
        if kind == "f" and flat[0] == 0 and not np.signbit(flat[0]):
            return f"np.zeros({_shape(array)}{dtype})"
        dtype = "" if array.dtype in (np.float64, np.int64, np.bool_) else dtype
        return f"np.full({_shape(array)}, {_element(speller, flat[0])}{dtype})"
    if array.size > MOST_ELEMENTS:
        raise Unwritable(f"{array.size} elements")
    if array.size == 0:
        return f"np.zeros({array.shape}, dtype={dtype_text(array.dtype)})"
    default = array.dtype in (np.float64, np.int64, np.bool_)
    if kind == "O":
        return _objects(speller, array)
    if kind in "Mm":
        texts = [repr(str(v)) for v in flat]
    elif kind in "fiubcUS":
        texts = [_element(speller, v) for v in flat]
    elif kind == "V":
        texts = [speller.text(v) for v in flat.tolist()]
    else:
        raise Unwritable(f"dtype {array.dtype}")
    return f"np.array({nest(texts, array.shape)}{'' if default else f', dtype={dtype_text(array.dtype)}'})"


def _shape(array: Array) -> str:
    return str(array.shape[0]) if array.ndim == 1 else str(array.shape)


def _element(speller: Speller, value: Any) -> str:
    if value.dtype.kind == "f":
        # The shortest digits that name this value in its own width; float64's would be longer.
        return speller.number(float(str(value))) if value.itemsize < 8 else speller.number(float(value))
    if value.dtype.kind == "c":
        return f"complex({speller.number(float(value.real))}, {speller.number(float(value.imag))})"
    return repr(value.item())


def _objects(speller: Speller, array: Array) -> str:
    name = speller.bind(None, f"np.empty({array.shape}, dtype=object)", "objects")
    for i, item in enumerate(array.reshape(-1).tolist()):
        speller.lines.append(f"{name}.flat[{i}] = {speller.value(item)}")
    return name


def nest(texts: list[str], shape: tuple[int, ...]) -> str:
    """Element texts, in C order, as nested lists."""
    if not shape:
        return texts[0]
    if len(shape) == 1:
        return f"[{', '.join(texts)}]"
    step = len(texts) // shape[0]
    return f"[{', '.join(nest(texts[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0]))}]"


def dtype_text(dtype: np.dtype[Any]) -> str:
    """A dtype as an argument."""
    if dtype.names:
        return repr(dtype.descr)
    return f"np.{dtype.name}" if dtype.isnative and dtype.kind in "fiuc" else repr(dtype.str)
