"""Sum of a column of a table."""

import csv
import os
import tempfile


def arguments():
    path = os.path.join(tempfile.mkdtemp(dir="."), "table.csv")
    with open(path, "w") as table:
        table.writelines(f"{i},{i * 0.5},{i % 7},cat{i % 5}\n" for i in range(60_000))
    return (path,)


def run(path):
    total = 0.0
    with open(path, newline="") as table:
        rows = list(csv.reader(table))
        for row in rows:
            total += float(row[1])
    return total
