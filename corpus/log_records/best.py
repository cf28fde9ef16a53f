"""Summary of a training run's event log: one JSON-like record a line."""

import hashlib
import math


def parse(line):
    """Turn `step=12 loss=0.53 tokens=2048 lr=0.0003` into a dictionary."""
    record = {}
    for field in line.split():
        name, value = field.split("=")
        record[name] = int(value) if name in ("step", "tokens") else float(value)
    return record


def fingerprint(path):
    """Digest of the log, stored beside the summary to tell runs apart."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_records(path):
    """All records of the log in order; blank lines and comments are skipped."""
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            yield parse(line)


def summarise(path):
    """Totals and extremes of a run."""
    worst, final, steps = 0.0, math.nan, 0
    tokens = 0
    for record in read_records(path):
        worst = max(worst, record["loss"])
        final = record["loss"]
        tokens += record["tokens"]
        steps += 1

    with open(path, encoding="utf-8") as handle:
        longest = max((len(line) for line in handle), default=0)

    return {
        "sha256": fingerprint(path),
        "steps": steps,
        "tokens": tokens,
        "worst_loss": worst,
        "final_loss": final,
        "longest_line": longest,
    }
