"""Comparing what two calls did, leaf by leaf, and saying at which level they agree."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from codeopt.edit import Trust
from codeopt.equivalence.describe import describe, show, values_of
from codeopt.equivalence.elements import first_unequal, index, quads, same_integers, went_narrow
from codeopt.equivalence.node import Node
from codeopt.equivalence.observe import Outcome
from codeopt.equivalence.packing import unpacked
from codeopt.equivalence.said import FLOAT_WARNING
from codeopt.equivalence.snapshot import Recorder
from codeopt.equivalence.tolerance import NARROWER, RELATIVE, agree, float_name, is_far

MOST_DIFFERENCES = 60
"""Differences of one level that are kept; whoever finds that many has not seen them all. The walk
goes on behind them: the next one may be worse."""

_LISTED = ("gradients", "globals", "state", "files", "aliases", "held")
_WIDTHS = ("float16", "bfloat16", "float32", "float64")


class Difference(NamedTuple):
    """One place where two calls differ; `level` is the strongest promise it still keeps.

    It is `shaky` where the original itself is far from its own float64 run.
    """

    path: str
    expected: str
    got: str
    level: Trust | None
    shaky: bool = False

    def __str__(self) -> str:
        return f"{self.path}\n  expected  {self.expected}\n  got       {self.got}"


class Comparison(NamedTuple):
    """`level` is None where no level allows the differences. `max_error` is relative."""

    level: Trust | None
    differences: tuple[Difference, ...]
    max_error: float


def compare(
    reference: Outcome,
    candidate: Outcome,
    reference64: Outcome | None = None,
    unstable: Collection[str] = (),
) -> Comparison:
    """At which level `candidate` does what `reference` did.

    `reference64` is the original run in float64, the judge of float errors where it is known.
    Paths in `unstable`, with all below them, are not compared. Equal bit for bit is `exact`;
    floats in tolerance, and numpy's floating-point warnings (which name the ufunc that met the
    value), are `close`, except in an argument that the original leaves alone; narrower dtypes,
    or the tolerance of the next narrower dtype, `precision`; float values beyond that `lossy`;
    anything else no level.
    """
    if reference.tree == candidate.tree:
        return Comparison(Trust.EXACT, (), 0.0)
    walk = _Walk(frozenset(unstable), reference)
    high = reference64.tree if reference64 is not None else None
    walk.root(reference.tree, candidate.tree, high)
    if not walk.found and not walk.excused:
        # Cannot be, as the trees are unequal; but then this walk is wrong, not the candidate right.
        walk.note("outcome", "an equal record", "another one")
    found = sorted(walk.found, key=lambda d: -_rank(d.level))
    level = max((d.level for d in found), key=_rank, default=Trust.EXACT)
    return Comparison(level, tuple(found), walk.error)


def _rank(level: Trust | None) -> int:
    return 9 if level is None else level.rank


class _Walk:
    def __init__(self, unstable: frozenset[str], reference: Outcome) -> None:
        self.unstable = unstable
        self.narrow = reference.narrow
        self.tree = reference.tree
        self.untouched = tuple(reference.untouched)
        self.excused = bool(unstable)
        self.found: list[Difference] = []
        self.count: Counter[Trust | None] = Counter()
        self.error = 0.0
        self._span: float | None = None

    def note(
        self, path: str, expected: str, got: str, level: Trust | None = None, shaky: bool = False
    ) -> None:
        if not self.is_full(level):
            self.found.append(Difference(path, expected, got, level, shaky))
            self.count[level] += 1

    def is_full(self, level: Trust | None) -> bool:
        """Whether another difference of this level would tell nothing new."""
        return self.count[level] >= MOST_DIFFERENCES

    def root(self, r: Node, c: Node, h: Node | None) -> None:
        theirs, ours = dict(r.children), dict(c.children)
        above = dict(h.children) if h is not None else {}
        if ("raised" in theirs) != ("raised" in ours) and not {"raised", "result"} & self.unstable:
            a, b = (
                f"raises {describe(d['raised'])}" if "raised" in d else f"returns {describe(d['result'])}"
                for d in (theirs, ours)
            )
            self.note("outcome", a, b)
            return
        first = [name for name in ("raised", "result") if name in theirs]
        for name in [*first, *(n for n in theirs if n not in first)]:
            if name in ours:
                self.node(name, theirs[name], ours[name], above.get(name))
            elif name not in self.unstable:
                self.note(name, describe(theirs[name]), "nothing")
        for name in ours.keys() - theirs.keys() - self.unstable:
            self.note(name, "nothing", describe(ours[name]))

    def node(self, path: str, r: Node, c: Node, h: Node | None) -> None:
        if r == c or path in self.unstable or self.is_full(None):
            return
        if r.kind == c.kind == "packed" and r.type == c.type:
            r, c = (Recorder(packs=False).record(unpacked(n), path) for n in (r, c))
            h = (
                Recorder(packs=False).record(unpacked(h), path)
                if h is not None and h.kind == "packed"
                else None
            )
        if r.kind != c.kind or r.type != c.type:
            self.note(path, _with_type(r, c), _with_type(c, r))
            return
        if r.kind == "lines":
            self.lines(path, r, c)
            return
        if r.kind == "passes" and all(y or not x for x, y in zip(r.data, c.data, strict=True)):
            # A graph may serve more passes than the original's.
            self.excused = True
            return
        narrowed = self.meta(path, r, c)
        if r.data != c.data or narrowed:
            self.data(path, r, c, h)
        if r.children != c.children:
            self.children(path, r, c, h)

    def meta(self, path: str, r: Node, c: Node) -> bool:
        """Compare dtype, shape, flags; whether the dtype was narrowed and values remain to see."""
        a, b = dict(r.meta), dict(c.meta)
        if a == b:
            return False
        narrowed = _is_narrowed(a.get("dtype"), b.get("dtype"))
        for key in a.keys() | b.keys():
            x, y = a.get(key), b.get(key)
            if x == y or f"{path}.{key}" in self.unstable:
                continue
            if narrowed and key == "strides" and _in_items(a) == _in_items(b):
                continue
            allowed = narrowed and key == "dtype" and not path.startswith(self.untouched)
            level = Trust.PRECISION if allowed else None
            self.note(f"{path}.{key}", str(x), str(y), level)
        return narrowed and a.get("shape") == b.get("shape")

    def data(self, path: str, r: Node, c: Node, h: Node | None) -> None:
        if r.kind not in ("array", "float"):
            self.note(path, describe(r), describe(c))
            return
        a, b = dict(r.meta), dict(c.meta)
        if a.get("shape") != b.get("shape") or 0 in a.get("shape", ()):
            return
        before, dtype = (float_name(str(m.get("dtype", n.type))) for m, n in ((a, r), (b, c)))
        if dtype not in RELATIVE or before not in RELATIVE:
            self.plain_values(path, r, c)
            return
        if r.kind == "float" and h is None and self.is_near(path, r, c):
            return
        if r.kind == "float" and self.narrow:
            # A Python float that came out of float32 has no more digits than that.
            dtype = self.narrow if dtype == "float" else NARROWER[dtype]
        self.floats(path, r, c, h, dtype)

    def is_near(self, path: str, r: Node, c: Node) -> bool:
        """Whether a Python float is within the relative tolerance, then noted: long lists of them
        take their time in `floats`."""
        if len(r.data) != len(c.data) or path.startswith(self.untouched):
            return False
        pairs = list(zip(*(struct.unpack(f"<{len(n.data) // 8}d", n.data) for n in (r, c)), strict=True))
        if not all(x != 0 and isfinite(x) and abs(y - x) <= RELATIVE["float"] * abs(x) for x, y in pairs):
            return False
        self.error = max(self.error, *(abs(y - x) / abs(x) for x, y in pairs))
        if not self.is_full(Trust.CLOSE):
            self.note(path, describe(r), _other(describe(c), describe(r)), Trust.CLOSE)
        return True

    def floats(self, path: str, r: Node, c: Node, h: Node | None, dtype: str) -> None:
        """Try the tolerance of the dtype, then that of the next narrower one."""
        pairs = quads(r, c, h)
        if pairs is None:
            self.note(path, describe(r), _other(describe(c), describe(r)))
            return
        shaky = False
        if pairs[0][2] is not None and is_far(pairs[0][0], pairs[0][2], dtype):
            shaky = True
            pairs = [(x, y, None, s) for x, y, _, s in pairs]
        tried: list[tuple[int, int]] = []
        level: Trust | None = None
        for name, allowed in ((dtype, Trust.CLOSE), (NARROWER.get(dtype), Trust.PRECISION)):
            if name is None or level is not None:
                continue
            if allowed is Trust.PRECISION and tried and all(part > 0 for part, _ in tried):
                # Rounding to a narrower dtype would show in the sample of a large array too.
                continue
            results = [agree(x, y, z, name, self.span(), s) for x, y, z, s in pairs]
            bad = [(i, result.bad) for i, result in enumerate(results) if result.bad is not None]
            if bad or (allowed is Trust.CLOSE and any(went_narrow(x, y, name) for x, y, _, _ in pairs)):
                tried = tried or bad
            else:
                level = allowed
                self.error = max(self.error, *(result.error for result in results))
        part, at = tried[0] if tried else first_unequal(pairs)
        x, y, _, _ = pairs[part]
        if path.startswith(self.untouched):
            level = None
        elif level is None and np.isfinite(x[at]) and np.isfinite(y[at]):
            level = Trust.LOSSY
        shown = show(x[at]), show(y[at])
        kind = "" if not dict(r.meta).get("shape") else f" (in {describe(r).partition(' of ')[0]})"
        other = " with other bits" if shown[0] == shown[1] else ""
        self.note(path + index(r, at, part), shown[0] + kind, shown[1] + other, level, shaky)

    def plain_values(self, path: str, r: Node, c: Node) -> None:
        if same_integers(r, c):
            return
        x, y = values_of(r), values_of(c)
        if x is None or y is None or x.size != y.size or x.size == 0:
            self.note(path, describe(r), _other(describe(c), describe(r)))
            return
        wrong = np.nonzero(x != y)[0]
        if len(wrong):
            bad = int(wrong[0])
            self.note(path + index(r, bad, 0), show(x[bad]), show(y[bad]))

    def lines(self, path: str, r: Node, c: Node) -> None:
        """Warnings or log records. Of numpy's floating-point warnings it counts which ones there
        are, not how often: nobody sees a repetition, and they name the ufunc that met the value."""
        a, b = list(r.data), list(c.data)
        plain = [[line for line in lines if not FLOAT_WARNING.match(str(line[-1]))] for lines in (a, b)]
        if plain[0] == plain[1]:
            if set(a) == set(b):
                self.excused = True
                return
            a, b, level = sorted(set(a) - set(b)), sorted(set(b) - set(a)), Trust.CLOSE
        else:
            (a, b), level = plain, None
        i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        texts = [": ".join(map(str, lines[i])) if i < len(lines) else "nothing" for lines in (a, b)]
        self.note(path, texts[0], texts[1], level)

    def children(self, path: str, r: Node, c: Node, h: Node | None) -> None:
        theirs, ours = dict(r.children), dict(c.children)
        above = dict(h.children) if h is not None else {}
        inner = f"{path}: " if r.kind in _LISTED else path
        if r.kind in ("sequence", "objects") and len(theirs) != len(ours):
            self.note(path, f"{len(theirs)} items", f"{len(ours)} items")
            return
        if r.kind == "mapping" and list(theirs) != list(ours) and theirs.keys() == ours.keys():
            self.note(f"{path} (order)", ", ".join(theirs), ", ".join(ours))
        for name, node in theirs.items():
            if name in ours:
                self.node(inner + name, node, ours[name], above.get(name))
            elif r.kind == "globals" and node.kind == "cache":
                # A function that is cached no more is no data that is gone.
                self.excused = True
            elif inner + name not in self.unstable:
                self.note(inner + name, _there(r, node), "nothing")
        for name in ours.keys() - theirs.keys():
            # A candidate may add names of its own to its module, but no hold on what a caller has.
            free = r.kind == "globals" and not _refers(ours[name])
            self.excused |= free
            if not free and inner + name not in self.unstable:
                self.note(inner + name, "nothing", _there(r, ours[name]))

    def span(self) -> float:
        """The largest finite magnitude among float arguments."""
        if self._span is None:
            self._span = _largest(self.tree)
        return self._span


def _largest(tree: Node) -> float:
    largest = 1.0
    waiting = [n for name, n in tree.children if name.startswith(("args", "kwargs", "init", "object"))]
    while waiting:
        node = waiting.pop()
        waiting += [child for _, child in node.children]
        values = values_of(node)
        if values is not None and values.dtype.kind == "f" and values.size:
            finite = np.abs(values[np.isfinite(values)])
            largest = max(largest, float(finite.max(initial=0.0)))
    return largest


def _is_narrowed(a: Any, b: Any) -> bool:
    if a in _WIDTHS and b in _WIDTHS:
        return _WIDTHS.index(b) < _WIDTHS.index(a)
    if (a, b) == ("complex128", "complex64"):
        return True
    try:
        x, y = np.dtype(a), np.dtype(b)
    except TypeError:
        return False
    return x.kind in "iu" and y.kind in "iu" and y.itemsize < x.itemsize


def _in_items(meta: dict[str, Any]) -> list[float]:
    size = np.dtype(meta["dtype"]).itemsize
    return [stride / size for stride in meta["strides"]]


def _with_type(node: Node, other: Node) -> str:
    text = describe(node)
    if text == describe(other) or node.kind == other.kind:
        return f"{node.type}: {text}"
    return text


def _other(text: str, first: str) -> str:
    return text if text != first else f"{text}, other bytes"


def _refers(node: Node) -> bool:
    """Whether a global is, or holds, an object among the arguments or results."""
    if node.kind == "ref":
        return not str(node.data).startswith("globals.")
    return any(_refers(child) for _, child in node.children)


def _there(parent: Node, node: Node) -> str:
    if parent.kind == "aliases":
        return f"share memory, {node.data} bytes apart"
    return describe(node)
