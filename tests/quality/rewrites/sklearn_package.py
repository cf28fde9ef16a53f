"""Rewrites of functions of scikit-learn."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

SOFTMAX = "sklearn.utils.extmath::softmax"
MODE = "sklearn.utils.extmath::weighted_mode"
INPLACE = "sklearn.neural_network._base::inplace_softmax"
LOSS = "sklearn.neural_network._base::binary_log_loss"
COVARIANCES = "sklearn.mixture._gaussian_mixture::_estimate_gaussian_covariances_full"
LOG_PROB = "sklearn.mixture._gaussian_mixture::_estimate_log_gaussian_prob"
DCG = "sklearn.metrics._ranking::_dcg_sample_scores"
DIVERGENCE = "sklearn.manifold._t_sne::_kl_divergence"
UPDATE = "sklearn.decomposition._nmf::_multiplicative_update_w"
OAS = "sklearn.covariance._shrunk_covariance::_oas"

REWRITES = (
    Rewrite(
        "sklearn softmax: maximum freed early", SOFTMAX,
        (("    X -= max_prob\n", "    X -= max_prob\n    del max_prob\n"),),
        "exact", "it is not used again",
    ),
    Rewrite(
        "sklearn softmax: product with the reciprocal", SOFTMAX,
        (("    X /= sum_prob\n    return X", "    X *= 1.0 / sum_prob\n    return X"),),
        "close", "rounds twice; integers have raised by then",
    ),
    Rewrite(
        "sklearn softmax: no copy", SOFTMAX,
        (("    if copy:\n        X = xp.asarray(X, copy=True)\n    max_prob", "    max_prob"),),
        "unsound", "changes the caller's array though a copy was asked for",
    ),
    Rewrite(
        "sklearn softmax: copy unless needed", SOFTMAX,
        (("        X = xp.asarray(X, copy=True)\n    max_prob", "        X = np.ascontiguousarray(X)\n    max_prob"),),
        "unsound", "a contiguous array is not copied at all",
    ),
    Rewrite(
        "sklearn softmax: one maximum", SOFTMAX,
        (("max_prob = xp.reshape(xp.max(X, axis=1), (-1, 1))\n    X -= max_prob", "X -= xp.max(X)"),),
        "unsound", "a NaN, or one far larger row, spoils the others",
    ),
    Rewrite(
        "inplace softmax: the difference in X", INPLACE,
        (("tmp = X - X.max(axis=1)[:, np.newaxis]\n    np.exp(tmp, out=X)", "X -= X.max(axis=1)[:, np.newaxis]\n    np.exp(X, out=X)"),),
        "close", "X is changed by contract; what it holds where exp refuses integers is another matter",
    ),
    Rewrite(
        "inplace softmax: on a new array", INPLACE,
        (("    np.exp(tmp, out=X)\n    X /= X.sum(axis=1)[:, np.newaxis]", "    X = np.exp(tmp, out=tmp)\n    X /= X.sum(axis=1)[:, np.newaxis]"),),
        "unsound", "the caller's array stays as it was",
    ),
    Rewrite(
        "inplace softmax: without the maximum", INPLACE,
        (("tmp = X - X.max(axis=1)[:, np.newaxis]\n    np.exp(tmp, out=X)", "np.exp(X, out=X)"),),
        "unsound", "infinite logits give NaN for the rest of the row",
    ),
    Rewrite(
        "log loss: second term in place", LOSS,
        (("        xlogy(y_true, y_prob) + xlogy(1 - y_true, 1 - y_prob),\n",
          "        np.add(xlogy(y_true, y_prob), xlogy(1 - y_true, 1 - y_prob)),\n"),),
        "exact", "the same addition",
    ),
    Rewrite(
        "log loss: buffers reused", LOSS,
        (("    return -np.average(\n        xlogy(y_true, y_prob) + xlogy(1 - y_true, 1 - y_prob),\n",
          "    loss = xlogy(y_true, y_prob)\n    loss += xlogy(1 - y_true, 1 - y_prob)\n    return -np.average(\n        loss,\n"),),
        "exact", "both terms are fresh and have one dtype, whatever truth and prediction have",
    ),
    Rewrite(
        "log loss: probabilities clipped in place", LOSS,
        (("    y_prob = np.clip(y_prob, eps, 1 - eps)\n    return -np.average(\n        xlogy(y_true, y_prob) +",
          "    np.clip(y_prob, eps, 1 - eps, out=y_prob)\n    return -np.average(\n        xlogy(y_true, y_prob) +"),),
        "unsound", "changes the caller's probabilities",
    ),
    Rewrite(
        "log loss: chosen by a mask", LOSS,
        (("        xlogy(y_true, y_prob) + xlogy(1 - y_true, 1 - y_prob),\n",
          "        np.log(np.where(y_true == 1, y_prob, 1 - y_prob)),\n"),),
        "unsound", "a truth that is neither 0 nor 1, or NaN, counts as 0",
    ),
    Rewrite(
        "covariances: difference in one buffer", COVARIANCES,
        (("        diff = X - means[k, :]\n        covariances[k, :, :] = ((resp[:, k] * diff.T) @ diff) / nk[k]\n",
          "        diff = X - means[k, :]\n        product = (resp[:, k] * diff.T) @ diff\n        product /= nk[k]\n"
          "        covariances[k, :, :] = product\n"),),
        "exact", "the product is fresh, and the quotient is rounded to the dtype of X either way",
    ),
    Rewrite(
        "covariances: rows weighted by their roots", COVARIANCES,
        (("((resp[:, k] * diff.T) @ diff) / nk[k]", "np.einsum(\"i,ij,ik->jk\", resp[:, k], diff, diff) / nk[k]"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "covariances: points centred in place", COVARIANCES,
        (("        diff = X - means[k, :]\n        covariances", "        diff = X\n        diff -= means[k, :]\n        covariances"),),
        "unsound", "changes the caller's points, and every component centres them again",
    ),
    Rewrite(
        "covariances: moments without centring", COVARIANCES,
        (("((resp[:, k] * diff.T) @ diff) / nk[k]", "(resp[:, k] * X.T) @ X / nk[k] - np.outer(means[k], means[k]) * 1.0000001"),),
        "unsound", "a difference of large numbers, with a factor that only looks like one",
    ),
    Rewrite(
        "covariances: one buffer for all components", COVARIANCES,
        (("        diff = X - means[k, :]\n        covariances[k, :, :] = ((resp[:, k] * diff.T) @ diff) / nk[k]\n",
          "        diff = X - means[0, :]\n        covariances[k, :, :] = ((resp[:, k] * diff.T) @ diff) / nk[k]\n"),),
        "unsound", "all components are centred at the first one's mean",
    ),
    Rewrite(
        "log prob: projected mean subtracted in place", LOG_PROB,
        (("            y = (X @ prec_chol) - (mu @ prec_chol)\n            log_prob[:, k] = xp.sum(xp.square(y), axis=1)\n\n    elif covariance_type == \"tied\"",
          "            y = X @ prec_chol\n            y -= mu @ prec_chol\n            log_prob[:, k] = xp.sum(xp.square(y), axis=1)\n\n    elif covariance_type == \"tied\""),),
        "exact", "the product is fresh, and as wide as the projected mean unless the means alone are wider",
    ),
    Rewrite(
        "log prob: points centred first", LOG_PROB,
        (("            y = (X @ prec_chol) - (mu @ prec_chol)\n", "            y = (X - mu) @ prec_chol\n"),),
        "close", "the same value, rounded elsewhere",
    ),
    Rewrite(
        "log prob: sum of squares by einsum", LOG_PROB,
        (("            log_prob[:, k] = xp.sum(xp.square(y), axis=1)\n\n    elif covariance_type == \"tied\"",
          "            log_prob[:, k] = np.einsum(\"ij,ij->i\", y, y)\n\n    elif covariance_type == \"tied\""),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "log prob: centred in place", LOG_PROB,
        (("            y = (X @ prec_chol) - (mu @ prec_chol)\n", "            X -= mu\n            y = X @ prec_chol\n"),),
        "unsound", "changes the caller's points, and the next component centres them again",
    ),
    Rewrite(
        "log prob: half of the determinant", LOG_PROB,
        (("return -0.5 * (n_features * math.log(2 * math.pi) + log_prob) + log_det",
          "return -0.5 * (n_features * math.log(2 * math.pi) + log_prob + log_det)"),),
        "unsound", "the determinant is halved and its sign turned",
    ),
    Rewrite(
        "log prob: rows in blocks", LOG_PROB,
        (("            y = (X @ prec_chol) - (mu @ prec_chol)\n            log_prob[:, k] = xp.sum(xp.square(y), axis=1)\n\n    elif covariance_type == \"tied\"",
          "            for i in range(0, n_samples - 7, 8):\n                y = (X[i : i + 8] @ prec_chol) - (mu @ prec_chol)\n"
          "                log_prob[i : i + 8, k] = xp.sum(xp.square(y), axis=1)\n\n    elif covariance_type == \"tied\""),
         ("        log_prob = xp.empty((n_samples, n_components), dtype=X.dtype, device=device_)\n        for k in range(means.shape[0]):\n            mu = means[k, :]\n            prec_chol",
          "        log_prob = xp.zeros((n_samples, n_components), dtype=X.dtype, device=device_)\n        for k in range(means.shape[0]):\n            mu = means[k, :]\n            prec_chol")),
        "unsound", "rows after the last full block stay zero",
    ),
    Rewrite(
        "dcg: scores one by one", DCG,
        (("        cumulative_gains = [\n            _tie_averaged_dcg(y_t, y_s, discount_cumsum)\n            for y_t, y_s in zip(y_true, y_score)\n        ]\n        cumulative_gains = np.asarray(cumulative_gains)",
          "        cumulative_gains = np.fromiter(\n            (_tie_averaged_dcg(y_t, y_s, discount_cumsum) for y_t, y_s in zip(y_true, y_score)), float\n        )"),),
        "exact", "every score is a double",
    ),
    Rewrite(
        "dcg: running sum in the discounts", DCG,
        (("discount_cumsum = np.cumsum(discount)", "discount_cumsum = np.cumsum(discount, out=discount)"),),
        "exact", "the discounts are fresh and not used again in this branch",
    ),
    Rewrite(
        "dcg: ties ignored", DCG,
        (("    if ignore_ties:\n        ranking = np.argsort(y_score)[:, ::-1]", "    if True:\n        ranking = np.argsort(y_score)[:, ::-1]"),),
        "unsound", "tied scores are no longer averaged",
    ),
    Rewrite(
        "dcg: discounts cut", DCG,
        (("        discount[k:] = 0\n    if ignore_ties", "        discount = discount[:k]\n    if ignore_ties"),),
        "unsound", "ties beyond the cut have no discount to look up",
    ),
    Rewrite(
        "dcg: counts by indexing", DCG,
        (("    np.add.at(ranked, inv, y_true)", "    ranked[inv] += y_true"),),
        "unsound", "of tied documents one counts",
    ),
    Rewrite(
        "dcg: gains in single precision", DCG,
        (("    ranked = np.zeros(len(counts))", "    ranked = np.zeros(len(counts), dtype=np.float16)"),),
        "unsound", "means of ties keep three digits",
    ),
    Rewrite(
        "divergence: weights in one buffer", DIVERGENCE,
        (("    PQd = squareform((P - Q) * dist)\n", "    dist *= P - Q\n    PQd = squareform(dist)\n"),),
        "exact", "the distances are the function's own and double precision like Q",
    ),
    Rewrite(
        "divergence: normalised in Q", DIVERGENCE,
        (("    Q = np.maximum(dist / (2.0 * np.sum(dist)), MACHINE_EPSILON)\n",
          "    Q = dist / (2.0 * np.sum(dist))\n    np.maximum(Q, MACHINE_EPSILON, out=Q)\n"),),
        "exact", "Q is fresh",
    ),
    Rewrite(
        "divergence: normalised in place", DIVERGENCE,
        (("    Q = np.maximum(dist / (2.0 * np.sum(dist)), MACHINE_EPSILON)\n",
          "    dist /= 2.0 * np.sum(dist)\n    Q = np.maximum(dist, MACHINE_EPSILON)\n"),),
        "unsound", "the gradient needs the kernel before normalisation",
    ),
    Rewrite(
        "divergence: P clipped in place", DIVERGENCE,
        (("np.log(np.maximum(P, MACHINE_EPSILON) / Q)", "np.log(np.maximum(P, MACHINE_EPSILON, out=P) / Q)"),
         ("    PQd = squareform((P - Q) * dist)\n", "    P -= Q\n    PQd = squareform(P * dist)\n")),
        "unsound", "changes the caller's P",
    ),
    Rewrite(
        "divergence: gradient scaled before it is flat", DIVERGENCE,
        (("    grad = grad.ravel()\n    c = 2.0 * (degrees_of_freedom + 1.0) / degrees_of_freedom\n    grad *= c\n\n    return kl_divergence, grad\n\n\ndef _kl_divergence_bh",
          "    c = 2.0 * (degrees_of_freedom + 1.0) / degrees_of_freedom\n    grad *= c\n    grad = grad.ravel()\n\n    return kl_divergence, grad\n\n\ndef _kl_divergence_bh"),),
        "exact", "the same product, and the same view",
    ),
    Rewrite(
        "divergence: skipped points", DIVERGENCE,
        (("    for i in range(skip_num_points, n_samples):\n        grad[i] = np.dot(np.ravel(PQd[i], order=\"K\"), X_embedded[i] - X_embedded)\n    grad = grad.ravel()",
          "    for i in range(skip_num_points, n_samples):\n        X_embedded -= X_embedded[i]\n        grad[i] = -np.dot(np.ravel(PQd[i], order=\"K\"), X_embedded)\n    grad = grad.ravel()"),),
        "unsound", "moves the caller's parameters",
    ),
    Rewrite(
        "nmf: copy kept only where needed", UPDATE,
        (("            numerator = XHt.copy()\n", "            numerator = XHt\n"),),
        "unsound", "the caller's product is divided in place",
    ),
    Rewrite(
        "nmf: regularisation in place", UPDATE,
        (("        denominator = denominator + l2_reg_W * W\n", "        denominator += l2_reg_W * W\n"),),
        "unsound", "for the Kullback-Leibler loss the denominator is one row, which cannot hold the sum",
    ),
    Rewrite(
        "nmf: copy by arithmetic", UPDATE,
        (("            numerator = XHt.copy()\n", "            numerator = XHt + 0.0\n"),),
        "close", "a copy for floats, and floats for integers",
    ),
    Rewrite(
        "nmf: factor not updated in place", UPDATE,
        (("    W *= delta_W\n\n    return W, H_sum, HHt, XHt", "    W = W * delta_W\n\n    return W, H_sum, HHt, XHt"),),
        "unsound", "the caller's factor stays as it was",
    ),
    Rewrite(
        "nmf: denominator in the kept product", UPDATE,
        (("        denominator = np.dot(W, HHt)\n", "        denominator = np.dot(W, HHt, out=XHt)\n"),),
        "unsound", "the kept product is overwritten",
    ),
    Rewrite(
        "mode: template by where, in double precision", MODE,
        (("        template = np.zeros(a.shape)\n        ind = a == score\n        template[ind] = w[ind]\n        counts",
          "        template = np.where(a == score, w, 0.0).astype(float)\n        counts"),),
        "exact", "the template was double precision too",
    ),
    Rewrite(
        "mode: mask without a name", MODE,
        (("        ind = a == score\n        template[ind] = w[ind]\n", "        np.copyto(template, w, where=a == score)\n"),),
        "exact", "the same elements are copied",
    ),
    Rewrite(
        "mode: one template", MODE,
        (("    for score in scores:\n        template = np.zeros(a.shape)\n", "    template = np.zeros(a.shape)\n    for score in scores:\n"),),
        "unsound", "weights of earlier scores stay in it",
    ),
    Rewrite(
        "mode: the largest in place", MODE,
        (("        mostfrequent = np.where(counts > oldcounts, score, oldmostfreq)\n        oldcounts = np.maximum(counts, oldcounts)\n",
          "        oldcounts = np.maximum(counts, oldcounts)\n        mostfrequent = np.where(counts > oldcounts, score, oldmostfreq)\n"),),
        "unsound", "nothing is larger than the maximum with itself",
    ),
    Rewrite(
        "mode: weighted product", MODE,
        (("        template = np.zeros(a.shape)\n        ind = a == score\n        template[ind] = w[ind]\n        counts",
          "        template = (a == score) * w\n        counts"),),
        "unsound", "a NaN weight of another score reaches this one",
    ),
    Rewrite(
        "mode: template of zeros by where", MODE,
        (("        template = np.zeros(a.shape)\n        ind = a == score\n        template[ind] = w[ind]\n        counts",
          "        template = np.where(a == score, w, 0.0)\n        counts"),),
        "unsound", "weights in single precision are added up in it; of few rows the sum stays within 1e-7",
    ),
    Rewrite(
        "oas: shrunk in the covariance", OAS,
        (("    shrunk_cov = (1.0 - shrinkage) * emp_cov\n    shrunk_cov.flat[:: n_features + 1] += shrinkage * mu\n\n    return shrunk_cov, shrinkage\n\n\n###",
          "    emp_cov *= 1.0 - shrinkage\n    shrunk_cov = emp_cov\n    shrunk_cov.flat[:: n_features + 1] += shrinkage * mu\n\n    return shrunk_cov, shrinkage\n\n\n###"),),
        "exact", "the empirical covariance is fresh and a float",
    ),
    Rewrite(
        "oas: mean of squares by a product", OAS,
        (("    alpha = np.mean(emp_cov**2)\n", "    alpha = np.vdot(emp_cov, emp_cov) / emp_cov.size\n"),),
        "close", "the same sum in another order",
    ),
    Rewrite(
        "oas: squared in place", OAS,
        (("    alpha = np.mean(emp_cov**2)\n", "    alpha = np.mean(np.square(emp_cov, out=emp_cov))\n"),),
        "unsound", "the trace and the result need the covariance",
    ),
    Rewrite(
        "oas: samples centred in place", OAS,
        (("    emp_cov = empirical_covariance(X, assume_centered=assume_centered)\n\n    # The shrinkage is defined as:\n    # shrinkage = min(\n    # trace(S @ S.T) + trace(S)**2) / ((n + 1) (trace",
          "    if not assume_centered:\n        X -= X.mean(axis=0)\n    emp_cov = empirical_covariance(X, assume_centered=True)\n\n    # The shrinkage is defined as:\n    # shrinkage = min(\n    # trace(S @ S.T) + trace(S)**2) / ((n + 1) (trace"),),
        "unsound", "changes the caller's samples",
    ),
    Rewrite(
        "oas: diagonal of the wrong stride", OAS,
        (("    shrunk_cov = (1.0 - shrinkage) * emp_cov\n    shrunk_cov.flat[:: n_features + 1] += shrinkage * mu\n\n    return shrunk_cov, shrinkage\n\n\n###",
          "    shrunk_cov = (1.0 - shrinkage) * emp_cov\n    shrunk_cov.flat[:: n_features] += shrinkage * mu\n\n    return shrunk_cov, shrinkage\n\n\n###"),),
        "unsound", "the shrinkage goes into the first column",
    ),
)  # fmt: skip
