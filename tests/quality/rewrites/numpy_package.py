"""Rewrites of functions of NumPy that are written in Python."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

NANVAR = "numpy.lib._nanfunctions_impl::nanvar"
REPLACE = "numpy.lib._nanfunctions_impl::_replace_nan"
VANDER = "numpy.lib._twodim_base_impl::vander"
EDIFF = "numpy.lib._arraysetops_impl::ediff1d"
CHEBYSHEV = "numpy.polynomial.chebyshev::chebvander"
LEGENDRE = "numpy.polynomial.legendre::legval"
KRON = "numpy.lib._shape_base_impl::kron"

REWRITES = (
    Rewrite(
        "nanvar: squares by one function", NANVAR,
        (("        sqr = np.multiply(arr, arr, out=arr, where=where)\n\n    # Compute variance.",
          "        sqr = np.square(arr, out=arr, where=where)\n\n    # Compute variance."),),
        "exact", "a square is a product with itself",
    ),
    Rewrite(
        "nanvar: mask of numbers kept", NANVAR,
        (("    cnt = np.sum(~mask, axis=axis, dtype=np.intp, keepdims=_keepdims,\n                     where=where)\n\n    if mean",
          "    np.logical_not(mask, out=mask)\n    cnt = np.sum(mask, axis=axis, dtype=np.intp, keepdims=_keepdims,\n                     where=where)\n    np.logical_not(mask, out=mask)\n\n    if mean"),),
        "close", "the mask is the function's own, and turned back; that of a single number cannot be written to",
    ),
    Rewrite(
        "nanvar: mask not turned back", NANVAR,
        (("    cnt = np.sum(~mask, axis=axis, dtype=np.intp, keepdims=_keepdims,\n                     where=where)\n\n    if mean",
          "    np.logical_not(mask, out=mask)\n    cnt = np.sum(mask, axis=axis, dtype=np.intp, keepdims=_keepdims,\n                     where=where)\n\n    if mean"),),
        "unsound", "numbers count as gaps below",
    ),
    Rewrite(
        "nanvar: gaps not reset", NANVAR,
        (("    arr = _copyto(arr, 0, mask)\n    if issubclass(arr.dtype.type, np.complexfloating):\n        sqr = ",
          "    if issubclass(arr.dtype.type, np.complexfloating):\n        sqr = "),),
        "unsound", "gaps count as far as zero is from the mean",
    ),
    Rewrite(
        "nanvar: by the mean of squares", NANVAR,
        (("    np.subtract(arr, avg, out=arr, casting='unsafe', where=where)\n    arr = _copyto(arr, 0, mask)\n    if issubclass(arr.dtype.type, np.complexfloating):\n        sqr = np.multiply(arr, arr.conj(), out=arr, where=where).real\n    else:\n        sqr = np.multiply(arr, arr, out=arr, where=where)\n",
          "    sqr = np.multiply(arr, arr, out=arr, where=where) - avg**2\n"),),
        "unsound", "gaps lose the squared mean too, and digits cancel",
    ),
    Rewrite(
        "replace nan: chosen by where", REPLACE,
        (("        a = np.array(a, subok=True, copy=True)\n        np.copyto(a, val, where=mask)\n\n    return a, mask",
          "        a = np.array(a, subok=True, copy=True)\n        a[mask] = val\n\n    return a, mask"),),
        "exact", "the same elements get the same value",
    ),
    Rewrite(
        "replace nan: no copy", REPLACE,
        (("        a = np.array(a, subok=True, copy=True)\n        np.copyto(a, val, where=mask)\n\n    return a, mask",
          "        np.copyto(a, val, where=mask)\n\n    return a, mask"),),
        "unsound", "fills the caller's gaps",
    ),
    Rewrite(
        "replace nan: copied where there is one", REPLACE,
        (("    if mask is not None:\n        a = np.array(a, subok=True, copy=True)\n        np.copyto(a, val, where=mask)\n\n    return a, mask",
          "    if mask is not None and mask.any():\n        a = np.array(a, subok=True, copy=True)\n        np.copyto(a, val, where=mask)\n\n    return a, mask"),),
        "unsound", "without gaps the result is the caller's array, which callers write to",
    ),
    Rewrite(
        "replace nan: by the library", REPLACE,
        (("        a = np.array(a, subok=True, copy=True)\n        np.copyto(a, val, where=mask)\n\n    return a, mask",
          "        a = np.nan_to_num(a, copy=True, nan=val)\n\n    return a, mask"),),
        "unsound", "infinities become large numbers",
    ),
    Rewrite(
        "vander: powers column by column", VANDER,
        (("        tmp[:, 1:] = x[:, None]\n        multiply.accumulate(tmp[:, 1:], out=tmp[:, 1:], axis=1)\n",
          "        tmp[:, 1] = x\n        for i in range(2, N):\n            tmp[:, i] = tmp[:, i - 1] * tmp[:, 1]\n"),),
        "close", "the same products; an overflow is warned of by another name",
    ),
    Rewrite(
        "vander: powers by the power function", VANDER,
        (("        multiply.accumulate(tmp[:, 1:], out=tmp[:, 1:], axis=1)\n", "        tmp[:, 1:] **= range(1, N)\n"),),
        "close", "a power rounds once",
    ),
    Rewrite(
        "vander: in the caller's dtype", VANDER,
        (("    v = empty((len(x), N), dtype=promote_types(x.dtype, int))\n", "    v = empty((len(x), N), dtype='f8')\n"),),
        "unsound", "integers give floats",
    ),
    Rewrite(
        "vander: ascending view", VANDER,
        (("    tmp = v[:, ::-1] if not increasing else v\n", "    v = v[:, ::-1] if not increasing else v\n    tmp = v\n"),),
        "unsound", "the columns are in the other order, in another layout",
    ),
    Rewrite(
        "ediff1d: subtracted by an expression", EDIFF,
        (("    np.subtract(ary[1:], ary[:-1], result[l_begin:l_begin + l_diff])\n",
          "    result[l_begin:l_begin + l_diff] = ary[1:] - ary[:-1]\n"),),
        "exact", "the same differences",
    ),
    Rewrite(
        "ediff1d: flat without a copy", EDIFF,
        (("    ary = conv[0].ravel()\n", "    ary = conv[0].reshape(-1)\n"),),
        "exact", "only read from here on",
    ),
    Rewrite(
        "ediff1d: differences in place", EDIFF,
        (("    np.subtract(ary[1:], ary[:-1], result[l_begin:l_begin + l_diff])\n",
          "    ary[1:] -= ary[:-1]\n    result[l_begin:l_begin + l_diff] = ary[1:]\n"),),
        "unsound", "`ravel` gives a view of the caller's array",
    ),
    Rewrite(
        "ediff1d: one length for all", EDIFF,
        (("    l_diff = max(len(ary) - 1, 0)\n", "    l_diff = len(ary) - 1\n"),),
        "unsound", "an empty array has minus one difference",
    ),
    Rewrite(
        "ediff1d: beginning behind", EDIFF,
        (("        result[:l_begin] = to_begin\n", "        result[l_diff:l_diff + l_begin] = to_begin\n"),),
        "unsound", "the beginning is overwritten by differences, and garbage stands in its place",
    ),
    Rewrite(
        "chebyshev: recursion in place", CHEBYSHEV,
        (("            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d",
          "            np.multiply(v[i - 1], x2, out=v[i])\n            v[i] -= v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d"),),
        "exact", "the same steps in the row they end in",
    ),
    Rewrite(
        "chebyshev: first row of ones", CHEBYSHEV,
        (("    v[0] = x * 0 + 1\n    if ideg > 0:\n        x2 = 2 * x\n        v[1] = x\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d",
          "    v[0] = 1\n    if ideg > 0:\n        x2 = 2 * x\n        v[1] = x\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d"),),
        "unsound", "NaN and infinity gave NaN there",
    ),
    Rewrite(
        "chebyshev: no copy of x", CHEBYSHEV,
        (("            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d",
          "            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1).copy()\n\n\ndef chebvander2d"),),
        "unsound", "the result has another layout",
    ),
    Rewrite(
        "chebyshev: doubled in place", CHEBYSHEV,
        (("        x2 = 2 * x\n        v[1] = x\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d",
          "        x *= 2\n        v[1] = x\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d"),),
        "unsound", "the second row is doubled as well",
    ),
    Rewrite(
        "chebyshev: doubled after its row", CHEBYSHEV,
        (("        x2 = 2 * x\n        v[1] = x\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x2 - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d",
          "        v[1] = x\n        x *= 2\n        for i in range(2, ideg + 1):\n            v[i] = v[i - 1] * x - v[i - 2]\n    return np.moveaxis(v, 0, -1)\n\n\ndef chebvander2d"),),
        "exact", "adding zero made `x` the function's own, and it is stored before it changes",
    ),
    Rewrite(
        "legendre: factor outside", LEGENDRE,
        (("            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n", "            c1 = tmp + c1 * (x * ((2 * nd - 1) / nd))\n    return c0 + c1 * x\n"),),
        "close", "rounds in another order",
    ),
    Rewrite(
        "legendre: last step in place", LEGENDRE,
        (("            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n", "            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    c1 = c1 * x\n    return c0 + c1\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "legendre: coefficients scaled in place", LEGENDRE,
        (("        c0 = c[-2]\n        c1 = c[-1]\n        for i in range(3, len(c) + 1):\n            tmp = c0\n            nd = nd - 1\n            c0 = c[-i] - c1 * ((nd - 1) / nd)\n            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n",
          "        c0 = c[-2]\n        c1 = c[-1]\n        for i in range(3, len(c) + 1):\n            tmp = c0\n            nd = nd - 1\n            c0 = c[-i]\n            c0 -= c1.mean() * ((nd - 1) / nd)\n            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n"),),
        "unsound", "changes the caller's coefficients, and a mean stands for a row",
    ),
    Rewrite(
        "legendre: recursion without the copy", LEGENDRE,
        (("            tmp = c0\n            nd = nd - 1\n            c0 = c[-i] - c1 * ((nd - 1) / nd)\n            c1 = tmp + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n",
          "            nd = nd - 1\n            c0 = c[-i] - c1 * ((nd - 1) / nd)\n            c1 = c0 + c1 * x * ((2 * nd - 1) / nd)\n    return c0 + c1 * x\n"),),
        "unsound", "the second coefficient needs the first as it was",
    ),
    Rewrite(
        "kron: product into its place", KRON,
        (("    result = _nx.multiply(a_arr, b_arr, subok=(not is_any_mat))\n",
          "    result = _nx.multiply(a_arr, b_arr, subok=(not is_any_mat), order='C')\n"),),
        "exact", "reshaping makes the result row-major anyhow",
    ),
    Rewrite(
        "kron: by einsum", KRON,
        (("    result = _nx.multiply(a_arr, b_arr, subok=(not is_any_mat))\n", "    result = _nx.multiply(b_arr, a_arr, subok=(not is_any_mat))\n"),),
        "exact", "a product of two numbers does not depend on their order",
    ),
    Rewrite(
        "kron: factors swapped", KRON,
        (("    a_arr = expand_dims(a_arr, axis=tuple(range(1, nd * 2, 2)))\n    b_arr = expand_dims(b_arr, axis=tuple(range(0, nd * 2, 2)))\n",
          "    a_arr = expand_dims(a_arr, axis=tuple(range(0, nd * 2, 2)))\n    b_arr = expand_dims(b_arr, axis=tuple(range(1, nd * 2, 2)))\n"),),
        "unsound", "the blocks are laid out the other way round",
    ),
)  # fmt: skip
