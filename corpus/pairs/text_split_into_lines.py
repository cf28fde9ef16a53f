"""Number of jobs in a log, by worker."""

import os
import tempfile


def arguments():
    path = os.path.join(tempfile.mkdtemp(dir="."), "service.log")
    with open(path, "w") as log:
        log.writelines(f"worker {i % 16} finished job {i}\n" for i in range(200_000))
    return (path,)


def run(path):
    counts = {}
    with open(path) as log:
        for line in log.read().splitlines():
            worker = line.split()[1]
            counts[worker] = counts.get(worker, 0) + 1
    return counts
