"""Rewrites of the corpus programs in plain Python, pandas and scikit-learn."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

CHECK = "corpus/record_check/record_check.py::check"
LOG = "corpus/log_records/log_records.py::summarise"
TABLE = "corpus/feature_table/feature_table.py::build_features"
SPAM = "corpus/linear_text/linear_text.py::spam_scores"
TOPICS = "corpus/text_classifier/text_classifier.py::train_and_score"
WORDS = "corpus/visual_words/visual_words.py::bag_of_words"

REWRITES = (
    Rewrite(
        "check: usable where nothing was found", CHECK,
        (("usable = all([normalise(record, problems) for record in records])",
          "for record in records:\n        normalise(record, problems)\n    usable = not problems"),),
        "exact", "a record is refused exactly where a problem is noted; the others are dictionaries with entries",
    ),
    Rewrite(
        "check: a generator", CHECK,
        (("all([normalise(record, problems) for record in records])",
          "all(normalise(record, problems) for record in records)"),),
        "unsound", "`all` stops at the first problem, and the rest is not reported",
    ),
    Rewrite(
        "check: a set of problems", CHECK,
        (("for identifier, reason in problems:", "for identifier, reason in sorted(set(problems), reverse=True):"),),
        "unsound", "the order of the report changes",
    ),
    Rewrite(
        "log: records one by one", LOG,
        (("    records = []\n    with open(path, encoding=\"utf-8\") as handle:\n        for line in handle.readlines():",
          "    with open(path, encoding=\"utf-8\") as handle:\n        for line in handle:"),
         ("            records.append(parse(line))\n    return records", "            yield parse(line)")),
        "exact", "the records are used once, in order",
    ),
    Rewrite(
        "log: digest of the open file", LOG,
        (("        content = handle.read()\n    return hashlib.sha256(content).hexdigest()",
          '        return hashlib.file_digest(handle, "sha256").hexdigest()'),),
        "exact", "the same bytes in pieces",
    ),
    Rewrite(
        "log: lengths one by one", LOG,
        (("max([len(line) for line in handle.readlines()], default=0)", "max((len(line) for line in handle), default=0)"),),
        "exact", "the same lines",
    ),
    Rewrite(
        "log: digest of the first megabyte", LOG,
        (("content = handle.read()", "content = handle.read(4096)"),),
        "unsound", "logs that agree so far get one digest",
    ),
    Rewrite(
        "log: length without the line's end", LOG,
        (("max([len(line) for line in handle.readlines()], default=0)",
          "max((len(line) for line in handle.read().splitlines()), default=0)"),),
        "unsound", "the end of the line was counted",
    ),
    Rewrite(
        "log: last record from the list's end", LOG,
        (("worst, final, steps = 0.0, math.nan, 0", "worst, final, steps = -math.inf, math.nan, 0"),
         ("worst = max(worst, record[\"loss\"])", "worst = max(record[\"loss\"], -worst)")),
        "unsound", "the worst loss so far is compared with its sign turned",
    ),
    Rewrite(
        "table: no copy before filtering", TABLE,
        (("    table = orders.copy()\n    table = table[table[\"status\"]", "    table = orders[orders[\"status\"]"),),
        "exact", "filtering by a mask copies",
    ),
    Rewrite(
        "table: sum of a mask", TABLE,
        (("returned = len(table[table[\"returned\"]])", "returned = int(table[\"returned\"].sum())"),),
        "exact", "as many rows as there are true ones",
    ),
    Rewrite(
        "table: only the column that is read", TABLE,
        (("table[table[\"price\"] > big][\"discount\"].mean()", "table.loc[table[\"price\"] > big, \"discount\"].mean()"),
         ("table[table[\"price\"] > big][\"quantity\"].sum()", "table.loc[table[\"price\"] > big, \"quantity\"].sum()")),
        "exact", "the same rows of one column",
    ),
    Rewrite(
        "table: columns dropped in place", TABLE,
        (("    table = orders.copy()\n",
          "    orders.drop(columns=[c for c in orders if c.startswith(\"visit\")], inplace=True)\n    table = orders\n"),),
        "unsound", "the caller's table loses its columns",
    ),
    Rewrite(
        "table: rows with any gap dropped", TABLE,
        (("return table[table[\"price\"].notna()]", "return table.dropna()"),),
        "unsound", "a gap elsewhere drops the order too",
    ),
    Rewrite(
        "table: price in single precision", TABLE,
        (("return table[\"price\"] * table[\"quantity\"] * (1.0 + tax)",
          "return table[\"price\"].astype(\"float32\") * table[\"quantity\"] * (1.0 + tax)"),),
        "unsound", "one rounding to single precision is off by up to 6e-8, which is no rounding of float64",
    ),
    Rewrite(
        "table: index kept", TABLE,
        (("best[[\"order\", \"price\"]].reset_index(drop=True)", "best[[\"order\", \"price\"]]"),),
        "unsound", "the rows keep the labels of the orders",
    ),
    Rewrite(
        "spam: sparse counts", SPAM,
        (("counts = vectorizer.fit_transform(messages).toarray()", "counts = vectorizer.fit_transform(messages)"),),
        "unsound", "the intercept of sparse data learns more slowly",
    ),
    Rewrite(
        "spam: incoming messages as an array", SPAM,
        (("scores = model.decision_function(vectorizer.transform(incoming))",
          "scores = model.decision_function(vectorizer.transform(incoming).astype(float))"),),
        "exact", "the model converts them anyhow",
    ),
    Rewrite(
        "spam: float counts", SPAM,
        (("counts = vectorizer.fit_transform(messages).toarray()",
          "counts = vectorizer.fit_transform(messages).astype(float).toarray()"),),
        "exact", "the model converts them anyhow, and this saves it",
    ),
    Rewrite(
        "topics: sparse vectors", TOPICS,
        (("vectorizer.fit_transform(train_texts).toarray()", "vectorizer.fit_transform(train_texts)"),
         ("vectorizer.transform(test_texts).toarray()", "vectorizer.transform(test_texts)")),
        "close", "the solver sums in another order",
    ),
    Rewrite(
        "topics: single precision", TOPICS,
        (("TfidfVectorizer(sublinear_tf=True)", "TfidfVectorizer(sublinear_tf=True, dtype=np.float32)"),),
        "unsound", "the probabilities are float32",
    ),
    Rewrite(
        "topics: vocabulary of both sets", TOPICS,
        (("train = vectorizer.fit_transform(train_texts).toarray()",
          "vectorizer.fit(train_texts + test_texts)\n    train = vectorizer.transform(train_texts).toarray()"),),
        "unsound", "weights of words now depend on the test set",
    ),
    Rewrite(
        "words: square root in the fresh array", WORDS,
        (("rooted = np.sqrt(np.abs(unit))", "np.abs(unit, out=unit)\n    rooted = np.sqrt(unit, out=unit)"),),
        "exact", "`unit` is fresh and a float",
    ),
    Rewrite(
        "words: counted by bincount", WORDS,
        (("counts = np.zeros((images, size))\n    np.add.at(counts, (owners, words), 1.0)",
          "counts = np.bincount(owners * size + words, minlength=images * size)\n"
          "    counts = counts.reshape(images, size).astype(float)"),),
        "close", "whole numbers, exact as floats; owners out of range raise another error",
    ),
    Rewrite(
        "words: counted by indexing", WORDS,
        (("np.add.at(counts, (owners, words), 1.0)", "counts[owners, words] += 1.0"),),
        "unsound", "a word that occurs twice in an image counts once",
    ),
    Rewrite(
        "words: scaled in a copy of the descriptors", WORDS,
        (("unit = descriptors / np.maximum(sums, 1e-12)", "unit = descriptors.copy()\n    unit /= np.maximum(sums, 1e-12)"),),
        "unsound", "integers cannot hold the quotient",
    ),
    Rewrite(
        "words: divided by the largest count", WORDS,
        (("totals = counts.sum(axis=1, keepdims=True)", "totals = counts.max(axis=1, keepdims=True)"),),
        "unsound", "shares do not add up to one",
    ),
)  # fmt: skip
