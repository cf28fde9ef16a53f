"""The arguments worth trying for a parameter, best first.

Dimensions are written as `n`, which scales, or as numbers that agree between parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from codeopt.workload.guess.containers import container
from codeopt.workload.guess.evidence import families
from codeopt.workload.guess.fixed import FIXED, FIXED_TORCH, LAYERS
from codeopt.workload.guess.frames import columns, frame_options
from codeopt.workload.guess.numbers import float_texts, int_texts
from codeopt.workload.guess.options import Option, holder, made, omitted
from codeopt.workload.guess.places import place_options
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.shapes import DEFINITE, definite_shapes, shapes_for

FLOATS, POSITIVE = "rng.standard_normal({})", "rng.random({})"
INTS, BITS = "rng.integers(0, 3, {})", "(rng.random({}) < 0.5)"
TENSOR, UNIT = "torch.randn({})", "torch.rand({})"
IDS, SWITCHES = "torch.randint(0, 3, {})", "(torch.rand({}) < 0.5)"
_ONE_TENSOR = ("torch.randn(n, 16)", "torch.randn(16, 16)", "torch.randn(n, 16, 16)")
_ONE_ARRAY = ("rng.standard_normal(n)", "rng.standard_normal((n, 8))", "rng.standard_normal((8, 3))")
_MOST = 40
_MOST_HELD = 3
_DEFAULT_FAMILIES = (
    "array",
    "float",
    "list",
    "dict",
    "callable",
    "frame",
    "bool",
    "tuple",
    "namespace",
    "none",
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a parameter stands among.

    `torch`: the module works with tensors; `frames`: another parameter is a table; `construct`
    makes objects of the class that a name in an annotation means, if it is one, and of classes made from
    it; `alike`
    gives objects of the project's classes that have what the body asks of a parameter.
    """

    torch: bool = False
    frames: bool = False
    construct: Callable[[str], Iterable[Option]] = lambda name: ()
    alike: Callable[[Parameter], Iterable[Option]] = lambda parameter: ()
    module_call: bool = False


def options_for(parameter: Parameter, context: Context) -> list[Option]:
    """Options by falling likelihood, without doubles; one that may be omitted begins with that."""
    found: dict[str, Option] = {}
    for option in _ordered(parameter, context):
        found.setdefault(option.text, option)
    return list(found.values())[:_MOST]


def _ordered(parameter: Parameter, context: Context) -> Iterator[Option]:
    weights = families(parameter, torch=context.torch)
    ranked = [family for family, _ in weights]
    sure = weights[0][1] > 2 * weights[1][1]
    if parameter.default is not None or parameter.star:
        yield omitted()
    yield from (Option(text, "shown") for text in parameter.shown if text != parameter.default)
    heard = [Option(text, "shown") for text in parameter.heard if text != parameter.default]
    if ranked[0] in ("str", "int", "float", "bool"):
        yield from heard
    if context.torch:
        asked = parameter.usage.attributes
        yield from (Option(text, "module") for known, text in LAYERS if len(asked & known) > 1)
    yield from place_options(parameter)
    yield from _contained(parameter, context)
    yield from _objects(parameter, context)
    if ranked[0] in (
        "namespace",
        "module",
        "estimator",
        "callable",
        "optimizer",
        "loader",
        "dataset",
    ):
        yield from context.alike(parameter)
    if context.frames:
        yield from (Option(text, "str") for text in columns(parameter))
    pools = [list(_family(family, parameter, context)) for family in _with_rest(ranked)]
    if sure:
        yield from pools[0][:5]
        yield from (option for pool in pools[1:5] for option in pool[:1])
        yield from pools[0][5:10]
    heads = pools[:3]
    # The first few of each likely family, then what is left of them, then the unlikely.
    for pool in heads:
        yield from pool[:4]
    yield from heard
    for pool in heads:
        yield from pool[4:]
    for pool in pools[3:]:
        yield from pool[:3]


def _contained(parameter: Parameter, context: Context) -> Iterator[Option]:
    """Containers of what the annotation says, each item the likeliest, then the next likely."""
    held = container(parameter.annotation)
    if held is None:
        return
    pools = {
        text: options_for(Parameter(parameter.name, text, doc=parameter.doc), context)[:_MOST_HELD]
        for text in held.items
    }
    for place in range(_MOST_HELD):
        chosen = [pools[text][min(place, len(pools[text]) - 1)] for text in held.items if pools[text]]
        if len(chosen) == len(held.items):
            needs = tuple(dict.fromkeys(need for option in chosen for need in option.needs))
            lines = tuple(dict.fromkeys(line for option in chosen for line in option.setup))
            yield Option(held.text(tuple(o.text for o in chosen)), held.kind, needs=needs, setup=lines)


def _objects(parameter: Parameter, context: Context) -> Iterator[Option]:
    """Objects of the project's classes that annotation, docstring or `isinstance` name, in lists too."""
    names = re.findall(r"[A-Za-z_][\w.]*", parameter.annotation)
    names += re.findall(r"\b[A-Z]\w*[a-z]\w*\b", parameter.doc.partition(".")[0])
    several = re.search(r"\b(list|sequence|tuple|iterable|array|array-like) of\b|\b[Ll]ist\[|Sequence\[", (
        f"{parameter.doc} {parameter.annotation}"
    ))  # fmt: skip
    for name in dict.fromkeys((*names, *sorted(parameter.usage.kinds))):
        for made_here in context.construct(name):
            both = replace(made_here, text=f"[{made_here.text} for _ in range(2)]", kind="list")
            yield from (both, made_here) if several else (made_here,)


def _with_rest(ranked: Sequence[str]) -> Iterable[str]:
    return dict.fromkeys((*ranked, *_DEFAULT_FAMILIES))


def _family(family: str, parameter: Parameter, context: Context) -> Iterator[Option]:
    torch = context.torch
    if family in ("tensor", "array") and re.fullmatch(
        r"t|ts|times?|timestamps|grid|x_grid|scales", parameter.name
    ):
        yield Option(
            "torch.linspace(0.0, 1.0, n)" if family == "tensor" else "np.linspace(0.1, 1.0, n)",
            family,
        )
    match family:
        case "tensor":
            yield from _shaped(parameter, "tensor", UNIT if _positive(parameter) else TENSOR, context)
        case "array":
            yield from _shaped(
                parameter,
                "array",
                POSITIVE if _positive(parameter) else FLOATS,
                context,
            )
        case "ids":
            yield from _shaped(parameter, *(("tensor", IDS) if torch else ("array", INTS)), context)
        case "labels":
            kind, maker = ("tensor", IDS) if torch else ("array", INTS)
            yield made(kind, maker, ("n",))
            if re.search(r"cont|float|regress|pred", f"{parameter.doc} {parameter.name}"):
                yield made(kind, TENSOR if torch else FLOATS, ("n",))
            if not torch:
                yield Option("np.where(np.arange(n) % 4, 0, 1)", "array")
            yield made(kind, maker, ("n", "16" if torch else "8"))
            yield made(kind, TENSOR if torch else FLOATS, ("n",))
        case "mask":
            kind, maker = ("tensor", SWITCHES) if torch else ("array", BITS)
            for shape in (
                (("n", "16"), ("n",), ("n", "16", "16"), ("16", "16")) if torch else (("n",), ("n", "8"))
            ):
                yield made(kind, maker, shape)
        case "lengths":
            yield (
                made("tensor", "torch.randint(4, 16, {})", ("n",))
                if torch
                else made("array", "rng.integers(1, 5, {})", ("n",))
            )
        case "frame" | "series":
            yield from frame_options(parameter, family)
        case "int" | "float" | "str" | "bool":
            yield from _plain(family, parameter)
        case "list" | "tuple":
            yield from _lists(family, parameter, context)
        case "dict" | "namespace":
            yield from _holders(family, parameter, context)
        case "callable":
            yield from _callables(parameter, context)
        case _:
            yield from (Option(text, family) for text in FIXED_TORCH.get(family, ()) if torch)
            for text in FIXED.get(family, ()):
                yield Option(text, family)


def _positive(parameter: Parameter) -> bool:
    words = r"weight|prob|dist|positive|count|img|image|score|angle|scale|var|^p_?val|density|freq|^r$|^s$"
    return bool(re.search(words, f"{parameter.name} {parameter.doc.partition('.')[0]}", re.IGNORECASE))


def _shaped(parameter: Parameter, kind: str, maker: str, context: Context) -> Iterator[Option]:
    whole = re.search(r"\bint\b|integer|indices", parameter.doc.partition("\n")[0])
    if whole and not re.search("float", parameter.doc):
        maker = IDS if kind == "tensor" else INTS
    if kind == "array":
        maker = _typed(maker, f"{parameter.annotation} {parameter.doc}")
    shapes = shapes_for(parameter, kind, module_call=context.module_call)
    for shape in definite_shapes(parameter, kind, shapes):
        yield made(kind, DEFINITE[kind], shape)
    for shape in shapes:
        yield made(kind, maker, shape)
    yield made(kind, IDS if kind == "tensor" else INTS, ("n",))
    yield made(
        kind,
        IDS if kind == "tensor" else INTS,
        ("n", "16" if kind == "tensor" else "8"),
    )
    if kind == "tensor":
        yield Option("torch.tensor(0.5)", "tensor")


def _typed(maker: str, told: str) -> str:
    """A maker with the type of number that annotation or docstring asks for."""
    if re.search(r"\bu?int8\b", told):
        return "rng.integers(0, 256, {}).astype(np.uint8)"
    if re.search(r"float32\b", told) and not re.search(r"float64\b", told):
        return f"{maker}.astype(np.float32)"
    return maker


def _plain(family: str, parameter: Parameter) -> Iterator[Option]:
    if family == "bool":
        yield from (Option(text, "bool") for text in _flipped(parameter.default))
    elif family == "str":
        yield from (Option(repr(text), "str") for text in _strings(parameter))
    elif family == "int":
        yield from (Option(text, "int") for text in int_texts(parameter))
    else:
        yield from (Option(text, "float") for text in float_texts(parameter))


def _flipped(default: str | None) -> tuple[str, ...]:
    return ("False", "True") if default == "True" else ("True", "False")


def _strings(parameter: Parameter) -> list[str]:
    quoted = re.findall(r"['\"`]([\w. +-]{1,24})['\"`]", f"{parameter.doc} {parameter.annotation}")
    said = [text for text in quoted if text not in ("None", "True", "False")]
    return list(dict.fromkeys([*parameter.usage.options, *said, "a", "x0", "some words"]))


def _lists(family: str, parameter: Parameter, context: Context) -> Iterator[Option]:
    torch = context.torch
    count = next(
        (int(t.split(":")[1]) for t in parameter.usage.traits if t.startswith("unpacked:")),
        0,
    )
    default = parameter.default
    if default and default[0] in "[(" and len(default) > 2:
        yield Option(default, family)
    one = _ONE_TENSOR if torch else _ONE_ARRAY
    words = f"{parameter.doc} {parameter.annotation} {parameter.name}".lower()
    if re.search(r"ind(ex|ices|s)|idx", parameter.name):
        one = ("torch.arange(n)" if torch else "np.arange(n)", *one[:2])
    texts: list[str] = []
    if re.search(r"\bstr|names?\b|words?\b|columns|keys|texts?\b", words):
        texts.append("['a', 'b', 'c']")
    if re.search(r"\bint|axes|dims|indices|shape|size|modes|ranks?", words):
        texts += [
            "(8, 8)" if family == "tuple" else "[8, 8]",
            "[0, 1]",
            "[2, 2, 2]",
            "[0]",
        ]
    if re.search(r"float|number", words):
        texts.append("[0.5, 1.0, 2.0]")
    if count:
        texts += [f"({', '.join([item] * count)})" for item in one]
        texts.append(f"({', '.join(['8'] * count)})")
    arrays = [f"[{item} for _ in range(3)]" for item in one]
    if re.search(r"array|tensor|ndarray|matri|factors", words):
        texts = [*arrays, *texts]
    estimators = (
        "[('a', sklearn.linear_model.LogisticRegression()), ('b', sklearn.tree.DecisionTreeClassifier())]"
    )
    if re.search(r"estimators|steps|classifiers|regressors|clfs|models", words):
        texts.insert(
            0,
            estimators if "tuple" in words else "[sklearn.linear_model.LogisticRegression()] * 2",
        )
    if re.search(r"transactions|itemset", words):
        texts.insert(0, "[['a', 'b'], ['b', 'c'], ['a', 'c']] * n")
    texts += [
        *arrays,
        "[1, 2, 3]",
        "[0.5, 1.0, 2.0]",
        "['a', 'b', 'c']",
        "list(range(n))",
        "(0, 1)",
        "[]",
    ]
    yield from (Option(text, family) for text in dict.fromkeys(texts))


def _holders(family: str, parameter: Parameter, context: Context) -> Iterator[Option]:
    names = parameter.usage.keys if family == "dict" else tuple(sorted(parameter.usage.attributes))
    entries = tuple((name, entry_text(name, context)) for name in names if name.isidentifier())
    if entries:
        yield holder(family, entries)
    default = parameter.default or ""
    if family == "dict" and default[:1] == "{" and len(default) > 2:
        yield Option(default, "dict")
    if family == "dict":
        yield holder("dict", ())
        array = "torch.randn(n, 16)" if context.torch else "rng.standard_normal(n)"
        yield Option(f"{{'a': {array}, 'b': {array}}}", "dict")
        yield Option("{'a': 1, 'b': 2}", "dict")
    else:
        yield holder("namespace", ())


def entry_text(name: str, context: Context) -> str:
    """A likely value of an entry or attribute, by its name alone."""
    found = options_for(Parameter(name), Context(context.torch, False))
    return next(option.text for option in found if option.text)


def _callables(parameter: Parameter, context: Context) -> Iterator[Option]:
    count = parameter.usage.called_with
    name = parameter.name
    if context.torch and re.search(r"activation|act", name):
        yield Option("torch.nn.functional.relu", "callable")
    if re.search(r"metric|loss|score|distance", name):
        yield Option("lambda a, b, *rest: float(((a - b) ** 2).mean())", "callable")
    if re.search(r"jac|hess", name, re.IGNORECASE):
        yield Option("lambda x, *rest: np.eye(len(x))", "callable")
    if count == 2:
        # A field over time first, or a combination of two.
        yield Option("lambda a, b: b * 0.5", "callable")
        yield Option("lambda a, b: a * 0.5 + b", "callable")
    yield Option("lambda x, *rest, **more: x", "callable")
    yield Option("lambda *values, **more: 0.5", "callable")
    yield Option("torch.nn.Linear(16, 16)" if context.torch else "np.mean", "callable")
    yield Option("np.std" if not context.torch else "torch.nn.Identity", "callable")
    yield Option("dict", "callable")
