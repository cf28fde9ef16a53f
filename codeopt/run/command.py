"""Reading a `--run` command: which Python program it starts, and with what."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codeopt.errors import UsageError
from codeopt.source import NOTEBOOK
from codeopt.target import Target

_VARIABLE = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_FLAGS = frozenset({"-b", "-bb", "-B", "-d", "-O", "-OO", "-q", "-u", "-v"})
_FLAGS_WITH_VALUE = frozenset({"-W", "-X"})
_SHELL = frozenset("|&;<>()")
SEED = "{seed}"


@dataclass(frozen=True, slots=True)
class Command:
    """A Python program. `kind` is `script`, `module` or `code`; `name` is the absolute path, the
    dotted name or the code; `flags` are those of the interpreter."""

    text: str
    kind: str
    name: str
    arguments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def needs_interpreter(self) -> bool:
        """Whether its options say how the interpreter itself works, so that it cannot be forked."""
        return not {"-u", "-B"}.issuperset(self.flags)

    def seeded(self, seed: int) -> tuple[str, ...]:
        """The arguments with `{seed}` filled in."""
        return tuple(argument.replace(SEED, str(seed)) for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class RunTarget(Target):
    """A whole run as a target: the file at `path` is where reports point."""

    command: Command = Command("", "code", "")

    @property
    def ref(self) -> str:
        """The command itself."""
        return self.command.text


def run_target(command: Command, root: Path, files: Iterable[Path]) -> RunTarget:
    """The target that a command is; `files` are the project's, among which a module is looked for."""
    path = Path(command.name) if command.kind == "script" else root / "pyproject.toml"
    if command.kind == "module":
        parts = command.name.split(".")
        ends = "/".join(["", *parts]) + ".py", "/".join(["", *parts, "__main__.py"])
        path = next((file for file in files if file.as_posix().endswith(ends)), path)
    return RunTarget(path, "<run>", "__main__", root, path, 0, 1, origin="run", command=command)


def parse(text: str, folder: Path) -> Command:
    """The program that a command starts in `folder`; a notebook is one too.

    Raises UsageError for what only a shell understands, a command that is not there, and programs
    that are no Python or belong to another environment.
    """
    words = _words(text)
    variables = []
    while words and _VARIABLE.fullmatch(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables.append((name, value))
    if not words:
        raise UsageError(f"--run {text!r}: no command")
    program, *rest = words
    if _PYTHON.fullmatch(Path(program).name):
        _need_this_python(text, program)
        kind, name, arguments, flags = _python(text, rest)
    elif program.endswith(NOTEBOOK):
        kind, name, arguments, flags = "script", program, rest, ()
    else:
        kind, name, arguments, flags = "script", _console_script(text, program), rest, ()
    if kind == "script":
        path = (folder / name).resolve()
        if path.is_dir() and (path / "__main__.py").is_file():
            path = path / "__main__.py"
        if not path.is_file():
            raise UsageError(f"--run {text!r}: no such file: {name}")
        name = str(path)
    return Command(text, kind, name, tuple(arguments), flags, tuple(variables))


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
        split = list(shlex.shlex(text, posix=True, punctuation_chars=True))
    except ValueError as error:
        raise UsageError(f"--run {text!r}: {error}") from error
    operator = next((word for word in split if word and _SHELL.issuperset(word)), "")
    if not operator and ("`" in text or "$(" in text):
        operator = "a substitution"
    if operator:
        reason = f"it is run without a shell, which {operator} needs; put it into a script, or run one part"
        raise UsageError(f"--run {text!r}: {reason}")
    return words


def _need_this_python(text: str, program: str) -> None:
    """A bare name means the Python that codeopt runs in; a path must lead to its environment."""
    if os.sep in program and Path(program).absolute().parent != Path(sys.executable).absolute().parent:
        raise UsageError(
            f"--run {text!r}: {program} belongs to another environment than codeopt, which is in {sys.prefix}"
        )


def _python(text: str, words: list[str]) -> tuple[str, str, list[str], tuple[str, ...]]:
    flags: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        flag = rest.pop(0)
        flags.append(flag)
        if flag in _FLAGS_WITH_VALUE and rest:
            flags.append(rest.pop(0))
        elif flag not in _FLAGS and flag[:2] not in _FLAGS_WITH_VALUE:
            raise UsageError(f"--run {text!r}: the option {flag} of Python is not supported in a whole run")
    if not rest or (rest[0] in ("-m", "-c") and len(rest) < 2):
        raise UsageError(f"--run {text!r}: Python is given nothing to run")
    if rest[0] in ("-m", "-c"):
        return {"-m": "module", "-c": "code"}[rest[0]], rest[1], rest[2:], tuple(flags)
    return "script", rest[0], rest[1:], tuple(flags)


def _console_script(text: str, program: str) -> str:
    """The file of a script installed beside this Python, or anywhere if it runs by this Python."""
    beside = str(Path(sys.executable).absolute().parent)
    found = shutil.which(program, path=beside) or shutil.which(program)
    if found is None:
        raise UsageError(f"--run {text!r}: command not found: {program}")
    with open(found, "rb") as file:
        first = file.readline(300)
    if not first.startswith(b"#!") or b"python" not in first:
        raise UsageError(f"--run {text!r}: {program} is no Python program")
    interpreter = first[2:].split()[0].decode(errors="replace")
    if os.path.basename(interpreter) != "env":
        _need_this_python(text, interpreter)
    return found
