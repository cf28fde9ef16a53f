"""What an exception's message says about the argument that would have been right."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace

from codeopt.workload.guess.evidence import families
from codeopt.workload.guess.frames import with_columns
from codeopt.workload.guess.kinds import asked_kinds
from codeopt.workload.guess.options import Option, holder, made
from codeopt.workload.guess.places import places_hinted
from codeopt.workload.guess.pools import (
    FLOATS,
    IDS,
    INTS,
    SWITCHES,
    TENSOR,
    Context,
    entry_text,
    options_for,
)
from codeopt.workload.guess.reading import Parameter, Usage
from codeopt.workload.guess.shapes import DEFINITE, PLAIN, SQUARES, asked_shapes
from codeopt.workload.guess.worker import Outcome

_RANK = (
    r"[Ee]xpected (?:a )?(\d)\s?-?[Dd]", r"(\d)-?\s?[dD](?:imensional)? (?:array|tensor|input|"
                                         r"data) (?:expected|required)",
    r"must be (?:a )?(\d)\s?-?[dD]", r"[Ee]xpected (\d)-dimensional",
    r"not enough values to unpack \(expected (\d)",
    r"too many indices .* (\d) were indexed", r"too many values to unpack \(expected (\d)",
    r"ndim\D{1,12}(\d)",
    r"(\d) dimensions?\b.*(?:required|expected|needed)", r"Wrong shape: expected (\d) dims",
    r"requires? .{0,20}(\d)-?[dD]",
    r"expected .{0,30}?(\d)D", r"only support\w* (\d)", r"[Oo]nly (\d)-?[dD]",
)  # fmt: skip
_BY_RANK = {
    "tensor": {0: (), 1: ("n",), 2: ("n", "16"), 3: ("n", "16", "16"), 4: ("n", "3", "32", "32"),
               5: ("n", "3", "4", "32", "32")},
    "array": {0: (), 1: ("n",), 2: ("n", "8"), 3: ("n", "8", "8"), 4: ("n", "3", "8", "8"), 5: ("n", "3",
              "4", "8", "8")},
}  # fmt: skip
_DIM = (
    (r"cannot be multiplied \(\d+x\d+ and (\d+)x\d+\)", -1),
    (r"to have (\d+) channels", 1),
    (r"normalized_shape=\[(\d+)\]", -1),
    (r"normalized_shape=\[\d+, (\d+)\]", -1),
    (r"expect(?:ing|ed) (\d+) (?:features|columns)", -1),
    (r"weight .* of size \[\d+, (\d+)", 1),
    (r"running_mean should contain \d+ elements not (\d+)", 1),
    (r"size mismatch, got input \(\d+\), mat \(\d+x\d+\), vec \((\d+)\)", -1),
    (r"[Ll]ast dim(?:ension)?\w* (?:should|must|has to) (?:be|have)\D{0,20}(\d+)", -1),
    (
        r"expected size for first two dimensions of batch2 tensor to be: \[\d+, (\d+)\]",
        -2,
    ),
)
_TOO_FEW_AXES = (
    r"Dimension out of range .* but got (-?\d+)",
    r"axis (-?\d+) is out of bounds for array of dimension",
)
_UNQUOTED = re.compile(
    r"(?:one of|choose from|among|options are|supported are)\W{1,4}(\w+(?:, (?:or |and )?\w+)+)"
)
_SQUARE = r"square|Last 2 dimensions|symmetric|not aligned|positive.definite|diagonal"
_NUMBERS = re.compile(r"(?<![\w.])(\d{1,4})(?![\w.])")


def hinted(outcome: Outcome, parameter: Parameter, now: Option, context: Context) -> Iterator[Option]:
    """Options for one parameter that the message speaks for, the plainest reading first."""
    message, error = outcome.message, outcome.error
    yield from _missing_entry(message, error, now, context)
    yield from _blamed_entries(outcome, parameter, now, context)
    if parameter.star == "**":
        missing = _MISSING.search(message)
        name = (missing[1] or missing[2]) if missing else message.strip("'") if error == "KeyError" else ""
        if name.isidentifier():
            held = now if now.kind == "dict" else holder("dict", ())
            tries = options_for(Parameter(name), context)[:4]
            yield from (held.with_entry(name, option.text) for option in tries)
        return
    if re.search(r"increasing|sorted|monoton", message):
        for text in (
            ("torch.linspace(0.0, 1.0, n)",)
            if context.torch
            else ("np.linspace(0.1, 1.0, n)", "np.arange(n)")
        ):
            yield Option(text, "tensor" if context.torch else "array")
    yield from _in_mode(message, now)
    yield from places_hinted(message, now)
    if "ambiguous" in message:
        yield from (Option(text, kind) for text, kind in (("0.5", "float"), ("1", "int")))
        if context.torch:
            yield Option("torch.tensor(0.5)", "tensor")
    yield from _ordered(message, parameter, now)
    several = _SEVERAL_ASKED.search(message)
    if several and now.text:
        count = {"two": 2, "three": 3}.get(several[1].lower()) or int(several[1])
        yield Option(f"({', '.join([now.text] * count)})", "tuple")
    if now.is_shaped:
        yield from _shapes(message, now)
        yield from _dtypes(message, now, context)
    yield from _indices(message)
    yield from _attributes(message, parameter, now, context)
    yield from asked_kinds(message, parameter, now, context)
    yield from _offered(message, error, parameter, now)
    yield from _listed(message, now)
    if now.kind in ("int", "float", "omit", "shape"):
        for number in _NUMBERS.findall(message)[:6]:
            if number != now.text and now.kind != "omit":
                yield Option(number, "int")


def _in_mode(message: str, now: Option) -> Iterator[Option]:
    """A module, or one that an object holds, in the mode that a message asks for."""
    mode = re.search(r"\b(eval|train)(?:uation|ing)?\W+mode", message)
    if mode and now.text:
        inner = re.sub(r"(torch\.nn\.[A-Z]\w+\([^()]*\))", rf"\1.{mode[1]}()", now.text)
        for text in (inner, f"{now.text}.{mode[1]}()"):
            yield Option(text, now.kind, needs=now.needs, setup=now.setup)


def _offered(message: str, error: str, parameter: Parameter, now: Option) -> Iterator[Option]:
    """Words that a message offers to choose from, quoted or one after the other."""
    if error in (
        "ValueError",
        "KeyError",
        "NotImplementedError",
        "AssertionError",
        "InvalidParameterError",
        "TypeError",
    ):
        choice = re.search(
            r"one of|expected|support|choose|valid|among|recogni|unknown|either|allowed|possible|not in \[",
            message,
        )
        for text in re.findall(r"['\"`]([A-Za-z][\w.+ -]{0,24})['\"`]", message) if choice else ():
            if text != parameter.name and now.kind in ("str", "omit"):
                yield Option(repr(text), "str")
            if text != parameter.name and now.text.startswith("['"):
                yield Option(f"[{text!r}]", "list")
    for text in [word for group in _UNQUOTED.findall(message) for word in re.findall(r"\w+", group)][:8]:
        if now.kind in ("str", "omit"):
            yield Option(repr(text), "str")
        elif now.kind in ("list", "shown"):
            yield Option(f"[{text!r}] * 8", "list")


_CHOICE = re.compile(r"\b(?:in|of|from|among|are|be)\b:?\s*([\[({].*[\])}])", re.DOTALL)


def _listed(message: str, now: Option) -> Iterator[Option]:
    """The items of a collection that a message says to choose from, other than words."""
    found = _CHOICE.search(message)
    try:
        items = ast.literal_eval(found[1]) if found else ()
    except (ValueError, SyntaxError):
        return
    for item in list(items)[:6] if isinstance(items, list | tuple | set | dict) else ():
        if not isinstance(item, str) and repr(item) != now.text:
            yield Option(repr(item), "shown")


def _blamed_entries(
    outcome: Outcome, parameter: Parameter, now: Option, context: Context
) -> Iterator[Option]:
    """Other values for the attributes of a namespace that stand in the expression that failed."""
    if now.kind != "namespace":
        return
    names = {name for frame in outcome.frames for name in frame.names}
    for entry, text in now.entries:
        if f"{parameter.name}.{entry}" in names:
            probe = Parameter(entry)
            likely = itertools.islice(asked_kinds(outcome.message, probe, Option(text, ""), context), 4)
            for option in (*likely, *options_for(probe, context)[:6]):
                if option.text and option.text != text:
                    yield now.with_entry(entry, option.text)


def _ordered(message: str, parameter: Parameter, now: Option) -> Iterator[Option]:
    """Bounds apart from each other, where a message compares a lower with an upper one."""
    if not _BOUNDS.search(message):
        return
    for pattern, shift, numbers in ((_UPPER, "+ 4.0", ("4.0", "100")), (_LOWER, "- 4.0", ("0.0", "-4.0"))):
        if not re.search(pattern, parameter.name):
            continue
        if now.kind in ("array", "tensor"):
            yield Option(f"({now.text} {shift})", now.kind)
        yield from (Option(f"[{numbers[0]}] * {count}", "list") for count in (2, 3) if now.kind in _SEVERAL)
        yield from (Option(text, "float") for text in numbers)


_WITHIN = re.compile(r"(?:within|between|in|range)\W{1,3}?(-?\d+(?:\.\d+)?)(?:,| and) ?(-?\d+(?:\.\d+)?)")
_SEVERAL_ASKED = re.compile(
    r"\b(?:needs?|expect\w*|requires?) (two|three|[23]) \w+.{0,30}?\b(?:only|got|given)\b", re.IGNORECASE
)
_LOWER = r"min|low|lb|left|start|begin|first|_from"
_UPPER = r"max|up|ub|right|end|stop|last|_to|high"
_COMPARED = "<|>|less|greater|smaller|larger|above|below"
_BOUNDS = re.compile(
    rf"(?:{_LOWER}).*(?:{_COMPARED}).*(?:{_UPPER})|(?:{_UPPER}).*(?:{_COMPARED}).*(?:{_LOWER})"
)
_SEVERAL = ("list", "tuple", "array", "shown")
_MISSING = re.compile(
    r"missing \d+ required (?:keyword-only|positional) arguments?: '(\w+)'|"
    r"(?:[Mm]issing|[Rr]equire[sd]?|must (?:be )?(?:give|specif|provide)\w*|not (?:given|specified|provided))"
    r"\W[^'\"`]{0,40}['\"`](\w+)['\"`]"
)


def names_in(message: str, names: set[str]) -> set[str]:
    """Parameters that a message names: quoted, or as `name=` or the word itself where it is no common one."""
    found = {
        name
        for name in names
        if re.search(rf"['\"`]{re.escape(name)}['\"`]|\b{re.escape(name)}\s?=", message)
    }
    return found or {n for n in names if len(n) > 2 and re.search(rf"\b{re.escape(n)}\b", message)}


def _missing_entry(message: str, error: str, now: Option, context: Context) -> Iterator[Option]:
    name = message.strip("'\"")
    if error == "KeyError" and now.kind in ("dict",) and name.isidentifier():
        yield now.with_entry(name, entry_text(name, context))
    if error == "KeyError" and now.kind == "frame":
        names = [
            n for n in re.findall(r"\w+", message.partition(" not ")[0]) if n not in ("None", "of", "Index")
        ]
        old = tuple(entry for entry, _ in now.entries)
        if names:
            yield with_columns((*old, *names))
    found = re.search(r"'(?:SimpleNamespace|dict)' object has no attribute '(\w+)'", message)
    if found and now.kind == "namespace":
        usage = Usage()
        for option in options_for(Parameter(found[1], usage=usage), context)[:4]:
            yield now.with_entry(found[1], option.text)
    elif found:
        yield holder("namespace", ((found[1], entry_text(found[1], context)),))


def sizes_asked(message: str, now: Option) -> Iterator[Option]:
    """An array in the sizes that a message asks for, a single length before a whole shape."""
    yield from _lengths(message, now)
    yield from _shapes(message, now)


def _lengths(message: str, now: Option) -> Iterator[Option]:
    for pattern, place in _DIM:
        for number in re.findall(pattern, message):
            yield from _replaced(now, place, number)
    yield from _square_of(now, message)


def _shapes(message: str, now: Option) -> Iterator[Option]:
    kind = "tensor" if now.kind == "tensor" else "array"
    for shape in asked_shapes(message, PLAIN[kind]):
        yield now.shaped(shape)
    for pattern in _RANK:
        for digit in re.findall(pattern, message):
            shape = _BY_RANK[kind].get(int(digit), ())
            if shape and len(shape) != len(now.shape):
                yield now.shaped(shape)
                if len(now.shape) and len(shape) > len(now.shape):
                    yield now.shaped(
                        (
                            *(shape[: len(shape) - len(now.shape)]),
                            *now.shape[-len(shape) :],
                        )
                    )
    for pattern in _TOO_FEW_AXES:
        for axis in map(int, re.findall(pattern, message)):
            for least in range(1, 3):
                shape = _BY_RANK[kind].get(len(now.shape) + least if axis >= 0 else -axis + least - 1, ())
                if len(shape) > len(now.shape):
                    yield now.shaped(shape)
    yield from _lengths(message, now)
    length = re.search(r"dimension (-?\d) must have (?:length|size) (\d+)", message)
    if length:
        yield from _replaced(now, int(length[1]), length[2])
    match = re.search(
        r"\(?tensor a \(?(\d+)\)? must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
        message,
    )
    if match:
        for number in (match[1], match[2]):
            yield from _replaced(now, int(match[3]), number)
            yield from _replaced(now, -1, number)
    expanded = re.search(r"expanded size of the tensor \((\d+)\).*at non-singleton dimension (\d)", message)
    if expanded:
        yield from _replaced(now, int(expanded[2]), expanded[1])
    if re.search(_SQUARE, message):
        for shape in (("n", "n"), ("8", "8"), ("n", "8", "8")):
            yield now.shaped(shape)
    if re.search(
        r"broadcast|mismatch|inconsistent|same (length|shape|size|number)|must match|shapes?|size|"
        r"length|divide|divisible",
        message,
    ):
        numbers = dict.fromkeys(n for n in _NUMBERS.findall(message) if 0 < int(n) <= 4096)
        texts = ["n" if n == "12" else n for n in numbers]
        for place in dict.fromkeys((-1, 0, 1, len(now.shape) - 2)):
            for text in texts[:4]:
                yield from _replaced(now, place, text)
        for shape in (("n",), ("n", "8"), ("n", "n"), ("n", "16"), ("n", "16", "16")):
            yield now.shaped(shape)


def _square_of(now: Option, message: str) -> Iterator[Option]:
    """Square matrices of as many numbers as a product asks for where an array is flattened before it."""
    for number in map(int, re.findall(r"cannot be multiplied \(\d+x\d+ and (\d+)x\d+\)", message)):
        side = str(math.isqrt(number))
        if int(side) ** 2 == number and len(now.shape) > 1:
            yield now.shaped(("n", side, side))
            yield now.shaped((side, side))


def _replaced(now: Option, place: int, text: str) -> Iterator[Option]:
    if -len(now.shape) <= place < len(now.shape):
        shape = list(now.shape)
        if shape[place] != text:
            shape[place] = text
            yield now.shaped(tuple(shape))


def _dtypes(message: str, now: Option, context: Context) -> Iterator[Option]:
    tensor = now.kind == "tensor"
    if re.search(
        r"integer|[Ll]ong|Int\b|int64|index|indices|bincount|safe.* cast|"
        r"[Ll]abels?|categor|continuous",
        message,
    ):
        yield made(now.kind, IDS if tensor else INTS, now.shape)
    if re.search(r"[Bb]ool|mask", message):
        yield made(now.kind, SWITCHES if tensor else "(rng.random({}) < 0.5)", now.shape)
    if not tensor and re.search(r"float32", message) and "float32" not in now.maker:
        yield made(now.kind, f"{FLOATS}.astype(np.float32)", now.shape)
    if re.search(r"[Ff]loat|floating|Half|Double|not implemented for '(Long|Int)'", message):
        yield made(now.kind, TENSOR if tensor else FLOATS, now.shape)
    if re.search(r"[Nn]egative|positive|non-?negative|log|domain|sqrt", message):
        yield made(now.kind, "torch.rand({})" if tensor else "rng.random({})", now.shape)
    if re.search(r"definite|leading minor|not PSD|symmetric|[Hh]ermitian", message):
        for shape in SQUARES[now.kind]:
            yield made(now.kind, DEFINITE[now.kind], shape)
    for low, high in _WITHIN.findall(message) if not tensor else ():
        if float(low) < float(high):
            yield made(now.kind, f"rng.uniform({low}, {high}, {{}})", now.shape)
    if re.search(r"[Cc]omplex", message):
        maker = "torch.randn({}, dtype=torch.complex64)" if tensor else "(rng.standard_normal({}) + 0j)"
        yield made(now.kind, maker, now.shape)
    if re.search(r"binary|0 and 1|0s and 1s|two (classes|values|groups)|[Oo]nly two", message):
        yield made(
            now.kind,
            "torch.randint(0, 2, {})" if tensor else "rng.integers(0, 2, {})",
            now.shape,
        )
    if re.search(r"out of range|out of bounds", message):
        yield made(
            now.kind,
            "torch.randint(0, 2, {})" if tensor else "rng.integers(0, 2, {})",
            now.shape,
        )
    if re.search(
        r"ints? or slices|not (callable|iterable)|unhashable|ambiguous|scalar|inhomogeneous|"
        r"only (one element|length-1|0-dim)",
        message,
    ):
        yield from (Option(text, kind) for text, kind in (("2", "int"), ("0.5", "float"), ("'a'", "str")))


def _indices(message: str) -> Iterator[Option]:
    """What may stand in square brackets, where a message says that the value may not."""
    if re.search(r"integers, slices|invalid index|indices must be|valid indices", message):
        yield from (Option(text, kind) for text, kind in (("slice(0, 2)", "any"), ("0", "int")))
        yield Option("(slice(None), slice(0, 2))", "tuple")


_GIVEN = re.compile(r"\b([Gg]ot|[Rr]eceived|[Ff]ound|[Gg]iven|but|not)\b.*", re.DOTALL)


def _attributes(message: str, parameter: Parameter, now: Option, context: Context) -> Iterator[Option]:
    """An attribute that the value lacks, or an item of it, speaks for the families that have it."""
    asked = _GIVEN.sub("", message) if re.search(r"type|instance|only with|must be|expect", message) else ""
    for name in dict.fromkeys(re.findall(r"(?:\w+\.)*[A-Z]\w*[a-z]\w*", asked)):
        yield from context.construct(name)
    for name in re.findall(r"(?:has no attribute|must have an?|needs an?) '(\w+)'", message):
        probe = Parameter(parameter.name, usage=Usage(attributes=frozenset({name})))
        alike = list(context.alike(probe))
        if now.text.startswith(("[", "(")):
            yield from (replace(option, text=f"[{option.text}]", kind="list") for option in alike)
        yield from alike
        if "'Tensor' object" in message:
            context = replace(context, torch=False)
        if families(Parameter("_", usage=probe.usage), torch=context.torch)[0][0] == "namespace":
            continue
        yield from options_for(Parameter("_", usage=probe.usage), context)[:4]
