"""Whether two results of one small program are the same: for examples and pairs of rules.

A proof asks far more (see the contract); an example is run once before and once after.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def difference(a: Any, b: Any, *, exact: bool) -> str:
    """Why two results are not the same, or an empty string."""
    if type(a) is not type(b):
        return f"{type(a).__name__} and {type(b).__name__}"
    if isinstance(a, (list, tuple)):
        if len(a) != len(b):
            return f"lengths {len(a)} and {len(b)}"
        return next((why for x, y in zip(a, b, strict=True) if (why := difference(x, y, exact=exact))), "")
    if isinstance(a, dict):
        if list(a) != list(b):
            return f"keys {list(a)} and {list(b)}"
        return next((why for k in a if (why := difference(a[k], b[k], exact=exact))), "")
    return _leaf_difference(a, b, exact)


def _leaf_difference(a: Any, b: Any, exact: bool) -> str:
    # Only what an example itself imported is loaded: the bench needs no library of its own.
    numpy, torch, pandas = (sys.modules.get(name) for name in ("numpy", "torch", "pandas"))
    if torch is not None and isinstance(a, torch.Tensor):
        limits = {"rtol": 0.0, "atol": 0.0} if exact else {}
        return _raised(lambda: torch.testing.assert_close(a, b, equal_nan=True, **limits))
    if pandas is not None and isinstance(a, (pandas.DataFrame, pandas.Series, pandas.Index)):
        kind = {pandas.DataFrame: "frame", pandas.Series: "series"}.get(type(a), "index")
        check = getattr(pandas.testing, f"assert_{kind}_equal")
        return _raised(lambda: check(a, b, check_exact=exact))
    if numpy is not None and isinstance(a, (numpy.ndarray, numpy.generic)):
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{a.dtype}{a.shape} and {b.dtype}{b.shape}"
        if exact:
            return _raised(lambda: numpy.testing.assert_array_equal(a, b))
        return _raised(lambda: numpy.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-8))
    if isinstance(a, float) and not exact:
        return "" if a == b or abs(a - b) <= 1e-5 * abs(a) + 1e-8 else f"{a} and {b}"
    if not isinstance(a, (int, float, complex, str, bytes, bool, frozenset, set, type(None))):
        return "" if repr(a) == repr(b) else f"{a!r} and {b!r}"
    return "" if a == b or (a != a and b != b) else f"{a!r} and {b!r}"


def _raised(check: Callable[[], object]) -> str:
    try:
        check()
    except AssertionError as error:
        return str(error).strip() or "not equal"
    return ""
