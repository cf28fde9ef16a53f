"""The shapes worth trying for an array, by what annotation, docstring, use and name say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from codeopt.workload.guess.reading import Parameter

Shape = tuple[str, ...]
PLAIN = {"tensor": "16", "array": "8"}
"""A length of which nothing is said."""

DEFINITE = {
    "array": "(lambda a: a @ a.swapaxes(-1, -2) + np.eye(a.shape[-1]))(rng.standard_normal({}))",
    "tensor": "(lambda a: a @ a.mT + torch.eye(a.shape[-1]))(torch.randn({}))",
}
SQUARES = {
    "array": (("n", "8", "8"), ("8", "8"), ("n", "n")),
    "tensor": (("n", "16", "16"), ("16", "16"), ("n", "n")),
}
_DEFINITE_WORDS = re.compile(
    r"\b(SPD|HPD|PSD|semi-?definite|positive.definite|covariance matri|kernel matri|gram matri)",
    re.IGNORECASE,
)


def definite_shapes(parameter: Parameter, kind: str, shapes: Sequence[Shape]) -> list[Shape]:
    """Square ones where the docstring speaks of positive definite matrices, `shapes` being likely ones."""
    if not _DEFINITE_WORDS.search(parameter.doc):
        return []
    told = [shape for shape in shapes if len(shape) > 1 and shape[-1] == shape[-2]]
    return list(dict.fromkeys((*told[:1], *SQUARES[kind])))


_ROWS = re.compile(
    r"(n|N|m|M|b|B|T|t|batch\w*|n_?samples\w*|n_?obs\w*|rows?|samples?|points|len\w*|length|size|events|"
    r"num_\w+|n_\w*(points|times|rows|instances|queries)\w*|observations)$"
)
_OTHERS = {
    "3": r"channels?|n_channels|C|c|n_classes|num_classes|classes|k|K",
    "32": r"h|w|H|W|height|width",
}


def _dimension(name: str, plain: str) -> str:
    name = name.strip(" '\"*`")
    if name in ("...", "*"):
        return "n"
    if name.isdigit():
        return name
    if _ROWS.match(name):
        return "n"
    return next(
        (number for number, names in _OTHERS.items() if re.fullmatch(names, name)),
        plain,
    )


def shapes_for(parameter: Parameter, kind: str, *, module_call: bool) -> list[tuple[str, ...]]:
    """Shapes by falling likelihood: what annotation and docstring say, then by axes and name."""
    plain = PLAIN[kind]
    found: list[tuple[str, ...]] = []
    text = f"{parameter.doc} {parameter.annotation}"
    found += told_shapes(text, plain)
    for inside in re.findall(r"\[\s*[\w.]*(?:Tensor|ndarray|Array)\s*,\s*['\"]([\w .*]+)['\"]\s*\]", text):
        found.append(tuple(_dimension(part, plain) for part in inside.split() if part != "..."))
    told = re.search(r"\b([1-5])\s?-?\s?[dD](im\w*)?\b", parameter.doc.partition(".")[0])
    ranks = [parameter.usage.rank] if parameter.usage.rank else []
    ranks += [int(told[1])] if told else []
    for rank in (*ranks, *_by_name(parameter, kind, module_call)):
        found += _OF_RANK[kind].get(rank, [])[:2] if rank in ranks else _OF_RANK[kind][rank][:1]
    found += [shape for shapes in _OF_RANK[kind].values() for shape in shapes]
    found = [*_with_lengths(parameter, found), *found]
    return list(dict.fromkeys(shape for shape in found if shape))


def _with_lengths(parameter: Parameter, shapes: list[Shape]) -> Iterator[Shape]:
    """The likeliest shapes with the lengths that the body compares them with."""
    lengths = parameter.usage.lengths
    least = max((axis + 1 if axis >= 0 else 1 - axis for axis, _ in lengths), default=0)
    if least:
        for shape in [shape for shape in shapes if len(shape) >= least][:3]:
            told = list(shape)
            for axis, length in lengths:
                told[axis] = str(length)
            yield tuple(told)


_GIVEN = re.compile(
    r"\b([Gg]ot|[Aa]ctual|but|found|received|given)\b[^\[(.]*(\.Size)?\s*(\(?\[[^\]]*\]\)?|\([^)]*\))?"
)
_IN_BRACKETS = re.compile(r"(?:shapes?|sizes?|dimensions?)\b[^\[({\n]{0,20}[\[(]([^\])]*)[\])]")
_JOINED = re.compile(r"\b((?:[A-Z*]|\d{1,3})(?:[xX×](?:[A-Z*]|\d{1,3}))+)\b")


def told_shapes(text: str, plain: str) -> list[Shape]:
    """Shapes that a docstring or a message asks for: `(B, N, 2)`, `shape [*, 3]`, `BxNx2`."""
    found: list[Shape] = []
    for inside in _IN_BRACKETS.findall(text):
        names = [part.strip(" '\"`") for part in inside.replace("\\times", ",").split(",")]
        names = [part for part in names if part]
        if names and len(names) < 6 and all(re.fullmatch(r"[\w.*+/-]+", part) for part in names):
            found.append(tuple(_dimension(part, plain) for part in names))
    for joined in _JOINED.findall(text):
        found.append(tuple(_dimension(part, plain) for part in re.split(r"[xX×]", joined)))
    return found


def asked_shapes(message: str, plain: str) -> list[Shape]:
    """Shapes that an exception's message asks for, not those that it says were given."""
    return told_shapes(_GIVEN.sub("", message), plain)


_OF_RANK: dict[str, dict[int, list[tuple[str, ...]]]] = {
    "array": {
        1: [("n",), ("8",)],
        2: [("n", "8"), ("n", "n"), ("8", "8"), ("8", "n")],
        3: [("n", "8", "8"), ("n", "n", "3"), ("n", "n", "n")],
        4: [("n", "3", "8", "8")],
        5: [("n", "3", "4", "8", "8")],
    },
    "tensor": {
        3: [("n", "16", "16"), ("n", "3", "32")],
        2: [("n", "16"), ("n", "n"), ("16", "16")],
        1: [("n",), ("16",)],
        4: [
            ("n", "3", "32", "32"),
            ("n", "16", "8", "8"),
            ("n", "2", "16", "16"),
            ("n", "1", "28", "28"),
            ("n", "3", "224", "224"),
        ],
        5: [("n", "3", "4", "32", "32")],
    },
}


def _by_name(parameter: Parameter, kind: str, module_call: bool) -> list[int]:
    name = parameter.name
    if re.search(r"video", name):
        return [5]
    if re.search(r"im(g|age)", name):
        return [4, 2, 3] if kind == "tensor" else [2, 3]
    if kind == "tensor" and re.search(r"emb|feat|logit|pred|prob|score|latent|code|^z$", name):
        return [2, 3, 1]
    if kind == "tensor":
        return [3, 4, 2, 1] if module_call else [2, 3, 1]
    if re.match(r"X|.*matrix|.*mat$|[A-Z]$|data|points|samples|.*features|cov|array|arr$", name):
        return [2, 1]
    return [1, 2]
