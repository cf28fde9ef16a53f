"""Rewrites of functions of pandas."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

NANVAR = "pandas.core.nanops::nanvar"
NANMEAN = "pandas.core.nanops::nanmean"
MELT = "pandas.core.reshape.melt::melt"
DUMMIES = "pandas.core.reshape.encoding::_get_dummies_1d"

REWRITES = (
    Rewrite(
        "pandas variance: squared in place", NANVAR,
        (("    sqr = (avg - values) ** 2\n    if mask is not None:\n        np.putmask(sqr, mask, 0)\n    # numpy's",
          "    sqr = avg - values\n    sqr *= sqr\n    if mask is not None:\n        np.putmask(sqr, mask, 0)\n    # numpy's"),),
        "exact", "the difference is fresh, and a square is a product with itself",
    ),
    Rewrite(
        "pandas variance: gaps reset by a copy", NANVAR,
        (("    sqr = (avg - values) ** 2\n    if mask is not None:\n        np.putmask(sqr, mask, 0)\n    # numpy's",
          "    sqr = (avg - values) ** 2\n    if mask is not None:\n        sqr[mask] = 0\n    # numpy's"),),
        "exact", "the same elements",
    ),
    Rewrite(
        "pandas variance: no copy before filling", NANVAR,
        (("        values = values.copy()\n        # GH#65373", "        # GH#65373"),),
        "unsound", "fills the caller's gaps",
    ),
    Rewrite(
        "pandas variance: sum in the values' dtype", NANVAR,
        (("    avg = values.sum(axis=axis, dtype=np.float64) / count\n    if axis is not None:\n        avg = np.expand_dims(avg, axis)\n\n    sqr = ",
          "    avg = values.sum(axis=axis, dtype=np.float16) / count\n    if axis is not None:\n        avg = np.expand_dims(avg, axis)\n\n    sqr = "),),
        "unsound", "three digits of the mean are left",
    ),
    Rewrite(
        "pandas variance: gaps not reset", NANVAR,
        (("    if mask is not None:\n        np.putmask(sqr, mask, 0)\n    # numpy's", "    # numpy's"),),
        "unsound", "gaps count as far as zero is from the mean",
    ),
    Rewrite(
        "pandas variance: mask counted once", NANVAR,
        (("    sqr = (avg - values) ** 2\n    if mask is not None:\n        np.putmask(sqr, mask, 0)\n    # numpy's",
          "    sqr = (avg - values) ** 2\n    if mask is not None:\n        np.putmask(sqr, ~mask, 0)\n    # numpy's"),),
        "unsound", "the mask is the wrong way round",
    ),
    Rewrite(
        "pandas mean: divided in place", NANMEAN,
        (("            the_mean = the_sum / count\n        ct_mask", "            the_mean = np.divide(the_sum, count, out=the_sum)\n        ct_mask"),),
        "close", "the sum is fresh and a float for numbers; booleans are summed as integers",
    ),
    Rewrite(
        "pandas mean: gaps by where", NANMEAN,
        (("        ct_mask = count == 0\n        if ct_mask.any():\n            the_mean[ct_mask] = np.nan\n",
          "        ct_mask = count == 0\n        np.copyto(the_mean, np.nan, where=ct_mask)\n"),),
        "exact", "the same elements",
    ),
    Rewrite(
        "pandas mean: over all rows", NANMEAN,
        (("            the_mean = the_sum / count\n        ct_mask", "            the_mean = the_sum / values.shape[0]\n        ct_mask"),),
        "unsound", "gaps count as zeros",
    ),
    Rewrite(
        "pandas mean: gaps filled in place", NANMEAN,
        (("    values, mask = _get_values(values, skipna, fill_value=0, mask=mask)\n    dtype_sum = _get_dtype_max(dtype)\n    dtype_count",
          "    mask = np.isnan(values)\n    values[mask] = 0\n    dtype_sum = _get_dtype_max(dtype)\n    dtype_count"),),
        "unsound", "fills the caller's gaps",
    ),
    Rewrite(
        "pandas mean: sum in half precision", NANMEAN,
        (("    the_sum = values.sum(axis, dtype=dtype_sum)\n\n    if axis is not None and getattr(the_sum, \"ndim\", False):\n        count = cast(\"np.ndarray\", count)",
          "    the_sum = values.sum(axis, dtype=np.float32)\n\n    if axis is not None and getattr(the_sum, \"ndim\", False):\n        count = cast(\"np.ndarray\", count)"),),
        "unsound", "seven digits where sixteen were",
    ),
    Rewrite(
        "melt: labels by repeat", MELT,
        (("            mdata[col] = np.tile(id_data._values, num_cols_adjusted)\n",
          "            mdata[col] = np.concatenate([id_data._values] * num_cols_adjusted)\n"),),
        "exact", "the same numbers, as long as there is a column to melt",
    ),
    Rewrite(
        "melt: labels repeated one by one", MELT,
        (("            mdata[col] = np.tile(id_data._values, num_cols_adjusted)\n",
          "            mdata[col] = np.repeat(id_data._values, num_cols_adjusted)\n"),),
        "unsound", "repeats every label where the whole column should repeat",
    ),
    Rewrite(
        "melt: no copy of the frame", MELT,
        (("            frame = frame.iloc[:, algos.unique(idx)]\n        else:\n            frame = frame.copy(deep=False)\n    else:",
          "            frame = frame.iloc[:, algos.unique(idx)]\n    else:"),),
        "unsound", "the caller's frame loses its column of labels",
    ),
    Rewrite(
        "melt: values row by row", MELT,
        (("        mdata[value_name] = concat(\n            [frame.iloc[:, i] for i in range(frame.shape[1])], ignore_index=True\n        )._values\n",
          "        mdata[value_name] = frame.to_numpy().ravel()\n"),),
        "unsound", "values of a row stand together, not those of a column",
    ),
    Rewrite(
        "melt: names once a value", MELT,
        (("        mdata[col] = frame.columns._get_level_values(i).repeat(num_rows)\n",
          "        mdata[col] = np.tile(frame.columns._get_level_values(i), num_rows)\n"),),
        "unsound", "names alternate where each should stand for a whole column",
    ),
    Rewrite(
        "dummies: ones of known codes only", DUMMIES,
        (("        dummy_mat[np.arange(len(codes)), codes] = 1\n\n        if not dummy_na:\n            # reset NaN GH4446\n            dummy_mat[codes == -1] = 0\n",
          "        known = codes != -1\n        dummy_mat[np.flatnonzero(known), codes[known]] = 1\n"),),
        "exact", "gaps, where they are no level, have the code -1 and no one",
    ),
    Rewrite(
        "dummies: codes not copied", DUMMIES,
        (("    codes = codes.copy()\n    if dummy_na:\n", "    if dummy_na:\n        codes = codes.copy()\n"),),
        "exact", "only written to in that branch",
    ),
    Rewrite(
        "dummies: gaps not reset", DUMMIES,
        (("        if not dummy_na:\n            # reset NaN GH4446\n            dummy_mat[codes == -1] = 0\n\n", ""),),
        "unsound", "a gap counts as the last level",
    ),
    Rewrite(
        "dummies: rows of an identity", DUMMIES,
        (("        dummy_mat = np.zeros(shape=shape, dtype=dummy_dtype, order=\"F\")\n        dummy_mat[np.arange(len(codes)), codes] = 1\n",
          "        dummy_mat = np.eye(number_of_cols, dtype=np.int8)[codes].astype(dummy_dtype).reshape(shape)[:, ::-1]\n"),),
        "unsound", "the levels stand in the other order",
    ),
    Rewrite(
        "dummies: index dropped", DUMMIES,
        (("    if isinstance(data, Series):\n        index = data.index\n    else:\n        index = None\n\n    if sparse:",
          "    index = None\n\n    if sparse:"),),
        "unsound", "the rows lose the labels of the data",
    ),
)  # fmt: skip
