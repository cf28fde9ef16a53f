"""Sandboxes as the configuration wants them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from codeopt.config import Config
from codeopt.sandbox.executor import Sandbox
from codeopt.sandbox.protocol import Limits


def open_sandbox(config: Config, modules: Sequence[str]) -> Sandbox:
    """A sandbox as configured, whose zygote holds these modules; raises CodeoptError."""
    return Sandbox(
        modules,
        jobs=config.workers,
        limits=Limits(config.timeout, config.memory_limit << 20),
        isolation=config.isolation,
        passed=config.pass_env,
    )


class Sandboxes:
    """Sandboxes for one set of modules after another, of which only the last is kept; a context manager."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._last: tuple[tuple[str, ...], Sandbox] | None = None
        self.isolation = ""

    def holding(self, modules: tuple[str, ...]) -> Sandbox:
        """The one whose zygote holds these modules."""
        if self._last is not None and self._last[0] == modules:
            return self._last[1]
        self.close()
        sandbox = open_sandbox(self._config, modules)
        self.isolation = sandbox.isolation
        self._last = (modules, sandbox)
        return sandbox

    def close(self) -> None:
        """End the last one; safe to call twice."""
        if self._last is not None:
            self._last[1].close()
            self._last = None

    def __enter__(self) -> Sandboxes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
