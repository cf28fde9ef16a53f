"""The origins of workloads for code that declares none, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from codeopt.target import Target
from codeopt.workload.wanted import Unserved, Wanted

Provider = Callable[[Sequence[Wanted]], Iterator[Target | Unserved]]
"""Yields a target for each wanted function that it can call, and says why for others."""
