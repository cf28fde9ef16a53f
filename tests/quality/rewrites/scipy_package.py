"""Rewrites of functions of SciPy."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

WHITEN = "scipy.cluster.vq::whiten"
CODES = "scipy.cluster.vq::py_vq"
PROCRUSTES = "scipy.spatial._procrustes::procrustes"
SHANNON = "scipy.spatial.distance::jensenshannon"
ROSEN = "scipy.optimize._optimize::rosen_der"
TRAPEZOID = "scipy.integrate._quadrature::trapezoid"
RUNNING = "scipy.integrate._quadrature::cumulative_trapezoid"
DETREND = "scipy.signal._signaltools::detrend"
HILBERT = "scipy.signal._signaltools::hilbert"

REWRITES = (
    Rewrite(
        "scipy whiten: ones written in place", WHITEN,
        (("    std_dev = xpx.at(std_dev, zero_std_mask).set(1.0)\n", "    std_dev[zero_std_mask] = 1.0\n"),),
        "exact", "the deviations are fresh",
    ),
    Rewrite(
        "scipy whiten: product with the reciprocals", WHITEN,
        (("    return obs / std_dev\n", "    return obs * (1.0 / std_dev)\n"),),
        "close", "rounds twice",
    ),
    Rewrite(
        "scipy whiten: divided in place", WHITEN,
        (("    return obs / std_dev\n", "    obs /= std_dev\n    return obs\n"),),
        "unsound", "`_asarray` gives the caller's own array back",
    ),
    Rewrite(
        "scipy whiten: no special case", WHITEN,
        (("    std_dev = xpx.at(std_dev, zero_std_mask).set(1.0)\n", "    std_dev += 1e-300\n"),),
        "unsound", "constant columns become huge instead of staying",
    ),
    Rewrite(
        "scipy whiten: deviation of a sample", WHITEN,
        (("    std_dev = xp.std(obs, axis=0)\n", "    std_dev = xp.std(obs, axis=0, ddof=1)\n"),),
        "unsound", "another divisor",
    ),
    Rewrite(
        "vq: distance taken by the code", CODES,
        (("    min_dist = xp.min(dist, axis=1)\n", "    min_dist = dist[xp.arange(dist.shape[0]), code]\n"),),
        "exact", "the smallest is where its index says",
    ),
    Rewrite(
        "vq: codes block by block", CODES,
        (("    dist = xp.asarray(cdist(obs, code_book))\n    code = xp.argmin(dist, axis=1)\n    min_dist = xp.min(dist, axis=1)\n",
          "    if obs.shape[1] != code_book.shape[1] or not len(code_book):\n        cdist(obs, code_book).argmin(axis=1)\n"
          "    code = np.empty(len(obs), dtype=np.intp)\n    min_dist = np.empty(len(obs))\n    for i in range(0, len(obs), 16):\n"
          "        dist = cdist(obs[i : i + 16], code_book)\n        code[i : i + 16] = dist.argmin(axis=1)\n"
          "        min_dist[i : i + 16] = dist.min(axis=1)\n"),),
        "exact", "rows do not depend on one another; misfits raise in the same call as before",
    ),
    Rewrite(
        "vq: squared distances", CODES,
        (("    dist = xp.asarray(cdist(obs, code_book))\n", "    dist = xp.asarray(cdist(obs, code_book, \"sqeuclidean\"))\n"),),
        "unsound", "the distances returned are squares",
    ),
    Rewrite(
        "vq: blocks that leave out the last", CODES,
        (("    dist = xp.asarray(cdist(obs, code_book))\n    code = xp.argmin(dist, axis=1)\n    min_dist = xp.min(dist, axis=1)\n",
          "    code = np.zeros(len(obs), dtype=np.intp)\n    min_dist = np.zeros(len(obs))\n    for i in range(0, len(obs) - 15, 16):\n"
          "        dist = cdist(obs[i : i + 16], code_book)\n        code[i : i + 16] = dist.argmin(axis=1)\n"
          "        min_dist[i : i + 16] = dist.min(axis=1)\n"),),
        "unsound", "rows after the last full block get the first code",
    ),
    Rewrite(
        "vq: codes in 32 bits", CODES,
        (("    code = xp.argmin(dist, axis=1)\n    min_dist", "    code = xp.argmin(dist, axis=1).astype(np.int32)\n    min_dist"),),
        "unsound", "another dtype",
    ),
    Rewrite(
        "procrustes: scaled by reference", PROCRUSTES,
        (("    mtx2 = np.dot(mtx2, R.T) * s\n", "    mtx2 = np.dot(mtx2, R.T)\n    mtx2 *= s\n"),),
        "exact", "the product is fresh",
    ),
    Rewrite(
        "procrustes: difference squared in place", PROCRUSTES,
        (("    disparity = np.sum(np.square(mtx1 - mtx2))\n",
          "    difference = mtx1 - mtx2\n    disparity = np.sum(np.square(difference, out=difference))\n"),),
        "exact", "the difference is fresh",
    ),
    Rewrite(
        "procrustes: sum of squares by a product", PROCRUSTES,
        (("    disparity = np.sum(np.square(mtx1 - mtx2))\n",
          "    difference = mtx1 - mtx2\n    disparity = np.vdot(difference, difference)\n"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "procrustes: no copy of the first", PROCRUSTES,
        (("    mtx1 = np.array(data1, dtype=np.float64, copy=True)\n", "    mtx1 = np.asarray(data1, dtype=np.float64)\n"),),
        "unsound", "the caller's matrix is centred and scaled",
    ),
    Rewrite(
        "procrustes: difference in the first", PROCRUSTES,
        (("    disparity = np.sum(np.square(mtx1 - mtx2))\n",
          "    mtx1 -= mtx2\n    disparity = np.sum(np.square(mtx1))\n"),),
        "unsound", "the first matrix is returned as well",
    ),
    Rewrite(
        "procrustes: rotation not turned round", PROCRUSTES,
        (("    mtx2 = np.dot(mtx2, R.T) * s\n", "    mtx2 = np.dot(mtx2, R) * s\n"),),
        "unsound", "rotates the other way",
    ),
    Rewrite(
        "jensen-shannon: mean in its sum", SHANNON,
        (("    m = (p + q) / 2.0\n    left", "    m = p + q\n    m /= 2.0\n    left"),),
        "exact", "both are floats after normalisation, and the sum is fresh",
    ),
    Rewrite(
        "jensen-shannon: one sum", SHANNON,
        (("    right = rel_entr(q, m)\n    left_sum = np.sum(left, axis=axis, keepdims=keepdims)\n    right_sum = np.sum(right, axis=axis, keepdims=keepdims)\n    js = left_sum + right_sum\n",
          "    left += rel_entr(q, m)\n    js = np.sum(left, axis=axis, keepdims=keepdims)\n"),),
        "close", "the same terms in another order",
    ),
    Rewrite(
        "jensen-shannon: normalised in place", SHANNON,
        (("    p = p / np.sum(p, axis=axis, keepdims=True)\n    q = q / np.sum(q, axis=axis, keepdims=True)\n    m =",
          "    p /= np.sum(p, axis=axis, keepdims=True)\n    q /= np.sum(q, axis=axis, keepdims=True)\n    m ="),),
        "unsound", "changes the caller's distributions",
    ),
    Rewrite(
        "jensen-shannon: entropies by logarithms", SHANNON,
        (("    left = rel_entr(p, m)\n    right = rel_entr(q, m)\n", "    left = p * np.log(p / m)\n    right = q * np.log(q / m)\n"),),
        "unsound", "zero times the logarithm of zero is NaN",
    ),
    Rewrite(
        "jensen-shannon: mean kept in p", SHANNON,
        (("    m = (p + q) / 2.0\n    left", "    p += q\n    p /= 2.0\n    m = p\n    left"),),
        "unsound", "p is compared with itself",
    ),
    Rewrite(
        "rosen: inner part built in one buffer", ROSEN,
        (("    der[1:-1] = (200 * (xm - xm_m1**2) -\n                 400 * (xm_p1 - xm**2) * xm - 2 * (1 - xm))\n",
          "    inner = 200 * (xm - xm_m1**2)\n    inner -= 400 * (xm_p1 - xm**2) * xm\n    inner -= 2 * (1 - xm)\n    der[1:-1] = inner\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "rosen: products expanded", ROSEN,
        (("                 400 * (xm_p1 - xm**2) * xm - 2 * (1 - xm))\n",
          "                 (xm_p1 - xm**2) * (400 * xm) - 2 * (1 - xm))\n"),),
        "close", "rounds in another order",
    ),
    Rewrite(
        "rosen: derivative in the point", ROSEN,
        (("    der = xp.zeros_like(x)\n    der[1:-1] = (200", "    der = x\n    der[1:-1] = (200"),),
        "unsound", "changes the caller's point, and the ends are computed from it",
    ),
    Rewrite(
        "rosen: ends not filled", ROSEN,
        (("    der[0] = -400 * x[0] * (x[1] - x[0]**2) - 2 * (1 - x[0])\n    der[-1] = 200 * (x[-1] - x[-2]**2)\n    return der",
          "    der[0] = -400 * x[0] * (x[1] - x[0]**2) - 2 * (1 - x[0])\n    return der"),),
        "unsound", "the last component is zero",
    ),
    Rewrite(
        "trapezoid: sum of neighbours weighted in place", TRAPEZOID,
        (("    try:\n        ret = xp.sum(\n            d * (y[tuple(slice1)] + y[tuple(slice2)]) / 2.0,\n",
          "    try:\n        area = d * (y[tuple(slice1)] + y[tuple(slice2)])\n        area = area / 2.0\n        ret = xp.sum(\n            area,\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "trapezoid: widths times each neighbour", TRAPEZOID,
        (("    try:\n        ret = xp.sum(\n            d * (y[tuple(slice1)] + y[tuple(slice2)]) / 2.0,\n",
          "    try:\n        ret = xp.sum(\n            (d * y[tuple(slice1)] + d * y[tuple(slice2)]) / 2.0,\n"),),
        "close", "rounds before the sum of neighbours and not after it",
    ),
    Rewrite(
        "trapezoid: neighbours added in place", TRAPEZOID,
        (("    try:\n        ret = xp.sum(\n            d * (y[tuple(slice1)] + y[tuple(slice2)]) / 2.0,\n",
          "    try:\n        pair = y[tuple(slice1)]\n        pair += y[tuple(slice2)]\n        ret = xp.sum(\n            d * pair / 2.0,\n"),),
        "unsound", "a slice is a view of the caller's array",
    ),
    Rewrite(
        "trapezoid: rectangles", TRAPEZOID,
        (("    try:\n        ret = xp.sum(\n            d * (y[tuple(slice1)] + y[tuple(slice2)]) / 2.0,\n",
          "    try:\n        ret = xp.sum(\n            d * y[tuple(slice2)],\n"),),
        "unsound", "another rule",
    ),
    Rewrite(
        "running trapezoid: halves in place", RUNNING,
        (("    res = xp.cumulative_sum(d * (y[slice1] + y[slice2]) / 2.0, axis=axis)\n",
          "    pair = y[slice1] + y[slice2]\n    res = xp.cumulative_sum(d * pair / 2.0, axis=axis)\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "running trapezoid: into one array", RUNNING,
        (("    res = xp.cumulative_sum(d * (y[slice1] + y[slice2]) / 2.0, axis=axis)\n",
          "    res = d * (y[slice1] + y[slice2]) / 2.0\n    res = np.cumsum(res, axis=axis, out=res)\n"),),
        "exact", "a running sum may overwrite what it has read",
    ),
    Rewrite(
        "running trapezoid: sum of the values' sums", RUNNING,
        (("    res = xp.cumulative_sum(d * (y[slice1] + y[slice2]) / 2.0, axis=axis)\n",
          "    res = xp.cumulative_sum(d, axis=axis) * (y[slice1] + y[slice2]) / 2.0\n"),),
        "unsound", "widths are summed, not areas",
    ),
    Rewrite(
        "running trapezoid: start without a place", RUNNING,
        (("        res = xp.concat((xp.full(tuple(shape), initial, dtype=res.dtype), res),\n                        axis=axis)\n",
          "        res[..., 0] = initial\n"),),
        "unsound", "the first area is overwritten and the result one shorter",
    ),
    Rewrite(
        "detrend: fit subtracted in place", DETREND,
        (("            newdata[sl] = newdata[sl] - A @ coef\n", "            newdata[sl] -= A @ coef\n"),),
        "exact", "the same subtraction into the same place",
    ),
    Rewrite(
        "detrend: line filled by one expression", DETREND,
        (("            A = np.ones((Npts, 2), dtype)\n            A[:, 0] = np.arange(1, Npts + 1, dtype=dtype) / Npts\n",
          "            A = np.empty((Npts, 2), dtype)\n            A[:, 1] = 1\n            A[:, 0] = np.arange(1, Npts + 1, dtype=dtype) / Npts\n"),),
        "exact", "the same matrix",
    ),
    Rewrite(
        "detrend: no copy", DETREND,
        (("            newdata = newdata.copy()  # make sure we have a copy\n", "            pass\n"),),
        "unsound", "the caller's data lose their trend",
    ),
    Rewrite(
        "detrend: line without its last point", DETREND,
        (("A[:, 0] = np.arange(1, Npts + 1, dtype=dtype) / Npts\n            sl = slice(bp[m], bp[m + 1])\n",
          "A[:, 0] = np.arange(1, Npts + 1, dtype=dtype) / Npts\n            sl = slice(bp[m], bp[m + 1])\n            A[-1] = 0\n"),),
        "unsound", "the last point keeps its trend and does not count",
    ),
    Rewrite(
        "hilbert: inverse into the spectrum", HILBERT,
        (("    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis)\n",
          "    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis, overwrite_x=True)\n"),),
        "exact", "the spectrum is fresh and not used again",
    ),
    Rewrite(
        "hilbert: positive half kept", HILBERT,
        (("        Xf[..., 1: N // 2] *= 2.0\n        Xf[..., N // 2 + 1:N] = 0.0\n    else:\n        Xf[..., 1:(N + 1) // 2] *= 2.0\n        Xf[..., (N + 1) // 2:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis)\n    return x",
          "        Xf[..., 1: N // 2] *= 2.0\n        Xf[..., N // 2:N] = 0.0\n    else:\n        Xf[..., 1:(N + 1) // 2] *= 2.0\n        Xf[..., (N + 1) // 2:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis)\n    return x"),),
        "unsound", "the middle frequency is lost where the length is even",
    ),
    Rewrite(
        "hilbert: one rule for all lengths", HILBERT,
        (("    if N % 2 == 0:\n        Xf[..., 1: N // 2] *= 2.0\n        Xf[..., N // 2 + 1:N] = 0.0\n    else:\n        Xf[..., 1:(N + 1) // 2] *= 2.0\n        Xf[..., (N + 1) // 2:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis)\n    return x",
          "    Xf[..., 1: N // 2] *= 2.0\n    Xf[..., N // 2 + 1:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = sp_fft.ifft(Xf, axis=axis)\n    return x"),),
        "unsound", "for odd lengths the largest frequency is not doubled",
    ),
    Rewrite(
        "hilbert: transform over the signal", HILBERT,
        (("    Xf = sp_fft.fft(x, N, axis=axis)\n    Xf = xp.moveaxis(Xf, axis, -1)\n    if N % 2 == 0:\n        Xf[..., 1: N // 2] *= 2.0\n        Xf[..., N // 2 + 1:N] = 0.0\n    else:\n        Xf[..., 1:(N + 1) // 2] *= 2.0\n        Xf[..., (N + 1) // 2:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = ",
          "    Xf = sp_fft.fft(x.astype(np.float32), N, axis=axis)\n    Xf = xp.moveaxis(Xf, axis, -1)\n    if N % 2 == 0:\n        Xf[..., 1: N // 2] *= 2.0\n        Xf[..., N // 2 + 1:N] = 0.0\n    else:\n        Xf[..., 1:(N + 1) // 2] *= 2.0\n        Xf[..., (N + 1) // 2:N] = 0.0\n\n    Xf = xp.moveaxis(Xf, -1, axis)\n    x = "),),
        "unsound", "complex64 where complex128 was",
    ),
)  # fmt: skip
