"""A long signal transformed whole for a short kernel.

What it does
    Finds `fftconvolve(signal, kernel)` and calls `oaconvolve`, which adds up overlapping
    blocks.

Why it costs memory
    The transform of the whole signal and its product are complex arrays of the padded length.

Example
    smooth = fftconvolve(signal, kernel)

Use instead
    smooth = oaconvolve(signal, kernel)

When it is safe
    Both agree to rounding. For inputs of alike lengths `oaconvolve` does what `fftconvolve`
    does, so the site is left to a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

RULE = Rule(
    code="MEM530",
    name="sp-convolve-whole",
    trust=Trust.CLOSE,
    summary="a long signal is transformed whole for a short kernel",
    triggers=("fftconvolve(",),
    pair=Pair("S38", 69.53, 50.04),
    search_only=True,
    examples=(
        Example(
            "from scipy.signal import fftconvolve, oaconvolve\n"
            "\n"
            "def smooth(signal, kernel):\n"
            '    return fftconvolve(signal, kernel, mode="same")\n',
            "from scipy.signal import fftconvolve, oaconvolve\n"
            "\n"
            "def smooth(signal, kernel):\n"
            '    return oaconvolve(signal, kernel, mode="same")\n',
            call="smooth(__import__('numpy').arange(50.0), __import__('numpy').ones(3))",
        ),
        Example(
            "from scipy import signal\n"
            "\n"
            "def echo(sound, room):\n"
            "    return signal.fftconvolve(sound, room)\n",
            "from scipy import signal\n\ndef echo(sound, room):\n    return signal.oaconvolve(sound, room)\n",
            call="echo(__import__('numpy').arange(50.0), __import__('numpy').ones(3))",
        ),
    ),
    counterexamples=(
        ("def f(fftconvolve, a, b):\n    return fftconvolve(a, b)\n"),
        ("from scipy.signal import convolve\n\ndef f(a, b):\n    return convolve(a, b), 'fftconvolve('\n"),
        ("from scipy.signal import fftconvolve\n\ndef f(a):\n    return fftconvolve(a, a)\n"),
        ("from scipy.signal import fftconvolve\n\ndef f(a):\n    return fftconvolve(a, a[::-1])\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Convolutions by one transform of two different inputs."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, "scipy.signal.fftconvolve") or len(call.args) < 2:
            continue
        names = [{n.id for n in ast.walk(a) if isinstance(n, ast.Name)} for a in call.args[:2]]
        if any(isinstance(a, ast.Starred) for a in call.args) or names[0] & names[1]:
            continue
        name = facts.names.spell("scipy.signal.oaconvolve", call)
        imports = () if name else ("from scipy.signal import oaconvolve",)
        yield RULE.site(
            facts, call, "blocks of the signal can be transformed",
            facts.edits.replace(call.func, name or "oaconvolve"), imports=imports,
        )  # fmt: skip
