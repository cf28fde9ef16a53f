"""Write the records of a run."""

import json
import os
import tempfile

RECORDS = [{"step": i, "loss": i / 7, "name": f"run {i % 5}"} for i in range(40_000)]


def arguments():
    return (RECORDS,)


def run(records):
    path = os.path.join(tempfile.gettempdir(), f"records-{os.getpid()}.json")
    with open(path, "w") as file:
        file.write(json.dumps(records, indent=2))
    size = os.path.getsize(path)
    os.remove(path)
    return size
