import random

from codeopt import Call, workload


@workload("record_check.py::check")
def annotations(scale: float, seed: int) -> Call:
    """About one record in twenty has something wrong with it, the last always."""
    rng = random.Random(seed)
    count = max(3, int(80_000 * scale))
    records = []
    for i in range(count):
        text = "" if rng.random() < 0.02 else f" sample {i} "
        confidence = rng.random() * (1.2 if rng.random() < 0.2 else 1.0)
        records.append((i, text, rng.choice(["Cat", "Dog"]), confidence))
    records[0] = (0, "", "Cat", 0.5)
    records[-1] = (count - 1, "end", "Dog", 1.5)
    return Call(args=(records,))
