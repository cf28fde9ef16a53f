import random

from codeopt import Call, workload


@workload("linear_text.py::spam_scores")
def mailbox(scale: float, seed: int) -> Call:
    rng = random.Random(seed)
    size = max(20, int(2500 * scale))

    def message(bad):
        return " ".join(f"w{int(size * rng.random() ** (1.5 if bad else 1))}" for _ in range(10))

    labels = [i % 2 for i in range(max(10, int(1500 * scale)))]
    incoming = [message(rng.random() < 0.5) for _ in range(max(4, int(200 * scale)))]
    return Call(args=([message(bad) for bad in labels], labels, incoming, seed))
