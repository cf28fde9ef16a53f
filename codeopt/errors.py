"""Errors that end a run; each class carries the exit code it stands for."""

from __future__ import annotations


class CodeoptError(Exception):
    """Anything codeopt reports to the user in one line instead of a traceback."""

    exit_code = 2


class UsageError(CodeoptError):
    """The command line or a path on it cannot be used."""


class ConfigError(CodeoptError):
    """`[tool.codeopt]` holds something codeopt does not understand."""


class WorkloadError(CodeoptError):
    """A workload file raises, names a missing target, or returns the wrong type."""


class MissingExtra(CodeoptError):
    """A verb that runs code was called where its optional packages are not installed."""
