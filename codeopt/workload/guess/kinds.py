"""What an exception's message says of the kind of value that would have been right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codeopt.workload.guess.options import Option
from codeopt.workload.guess.pools import Context, options_for
from codeopt.workload.guess.reading import Parameter

_KINDS = (
    (r"not callable", "callable"),
    (
        r"not iterable|no len\(\)|not a sequence|not subscriptable|unpack non-iterable",
        "list",
    ),
    (r"must be (a |an )?(str|string)|expected str|str, bytes|join\(\) argument", "str"),
    (
        r"must be (a |an )?(int|integer)|as an integer|an instance of 'int'|expected int|format code 'd'|"
        r"must be tuple of ints",
        "int",
    ),
    (
        r"must be (a |an )?(real|float|number)|an instance of 'float'|could not convert",
        "float",
    ),
    (r"must be (a |an )?(bool)|an instance of 'bool'", "bool"),
    (
        r"must be (a |an )?(dict|mapping)|not a mapping|must be a mapping|"
        r"__contains__ only|indices must be integers.* str|not str",
        "dict",
    ),
    (r"DataFrame", "frame"),
    (r"\bSeries\b", "series"),
    (
        r"must be (a |an )?(torch\.)?Tensor|argument 'input'|expected Tensor|not a Tensor|"
        r"instance of 'Tensor'",
        "tensor",
    ),
    (
        r"must be (a |an )?(numpy )?(nd)?array|instance of 'numpy.ndarray'|array-like|instance of 'array",
        "array",
    ),
    (r"must be (a |an )?(list|sequence)|instance of 'list'|expected (a )?list", "list"),
    (
        r"must be (a |an )?tuple|instance of 'tuple'|expected (a )?tuple|must be tuple",
        "tuple",
    ),
    (r"not a Module|is not an? .*Module|(needs? to|must|should) be .{0,40}\bModule\b", "module"),
    (r"[Ee]stimator|fit method|'fit'", "estimator"),
    (r"RandomState|seed", "rng"),
    (r"path|os\.PathLike|No such file", "path"),
    (r"unsupported operand type|NoneType", "any"),
)
_ANNOTATION = {
    "callable": "Callable", "list": "list", "str": "str", "int": "int", "float": "float", "bool": "bool",
    "dict": "dict",
    "frame": "DataFrame", "series": "Series", "tensor": "Tensor", "array": "ndarray", "tuple": "tuple",
    "module": "Module", "rng": "RandomState", "path": "Path",
}  # fmt: skip


def asked_kinds(message: str, parameter: Parameter, now: Option, context: Context) -> Iterator[Option]:
    """Options of the kinds of value that a message asks for in place of the one that there is."""
    for pattern, kind in _KINDS:
        if not re.search(pattern, message) or kind == now.kind:
            continue
        annotation = _ANNOTATION.get(kind, "")
        known = Parameter(
            parameter.name,
            annotation,
            None,
            parameter.doc if not annotation else "",
            usage=parameter.usage,
        )
        for option in options_for(known, context)[:6]:
            if option.kind == kind or kind == "any":
                yield option
