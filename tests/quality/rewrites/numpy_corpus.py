"""Rewrites of the corpus programs that learn from or look through tables of numbers."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

SOFTMAX = "corpus/softmax/softmax.py::softmax"
DENSITY = "corpus/kernel_density/kernel_density.py::select_bandwidth"
KMEANS = "corpus/kmeans/kmeans.py::kmeans"
LOGISTIC = "corpus/logistic_regression/logistic_regression.py::fit"
METRICS = "corpus/metrics_report/metrics_report.py::report"
SEARCH = "corpus/embedding_search/embedding_search/ranking.py::rank"
RANGE = "corpus/rescale_range/rescale_range.py::rescale"
SHARES = "corpus/token_shares/token_shares.py::token_shares"
DRIFT = "corpus/weight_drift/weight_drift.py::drift_history"
WHITEN = "corpus/whitening/whitening.py::whiten"

REWRITES = (
    Rewrite(
        "softmax: standardised in the centred buffer", SOFTMAX,
        (("standardised = centred / std\n    return standardised", "centred /= std\n    return centred"),),
        "exact", "`centred` is fresh, a float whatever the logits are, and not used again",
    ),
    Rewrite(
        "softmax: exp into its own argument", SOFTMAX,
        (("exps = np.exp(shifted)", "exps = np.exp(shifted, out=shifted)"),),
        "exact", "`shifted` is fresh and not used again",
    ),
    Rewrite(
        "softmax: one reciprocal a row", SOFTMAX,
        (("probabilities = exps / totals", "probabilities = exps * (1.0 / totals)"),),
        "close", "a product with the reciprocal rounds twice",
    ),
    Rewrite(
        "softmax: logits centred in place", SOFTMAX,
        (("centred = logits - mean", "centred = logits\n    centred -= mean"),),
        "unsound", "changes the caller's logits, and raises on integers",
    ),
    Rewrite(
        "softmax: one maximum for all rows", SOFTMAX,
        (("scaled.max(axis=1, keepdims=True)", "scaled.max()"),),
        "unsound", "a NaN in one row becomes the maximum of every row",
    ),
    Rewrite(
        "softmax: library variance", SOFTMAX,
        (("variance = (centred**2).mean(axis=1, keepdims=True)",
          "variance = logits.var(axis=1, keepdims=True, ddof=1)"),),
        "unsound", "another divisor",
    ),
    Rewrite(
        "softmax: exp in single precision", SOFTMAX,
        (("exps = np.exp(shifted)", "exps = np.exp(shifted.astype(np.float32))"),),
        "unsound", "the result becomes float32",
    ),
    Rewrite(
        "density: distances clipped in place", DENSITY,
        (("distances = np.maximum(distances, 0.0)", "np.maximum(distances, 0.0, out=distances)"),),
        "exact", "`distances` is fresh and a float: twice the cross product is",
    ),
    Rewrite(
        "density: the kernel in the buffer of its exponent", DENSITY,
        (("kernel = np.exp(exponent)", "kernel = np.exp(exponent, out=exponent)"),),
        "exact", "the exponent is fresh and not used again",
    ),
    Rewrite(
        "density: a matrix product for the weighted sum", DENSITY,
        (("weighted = kernel * weights[None, :]\n    density = weighted.sum(axis=1)",
          "density = kernel @ weights"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "density: exponent in the distances' buffer", DENSITY,
        (("exponent = -0.5 * distances / bandwidth**2",
          "distances *= -0.5\n    distances /= bandwidth**2\n    exponent = distances"),),
        "unsound", "the next bandwidth needs the distances",
    ),
    Rewrite(
        "density: cross product in single precision", DENSITY,
        (("cross = a @ b.T", "cross = a.astype(np.float32) @ b.astype(np.float32).T"),),
        "unsound", "seven digits where sixteen were",
    ),
    Rewrite(
        "density: blocks that leave out the last", DENSITY,
        (("cross = a @ b.T",
          "cross = np.zeros((len(a), len(b)))\n    for i in range(0, len(a) - 15, 16):\n"
          "        cross[i : i + 16] = a[i : i + 16] @ b.T"),),
        "unsound", "rows after the last full block stay zero",
    ),
    Rewrite(
        "k-means: difference squared in place", KMEANS,
        (("return (difference**2).sum(axis=2)", "difference *= difference\n    return difference.sum(axis=2)"),),
        "exact", "`difference` is fresh, and a square is a product with itself",
    ),
    Rewrite(
        "k-means: distances in blocks", KMEANS,
        (("difference = points[:, np.newaxis, :] - centres[np.newaxis, :, :]\n    return (difference**2).sum(axis=2)",
          "distances = np.empty((len(points), len(centres)), dtype=np.result_type(points, centres))\n"
          "    for i in range(0, len(points), 8):\n"
          "        difference = points[i : i + 8, np.newaxis, :] - centres[np.newaxis, :, :]\n"
          "        distances[i : i + 8] = (difference**2).sum(axis=2)\n    return distances"),),
        "exact", "rows do not depend on one another; the sums are as long as before",
    ),
    Rewrite(
        "k-means: einsum for the sum of squares", KMEANS,
        (("return (difference**2).sum(axis=2)", 'return np.einsum("ijk,ijk->ij", difference, difference)'),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "k-means: binomial formula", KMEANS,
        (("difference = points[:, np.newaxis, :] - centres[np.newaxis, :, :]\n    return (difference**2).sum(axis=2)",
          "norms = (points * points).sum(axis=1)[:, np.newaxis] + (centres * centres).sum(axis=1)\n"
          "    return norms - 2.0 * (points @ centres.T)"),),
        "unsound", "a chosen point is not at distance 0 from itself any more, but slightly below or above",
    ),
    Rewrite(
        "k-means: centres moved in place", KMEANS,
        (("moved = centres.copy()", "moved = centres"),),
        "unsound", "the test for convergence compares an array with itself",
    ),
    Rewrite(
        "k-means: means by one scatter", KMEANS,
        (("    for j in range(len(centres)):\n        members = points[labels == j]\n        if len(members):\n"
          "            moved[j] = members.mean(axis=0)\n    return moved",
          "    moved[:] = 0\n    np.add.at(moved, labels, points)\n"
          "    return moved / np.bincount(labels, minlength=len(centres))[:, np.newaxis]"),),
        "unsound", "a centre without members becomes NaN instead of staying",
    ),
    Rewrite(
        "logistic: scaled in the centred buffer", LOGISTIC,
        (("scaled = centred / scale", "centred /= scale\n    scaled = centred"),),
        "exact", "`centred` is fresh and a float",
    ),
    Rewrite(
        "logistic: weights and velocity updated in place", LOGISTIC,
        (("velocity = momentum * velocity - rate * step\n        weights = weights + velocity",
          "velocity *= momentum\n        velocity -= rate * step\n        weights += velocity"),),
        "exact", "both are the function's own, and nothing keeps their old values",
    ),
    Rewrite(
        "logistic: gradient by a matrix product", LOGISTIC,
        (("per_sample = error[:, np.newaxis] * design\n    return per_sample.sum(axis=0) / len(design)",
          "return error @ design / len(design)"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "logistic: features centred in place", LOGISTIC,
        (("centred = features - mean", "centred = features\n    centred -= mean"),),
        "unsound", "changes the caller's features",
    ),
    Rewrite(
        "logistic: one penalty for all weights", LOGISTIC,
        (("step[:-1] += penalty * weights[:-1]", "step += penalty * weights"),),
        "unsound", "the intercept is penalised too",
    ),
    Rewrite(
        "metrics: brier on a float copy", METRICS,
        (("onehot = np.eye(probabilities.shape[1])[labels]\n    difference = probabilities - onehot",
          "difference = probabilities.astype(float)\n    difference[np.arange(len(labels)), labels] -= 1.0"),),
        "exact", "subtracting zero changes nothing; the copy is double precision like the identity was",
    ),
    Rewrite(
        "metrics: mean of booleans", METRICS,
        (("return confident.astype(float).mean(axis=0)", "return confident.mean(axis=0)"),),
        "exact", "booleans are summed as double precision numbers",
    ),
    Rewrite(
        "metrics: clipped in place", METRICS,
        (("safe = np.clip(probabilities, 1e-12, 1.0)", "safe = np.clip(probabilities, 1e-12, 1.0, out=probabilities)"),),
        "unsound", "changes the caller's probabilities",
    ),
    Rewrite(
        "metrics: brier on a plain copy", METRICS,
        (("onehot = np.eye(probabilities.shape[1])[labels]\n    difference = probabilities - onehot",
          "difference = probabilities.copy()\n    difference[np.arange(len(labels)), labels] -= 1.0"),),
        "unsound", "a float cannot be subtracted from integers in place",
    ),
    Rewrite(
        "metrics: likelihood by indexing", METRICS,
        (("likelihood = (onehot * np.log(safe)).sum(axis=1)",
          "likelihood = np.log(safe[np.arange(len(labels)), labels])"),),
        "unsound", "a NaN at another class does not reach the loss any more",
    ),
    Rewrite(
        "search: identity rows written into zeros", SEARCH,
        (("onehot = np.eye(len(table))[tokens]",
          "onehot = np.zeros((len(tokens), len(table)))\n    onehot[np.arange(len(tokens)), tokens] = 1.0"),),
        "close", "the same matrix without the identity, but a token out of range is reported for another axis",
    ),
    Rewrite(
        "search: penalty subtracted in place", SEARCH,
        (("adjusted = similarity - penalty[np.newaxis, :]",
          "similarity -= penalty[np.newaxis, :]\n    adjusted = similarity"),),
        "exact", "`similarity` is fresh, and double precision since the identity is",
    ),
    Rewrite(
        "search: table looked up", SEARCH,
        (("onehot = np.eye(len(table))[tokens]\n    words = onehot @ table", "words = table[tokens]"),),
        "unsound", "zero times NaN is NaN: a NaN in one row of the table reached every query",
    ),
    Rewrite(
        "search: words of a query apart", SEARCH,
        (("words.reshape(-1, length, table.shape[1]).mean(axis=1)",
          "words.reshape(length, -1, table.shape[1]).mean(axis=0)"),),
        "unsound", "words of other queries are averaged",
    ),
    Rewrite(
        "range: the difference scaled in place", RANGE,
        (("matrix = (matrix - low) / span * (upper - lower) + lower",
          "matrix = matrix - low\n    matrix /= span\n    matrix *= upper - lower\n    matrix += lower"),),
        "exact", "the same steps on an array that is the function's own",
    ),
    Rewrite(
        "range: one factor", RANGE,
        (("(matrix - low) / span * (upper - lower) + lower", "(matrix - low) * ((upper - lower) / span) + lower"),),
        "close", "one rounding less",
    ),
    Rewrite(
        "range: scaled in place", RANGE,
        (("matrix = (matrix - low) / span * (upper - lower) + lower",
          "matrix -= low\n    matrix /= span\n    matrix *= upper - lower\n    matrix += lower"),),
        "unsound", "`asarray` gives the caller's own array back",
    ),
    Rewrite(
        "shares: converted once, divided in place", SHARES,
        (("counts = counts / np.maximum(totals, 1)", "counts = counts.astype(float)\n    counts /= np.maximum(totals, 1)"),),
        "exact", "division of integers converts them first",
    ),
    Rewrite(
        "shares: divided in place", SHARES,
        (("counts = counts / np.maximum(totals, 1)", "counts /= np.maximum(totals, 1)"),),
        "unsound", "integers cannot hold the quotient",
    ),
    Rewrite(
        "shares: pairs in 16 bits", SHARES,
        (("pairs = owners * vocabulary + tokens", "pairs = (owners * vocabulary + tokens).astype(np.uint16)"),),
        "unsound", "more than 65,535 cells wrap around",
    ),
    Rewrite(
        "shares: table brought to size", SHARES,
        (("counts = np.bincount(pairs, minlength=documents * vocabulary)\n    return counts.reshape(documents, vocabulary)",
          "return np.resize(np.bincount(pairs), (documents, vocabulary))"),),
        "unsound", "`resize` repeats counts where it should append zeros",
    ),
    Rewrite(
        "drift: error in one buffer", DRIFT,
        (("error = reconstruct(weights, batch) - batch", "error = reconstruct(weights, batch)\n    error -= batch"),),
        "exact", "the reconstruction is fresh",
    ),
    Rewrite(
        "drift: start without a copy", DRIFT,
        (("start = weights.copy()", "start = weights"),),
        "unsound", "the weights change in place, and their start with them",
    ),
    Rewrite(
        "drift: error in the batch", DRIFT,
        (("error = reconstruct(weights, batch) - batch", "error = np.subtract(reconstruct(weights, batch), batch, out=batch)"),),
        "unsound", "the batch is the caller's, and needed below",
    ),
    Rewrite(
        "whiten: scaled in the centred buffer", WHITEN,
        (("scaled = centred / (samples.std(axis=0) + EPSILON)", "centred /= samples.std(axis=0) + EPSILON\n    scaled = centred"),),
        "exact", "`centred` is fresh and a float",
    ),
    Rewrite(
        "whiten: residual in place", WHITEN,
        (("residual = scaled - restored\n    errors = (residual**2).sum(axis=1)",
          "np.subtract(scaled, restored, out=restored)\n    restored *= restored\n    errors = restored.sum(axis=1)"),),
        "exact", "the restored samples are fresh, and the residual has their layout",
    ),
    Rewrite(
        "whiten: samples centred in place", WHITEN,
        (("centred = samples - samples.mean(axis=0)", "centred = samples\n    centred -= samples.mean(axis=0)"),),
        "unsound", "changes the caller's samples",
    ),
    Rewrite(
        "whiten: covariance of the wrong divisor", WHITEN,
        (("covariance = scaled.T @ scaled / max(1, len(scaled) - 1)", "covariance = np.cov(scaled, rowvar=False, bias=True)"),),
        "unsound", "divides by n where n - 1 was",
    ),
)  # fmt: skip
