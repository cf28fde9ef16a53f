"""A workload from the arguments of one call, given as Python source on the command line."""

from __future__ import annotations

import ast
from pathlib import Path

from codeopt.errors import UsageError
from codeopt.workload.declared import Declaration

_KNOWN = {"np": "numpy", "numpy": "numpy", "torch": "torch", "pd": "pandas", "scipy": "scipy.sparse"}
_FILE = """\
{imports}
from codeopt.workload.call import Call, workload


def _call(*args, **kwargs):
    return Call(args=args, kwargs=kwargs)


@workload({target!r})
def build(scale, seed):
    rng = np.random.default_rng(seed)
{seeding}    return _call({call})
"""


def write_workload(file: Path, path: Path, qualname: str, call: str) -> Declaration:
    """Write a workload file that calls `qualname` of `path` with the arguments `call`.

    The source may use `scale` (0 to 1), `seed`, `rng` (a NumPy generator) and the usual names of
    NumPy, torch, pandas and SciPy. Raises UsageError if it is no list of arguments.
    """
    try:
        tree = ast.parse(f"_call({call})", mode="eval")
    except SyntaxError as error:
        raise UsageError(f"--call: not the arguments of a call: {call!r}: {error.msg}") from error
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & _KNOWN.keys()
    imports = [
        f"import {_KNOWN[name]}" + ("" if name in ("torch", "numpy", "scipy") else f" as {name}")
        for name in sorted(names | {"np"})
    ]
    seeding = "    torch.manual_seed(seed)\n" if "torch" in names else ""
    target = f"{path}::{qualname}"
    text = _FILE.format(imports="\n".join(imports), target=target, seeding=seeding, call=call)
    file.write_text(text, encoding="utf-8")
    return Declaration(target, 1, False)
