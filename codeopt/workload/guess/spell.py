"""The text of a guessed workload file, and which argument each of its lines makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codeopt.workload.guess.options import OMIT, SAME, Option, imports_of
from codeopt.workload.guess.reading import Parameter

Key = tuple[str, str]
"""Whose argument it is (`call`, `init` or `fit`), and the parameter's name."""

FIT: Key = ("fit", "state")
"""The calls that make an object ready."""

State = Mapping[Key, Option]
_TAKEN = {"rng", "n", "scale", "seed", "np", "torch", "pd", "sparse", "Call", "workload", "instance",
          "build", "plt", "xr",
          "Path", "string", "math", "partial", "argparse", "logging", "io"}  # fmt: skip


_FORWARD = """\
given = [v.requires_grad_() if torch.is_tensor(v) and v.is_floating_point() else v for v in [{1}]]
made = {0}.apply(*given)
made = made if isinstance(made, tuple) else (made,)
return Call(args=(made[0].grad_fn, *map(torch.ones_like, made)))"""


@dataclass(frozen=True, slots=True)
class Form:
    """How a target is called.

    `shape` is `function`, `method` (an instance comes first), `object` (constructed, then called),
    `construct`, or `backward` (of an autograd function, after its forward pass with `call`). `maker` names
    the class in `module` of the instance or the autograd function.
    """

    shape: str
    call: tuple[Parameter, ...]
    init: tuple[Parameter, ...] = ()
    module: str = ""
    maker: str = ""
    torch: bool = False


@dataclass(frozen=True, slots=True)
class Spelled:
    """A file's text; `lines` tells the argument that a line makes."""

    text: str
    lines: dict[int, Key]


def spell(form: Form, state: State, target: str, n: int, floor: int, note: str = "") -> Spelled:
    """The file for a state: `n` rows at full scale, and never fewer than `floor`."""
    body: list[tuple[str, Key | None]] = []
    after: list[tuple[str, Key | None]] = []
    names: dict[Key, str] = {}
    for parameter in form.call:
        key = ("call", parameter.name)
        option = state[key]
        if option.kind == OMIT:
            continue
        names[key] = f"{parameter.name}_" if parameter.name in _TAKEN else parameter.name
        lines = [(line, key) for line in (*option.setup, f"{names[key]} = {option.text}")]
        (after if option.kind == SAME else body).extend(lines)
    init = _init_lines(form, state)
    if form.shape == "method":
        body.append((f"instance = {form.maker}(", None))
        body += [(f"    {text},", key) for text, key in init]
        body.append((")", None))
        prepared = state.get(FIT)
        if prepared is not None and prepared.text:
            body += [(line, FIT) for line in prepared.text.split("; ")]
        body += after
    given = _given(form, state, names)
    if form.shape == "backward":
        body += [(line, None) for line in _FORWARD.format(form.maker, ", ".join(names.values())).split("\n")]
    elif form.shape == "object":
        body.append(("return Call(", None))
        body += [(f"    {line},", None) for line in given]
        body.append(("    init=Call(kwargs=dict(", None))
        body += [(f"        {text},", key) for text, key in init]
        body += [("    )),", None), (")", None)]
    else:
        body.append((f"return Call({', '.join(given)})", None))
    return _assembled(form, state, body, target, n, floor, note)


def _init_lines(form: Form, state: State) -> list[tuple[str, Key]]:
    keys = [(parameter, ("init", parameter.name)) for parameter in form.init if not parameter.star]
    shown = [(p, key) for p, key in keys if state[key].kind != OMIT]
    lines = [
        (state[key].text if p.positional_only else f"{p.name}={state[key].text}", key) for p, key in shown
    ]
    more = [("init", p.name) for p in form.init if p.star == "**" and state["init", p.name].kind != OMIT]
    spread = next(
        (p for p in form.init if p.star == "*" and state["init", p.name].kind != OMIT),
        None,
    )
    if spread is not None and form.shape == "method":
        # What is collected comes after positional arguments only.
        lines = [(state[key].text, key) for p, key in shown if not p.keyword_only]
        lines.append((f"*{state['init', spread.name].text}", ("init", spread.name)))
        lines += [(f"{p.name}={state[key].text}", key) for p, key in shown if p.keyword_only]
    return [*lines, *((f"**{state[key].text}", key) for key in more)]


def _given(form: Form, state: State, names: Mapping[Key, str]) -> list[str]:
    """The arguments of `Call(...)` as source texts."""
    first = ["instance"] if form.shape == "method" else []
    named: list[str] = []
    positional = True
    for parameter in form.call:
        name = names.get(("call", parameter.name))
        if name is None:
            positional = positional and parameter.star == "**"
        elif parameter.star == "*":
            first += [f"*{name}"] if positional else []
        elif parameter.star == "**":
            named.append(f"**{name}")
        elif positional and not parameter.keyword_only:
            first.append(name)
        else:
            named.append(f"{parameter.name!r}: {name}")
    given = [f"args=({', '.join(first)}{',' if len(first) == 1 else ''})"] if first else []
    return [*given, *([f"kwargs={{{', '.join(named)}}}"] if named else [])]


def _assembled(
    form: Form,
    state: State,
    body: list[tuple[str, Key | None]],
    target: str,
    n: int,
    floor: int,
    note: str,
) -> Spelled:
    source = "\n".join(text for text, _ in body)
    head = ["rng = np.random.default_rng(seed)"] if re.search(r"\brng\b", source) else []
    if form.torch:
        head.append("torch.manual_seed(seed)")
    if re.search(r"\bn\b", source):
        head.append(f"n = max({floor}, int({n} * scale))")
    local = [need for option in state.values() for need in option.needs if option.kind != OMIT]
    if form.shape in ("method", "backward"):
        local.append(f"from {form.module} import {form.maker.partition('.')[0]}")
    libraries = imports_of("\n".join(head) + "\n" + ("torch.\n" if form.torch else "") + source)
    lines = [
        f'"""{note}"""',
        "",
        *libraries,
        "",
        "from codeopt import Call, workload",
        "",
        "",
        f"@workload({target!r})",
        "def build(scale, seed):",
        *(f"    {line}" for need in dict.fromkeys(local) for line in need.split("\n")),
        *(f"    {line}" for line in head),
    ]
    at = {}
    for text, key in body:
        for part in text.split("\n"):
            lines.append(f"    {part}")
            if key is not None:
                at[len(lines)] = key
    return Spelled("\n".join(lines) + "\n", at)


def joined(texts: Sequence[str]) -> str:
    """One file of several with one builder each; the first keeps its name."""
    if len(texts) == 1:
        return texts[0]
    heads, builders = zip(*(_parted(text) for text in texts), strict=True)
    note, *_ = heads[0]
    imports = sorted(
        {
            line
            for head in heads
            for line in head[1:]
            if line.startswith("import ") or line.startswith("from ")
        }
    )
    ours = "from codeopt import Call, workload"
    imports = [line for line in imports if line != ours]
    named = [b.replace("def build(", f"def build_{i}(") if i > 1 else b for i, b in enumerate(builders, 1)]
    return "\n".join([note, "", *imports, "", ours, "", "", *"\n\n".join(named).split("\n")])


def _parted(text: str) -> tuple[list[str], str]:
    head, found, body = text.partition("@workload(")
    return head.split("\n"), found + body
