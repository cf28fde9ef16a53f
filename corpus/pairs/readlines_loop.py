"""Longest and total length of the lines of a log."""

import os
import tempfile


def arguments():
    folder = tempfile.mkdtemp(dir=".")
    path = os.path.join(folder, "service.log")
    with open(path, "w") as log:
        log.writelines(f"2024-01-01 worker {i % 16} finished job {i}\n" for i in range(200_000))
    return (path,)


def run(path):
    total = longest = 0
    with open(path) as log:
        for line in log.readlines():
            total += len(line)
            longest = max(longest, len(line))
    return total, longest
