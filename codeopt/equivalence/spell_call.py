"""Writing a refused call as source that shows the difference, and running it to see that it does."""

from __future__ import annotations

import contextlib
import copy
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.compare import Difference
from codeopt.equivalence.node import Node
from codeopt.equivalence.said import Streams
from codeopt.equivalence.snapshot import Recorder
from codeopt.equivalence.spell import Speller
from codeopt.equivalence.spell_memory import Unwritable
from codeopt.equivalence.surroundings import seed_of_call, settings_restored
from codeopt.sandbox.world import World
from codeopt.workload.call import Call

MOST_CHARACTERS = 6000
"""Length of a literal beyond which nobody would paste it."""

_SAME = re.compile(r"the same object as (\S+)$")
_PAIR = re.compile(r"shared memory: (\S+) & (\S+)$")
_STATE = {
    "state: random": "random.random()",
    "state: numpy.random": "np.random.random()",
    "state: numpy.geterr": "np.geterr()",
    "state: working directory": "os.getcwd()",
    "state: torch random": "torch.rand(1)",
    "state: torch grad mode": "torch.is_grad_enabled()",
    "state: torch default dtype": "torch.get_default_dtype()",
}
_META = {
    ".writeable": ".flags.writeable", ".stride": ".stride()", ".has grad_fn": ".grad_fn is not None",
    ".inference": ".is_inference()",
}  # fmt: skip
_LOSS = """\
    parts = result if isinstance(result, (list, tuple)) else [result]
    parts = [part for part in parts if part.requires_grad]
    weights = [torch.linspace(0.5, 1.5, part.numel()).reshape(part.shape).to(part.dtype) for part in parts]
    sum((part * weight).{fold}() for part, weight in zip(parts, weights)).backward()"""
_SAID = {
    "warnings": (
        "warnings", 'warnings.catch_warnings(record=True, action="always") as said',
        "[str(item.message) for item in said]",
    ),
    "stdout": ("contextlib, io", "contextlib.redirect_stdout(io.StringIO()) as said", "said.getvalue()"),
    "stderr": ("contextlib, io", "contextlib.redirect_stderr(io.StringIO()) as said", "said.getvalue()"),
}  # fmt: skip


class View(NamedTuple):
    """One way to look at what a call did: `expression` is evaluated after the statements `then`
    that follow the call, which is made after `before` and inside `around`."""

    expression: str
    imports: str = ""
    around: str = ""
    then: str = ""
    before: str = ""


class _Written(NamedTuple):
    """A call as source; `names` maps the paths of arguments to variables."""

    imports: tuple[str, ...]
    lines: tuple[str, ...]
    call: str
    names: dict[str, str]


def spell_difference(
    versions: Callable[[], tuple[World, World]],
    make: Callable[[], Call],
    seed: int,
    differences: Sequence[Difference],
    around: Sequence[str] = (),
) -> str:
    """The literal (see `literal`) of the call that `make` builds, empty where there is none.

    `versions` loads the original and the candidate anew. Every way to look at the differences is
    run with both; the first whose text is the same for the original twice and another one for
    the candidate is taken. `around` are context managers, as source, in which the call is made.
    """
    call = make()
    worlds = versions()
    try:
        written = _write(worlds[0], call)
    except Unwritable:
        return ""
    if not _rebuilds(written, make()):
        return ""
    views = list(_views(differences, written, call))
    # A target that keeps a count needs fresh worlds for each of its calls, which cost more.
    for seeded, load in ((False, lambda: worlds), (True, lambda: worlds), (True, versions)):
        for view in views:
            source = _source(written, view, seed if seeded else None, around)
            if len(source) <= MOST_CHARACTERS and _shows(source, load):
                return source
    return ""


def _write(world: World, call: Call) -> _Written:
    speller = Speller()
    init = call.init if call.init is not None and inspect.isclass(world.callable) else None
    calls = [c for c in (init, call) if c is not None]
    speller.survey(v for c in calls for v in (*c.args, *c.kwargs.values()))
    names: dict[str, str] = {}
    texts: list[str] = []
    for one in calls:
        parameters = _parameters(world, one, call)
        where = "init" if one is not call else "args"
        parts: list[str] = []
        for i, value in enumerate(one.args):
            name = parameters[i] if i < len(parameters) else f"argument{i}"
            parts.append(_argument(speller, value, name))
            names[f"{where}[{i}]"] = parts[-1]
        for i, (key, value) in enumerate(one.kwargs.items()):
            text = _argument(speller, value, key)
            parts.append(f"{key}={text}")
            names[f"kwargs[{key!r}]" if one is call else f"init[{len(one.args) + i}]"] = text
        texts.append(f"({', '.join(parts)})")
    return _Written(tuple(speller.imports), tuple(speller.lines), _call_text(world, call, texts), names)


def _call_text(world: World, call: Call, texts: list[str]) -> str:
    """Statements, on lines of their own, that make the call as `invoke.perform` does."""
    if len(texts) == 1:
        return f"result = function{texts[0]}"
    lines = [f"made = function{texts[0]}"]
    if call.train:
        lines += ["made.train()", f"result = made{texts[1]}", *_LOSS.format(fold="mean").splitlines()]
    elif call.args or call.kwargs or "__call__" in dir(world.callable):
        lines.append(f"result = made{texts[1]}")
    else:
        lines.append("result = made")
    return "\n".join(line.strip() for line in lines)


def _argument(speller: Speller, value: Any, name: str) -> str:
    if value is None or isinstance(value, bool | int | float | str | np.generic):
        return speller.text(value)
    return speller.named(value, name)


def _parameters(world: World, one: Call, call: Call) -> list[str]:
    """Names for positional arguments; a class's own where it is constructed, else those of `call`."""
    function: Any = world.callable
    if inspect.isclass(function) and one is call and call.init is not None:
        function = getattr(function, "forward", None) or vars(function).get("__call__", function)
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
    return names[1:] if names[:1] == ["self"] else names


def _rebuilds(written: _Written, call: Call) -> bool:
    """Whether the source gives the very arguments: types, bits, layout, and who shares what."""
    scope: dict[str, Any] = {}
    exec("\n".join((*written.imports, *written.lines)), scope)
    paths = {f"args[{i}]": v for i, v in enumerate(call.args)}
    paths |= {f"kwargs[{k!r}]": v for k, v in call.kwargs.items()}
    if call.init is not None:
        paths |= {f"init[{i}]": v for i, v in enumerate([*call.init.args, *call.init.kwargs.values()])}
    rebuilt = {path: eval(written.names[path], scope) for path in paths if path in written.names}
    return _recorded(paths.items()) == _recorded(rebuilt.items())


def _recorded(values: Iterable[tuple[str, Any]]) -> tuple[list[Node], Node]:
    recorder = Recorder()
    nodes = [_without_version(recorder.record(v, path)) for path, v in values]
    return nodes, alias_graph(recorder.claims)


def _without_version(node: Node) -> Node:
    """A node without the count of writes to its tensors: how often they were written before the
    call, no call depends on."""
    meta = tuple(item for item in node.meta if item[0] != "_version")
    return node._replace(meta=meta, children=tuple((n, _without_version(c)) for n, c in node.children))


def _views(differences: Sequence[Difference], written: _Written, call: Call) -> Iterator[View]:
    for difference in differences[:4]:
        yield from _views_of(difference, written)
    if call.init is not None:
        yield View("list(made.state_dict().items())")
        yield View("[p.grad for p in made.parameters()]")
        yield View("vars(made)")
    outcome = "result if error is None else error"
    yield View(outcome)
    yield View(f"type({outcome}), {outcome}")
    # Names of variables, and no literal numbers.
    arguments = [name for name in written.names.values() if name.isidentifier()]
    yield View(f"[{', '.join(['result', 'error', *arguments])}]")


def _views_of(difference: Difference, written: _Written) -> Iterator[View]:
    path = difference.path.partition(" (")[0]
    pair = _PAIR.match(path)
    if pair is not None:
        a, b = (_expression(part, written) for part in pair.groups())
        yield View(f"np.shares_memory({a}, {b})")
        yield View(f"{b}.__array_interface__['data'][0] - {a}.__array_interface__['data'][0]")
        yield View(f"{a}.data_ptr() == {b}.data_ptr()")
        yield View(f"{a}.untyped_storage().data_ptr() == {b}.untyped_storage().data_ptr()")
        return
    for text in (difference.expected, difference.got):
        same = _SAME.search(text)
        if same is not None:
            yield View(f"{_expression(path, written)} is {_expression(same.group(1), written)}")
    if path in _SAID:
        module, around, expression = _SAID[path]
        yield View(expression, module, around)
    elif path in _STATE:
        yield View(_STATE[path], "os, random")
    elif path.startswith("gradients: "):
        expression = f"{_expression(path.removeprefix('gradients: '), written)}.grad"
        yield View(re.sub(r"(\[[\d, ]*\])\.grad$", r".grad\1", expression), then=_LOSS.format(fold="sum"))
    elif path.startswith("globals: "):
        yield View(f"vars(sys.modules[function.__module__]){_item(path.removeprefix('globals: '))}", "sys")
    elif path.startswith("files: "):
        name = path.removeprefix("files: ")
        expression = f"open({name!r}, 'rb').read() if os.path.exists({name!r}) else None"
        yield View(expression, "os, tempfile", before="os.chdir(tempfile.mkdtemp())")
    elif path.startswith("raised"):
        yield View("error")
        yield View("error.__cause__, error.__context__, error.args")
    elif path.startswith("result.items"):
        yield View("list(result)")
    elif path != "outcome":
        yield View(_expression(path, written))


def _item(path: str) -> str:
    name = re.match(r"\w+", path)
    return f"[{name.group()!r}]{path[name.end() :]}" if name is not None else ""


def _expression(path: str, written: _Written) -> str:
    """A path as code: arguments by their variables, what is recorded by how it is asked for."""
    for name, variable in written.names.items():
        if path.startswith(name):
            path = variable + path[len(name) :]
            break
    if path.startswith("object"):
        path = "made" + path[len("object") :]
    for recorded, asked in _META.items():
        if path.endswith(recorded):
            path = path.removesuffix(recorded) + asked
    return path.replace(".values[", ".array[") if "._" not in path else path


def _source(written: _Written, view: View, seed: int | None, around: Sequence[str]) -> str:
    modules = [f"import {name}" for name in view.imports.split(", ") if name]
    lines = [*written.lines, *view.before.splitlines()]
    if seed is not None:
        modules += ["import random", "import numpy as np"]
        own = seed_of_call(seed)
        lines += [f"random.seed({own})", f"np.random.seed({own})"]
        if "import torch" in written.imports:
            lines.append(f"torch.manual_seed({own})")
    text = " ".join([*lines, written.call, view.expression, view.then, *around])
    modules += [f"import {name}" for name in ("torch",) if "torch." in text]
    if "np." in text:
        modules.append("import numpy as np")
    imports = sorted({*written.imports, *modules}, key=lambda line: (" as " in line, line))
    contexts = ", ".join([*around, *([view.around] if view.around else [])])
    inner = [f"with {contexts}:"] if contexts else []
    inner += [("    " if contexts else "") + line for line in written.call.splitlines()]
    body = [
        *lines, "result = error = None", "try:", *(f"    {line}" for line in inner),
        "except Exception as caught:", "    error = caught",
    ]  # fmt: skip
    tail = view.then.splitlines()
    end = f'    return " ".join(repr({view.expression}).split())'
    head = [*imports, *_options(imports), "", "", "def outcome(function):"]
    return "\n".join([*head, *(f"    {line}" for line in body), *tail, end, ""])


def _options(imports: Iterable[str]) -> list[str]:
    """Settings under which a `repr` shows every digit."""
    known = {
        "import numpy as np": 'np.set_printoptions(floatmode="unique", threshold=10**6)',
        "import torch": "torch.set_printoptions(precision=17, threshold=10**6)",
        "import pandas as pd": 'pd.set_option("display.precision", 17, "display.max_rows", None)',
    }
    return [known[line] for line in imports if line in known]


def _shows(source: str, load: Callable[[], tuple[World, World]]) -> bool:
    """Whether the source says the same of the original twice, and something else of the candidate."""
    scope: dict[str, Any] = {}
    with _own_folder(), settings_restored(), Streams().capturing(), _print_options():
        try:
            exec(source, scope)
            texts = []
            for which in (0, 0, 1):
                world = load()[which]
                with world.active():
                    texts.append(scope["outcome"](world.callable))
        except Exception:  # noqa: BLE001 - the source runs the user's code
            return False
    return bool(texts[0] == texts[1] != texts[2])


@contextlib.contextmanager
def _print_options() -> Iterator[None]:
    """Put back how values are printed, which the source changes."""
    torch, pandas = sys.modules.get("torch"), sys.modules.get("pandas")
    before = copy.copy(torch._tensor_str.PRINT_OPTS) if torch is not None else None
    names = ("display.precision", "display.max_rows")
    shown = [(name, pandas.get_option(name)) for name in names] if pandas is not None else []
    with np.printoptions():
        try:
            yield
        finally:
            if torch is not None and before is not None:
                torch.set_printoptions(precision=before.precision, threshold=before.threshold)
            for name, value in shown:
                pandas.set_option(name, value)  # type: ignore[union-attr]


@contextlib.contextmanager
def _own_folder() -> Iterator[None]:
    """An empty working directory: a file that the workload wrote is no part of the arguments."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(dir=before) as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
