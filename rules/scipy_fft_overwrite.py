"""A spectrum made for a transform and copied for it.

What it does
    Finds transforms of `scipy.fft` whose input is arithmetic in the call itself, as
    `ifft2(spectrum * kernel)`, and adds `overwrite_x=True`.

Why it costs memory
    The transform makes a new array beside an input that nobody else holds.

Example
    image = scipy.fft.ifft2(spectrum * kernel)

Use instead
    image = scipy.fft.ifft2(spectrum * kernel, overwrite_x=True)

When it is safe
    The input is the result of arithmetic in the call itself, so nothing can see what becomes of
    it. The result keeps the memory order of the input, so the site is left to a run. Only complex
    input can be overwritten by a complex result; other input is copied as before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codeopt.edit import Site, Trust
from codeopt.facts import Facts, patterns
from codeopt.rule import Example, Pair, Rule

_TRANSFORMS = tuple(
    f"scipy.{module}.{name}{axes}"
    for module in ("fft", "fftpack") for name in ("fft", "ifft", "dct", "idct", "dst", "idst")
    for axes in (("", "2", "n") if "fft" in name else ("", "n"))
)  # fmt: skip


RULE = Rule(
    code="MEM528",
    name="sp-fft-overwrite",
    trust=Trust.EXACT,
    summary="a spectrum made for a transform is copied",
    triggers=("fft",),
    pair=Pair("S36", 32.06, 16.13),
    search_only=True,
    examples=(
        Example(
            "import scipy.fft\n"
            "\n"
            "def blurred(spectrum, kernel):\n"
            "    return scipy.fft.ifft2(spectrum * kernel)\n",
            "import scipy.fft\n"
            "\n"
            "def blurred(spectrum, kernel):\n"
            "    return scipy.fft.ifft2(spectrum * kernel, overwrite_x=True)\n",
            call="blurred(__import__('numpy').ones((3, 4)) * 1j, 2.0)",
        ),
        Example(
            "from scipy.fft import fft, ifft\n"
            "\n"
            "def convolved(a, b):\n"
            "    return ifft(fft(a) * fft(b), axis=0).real\n",
            "from scipy.fft import fft, ifft\n"
            "\n"
            "def convolved(a, b):\n"
            "    return ifft(fft(a) * fft(b), axis=0, overwrite_x=True).real\n",
            call="convolved(__import__('numpy').arange(8.0), __import__('numpy').ones(8))",
        ),
    ),
    counterexamples=(
        ("import scipy.fft\n\ndef f(x):\n    return scipy.fft.ifft2(x)\n"),
        ("import numpy as np\n\ndef f(x, y):\n    return np.fft.ifft(x * y)\n"),
        ("from scipy.fft import fft\n\ndef f(x, y):\n    return fft(x * y, overwrite_x=False)\n"),
        ("from scipy.fft import rfft\n\ndef f(x, y):\n    return rfft(x * y)\n"),
    ),
)


def find(facts: Facts) -> Iterator[Site]:
    """Transforms of what arithmetic has just made."""
    for call in facts.walk(ast.Call):
        if not patterns.is_call(facts, call, *_TRANSFORMS) or len(call.args) != 1:
            continue
        if not any(k.arg in ("overwrite_x", None) for k in call.keywords) and isinstance(
            call.args[0], ast.BinOp
        ):
            edits = patterns.add_argument(facts, call, "overwrite_x=True")
            yield RULE.site(facts, call, "nothing else holds the input", edits)
