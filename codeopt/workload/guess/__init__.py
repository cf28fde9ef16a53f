"""Guessed workloads: arguments by which a function runs, found by trying them in the sandbox."""
