import random

from codeopt import Call, workload


@workload("log_records.py::summarise")
def event_log(scale: float, seed: int) -> Call:
    """A log of a run that converges, written into the working directory."""
    rng = random.Random(seed)
    steps = max(2, int(80_000 * scale))
    with open("events.log", "w", encoding="utf-8") as handle:
        handle.write("# run started\n\n")
        for step in range(steps):
            loss = 4.0 / (1 + step * 0.001) + rng.random() * 0.1
            handle.write(f"step={step} loss={loss:.5f} tokens={rng.randrange(1024, 4096)} lr=0.0003\n")
    return Call(args=("events.log",))
