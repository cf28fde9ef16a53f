"""The memory gate: the peaks of functions that changed, as they were and as they are, in one run."""
