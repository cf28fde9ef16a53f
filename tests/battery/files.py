"""Files in the working directory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.battery.pair import Family, doing

FAMILY = Family("files")
exact, differs = FAMILY.exact, FAMILY.differs
PAIRS = FAMILY.pairs


def writing(text: str, name: str = "out.txt") -> Callable[..., Any]:
    return lambda *args: Path(name).write_text(text) and None


def there(text: str = "before") -> tuple[Any, ...]:
    Path("there.txt").write_text(text)
    return ()


def a_map() -> tuple[Any, ...]:
    np.zeros(4).tofile("map.bin")
    return ()


def open_and_read(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()


def in_pieces() -> None:
    with open("out.txt", "w") as file:
        file.write("a")
        file.write("b")


def by_renaming() -> None:
    Path("part").write_text("ab")
    Path("part").rename("out.txt")


def permitted(mode: int) -> Callable[[], Any]:
    return doing(lambda: Path("out.txt").write_text("a"), lambda: os.chmod("out.txt", mode))


def linked(target: str) -> Callable[[], Any]:
    return lambda: os.symlink(target, "link")


def hard(linked: bool) -> Callable[[], Any]:
    def run() -> None:
        Path("a").write_text("a")
        if linked:
            os.link("a", "b")
        else:
            Path("b").write_text("a")

    return run


def through_map(value: float) -> Callable[[], Any]:
    def run() -> None:
        mapped = np.memmap("map.bin", np.float64, "r+")
        mapped[1] = value
        mapped.flush()

    return run


def unflushed(close: bool) -> Callable[[], Any]:
    def run() -> Any:
        file = open("out.txt", "w")
        file.write("a")
        if close:
            file.close()
        return file

    return run


exact("written in one piece or several", writing("ab"), in_pieces)
exact("written and renamed", writing("ab"), by_renaming)
exact(
    "an array saved",
    doing(lambda: np.save("a", np.ones(3))),
    doing(lambda: np.save("a.npy", np.full(3, 1.0))),
)
exact("a temporary file", lambda: None, doing(lambda: Path("t").write_text("a"), lambda: os.remove("t")),
      why="It is gone when the call returns.")  # fmt: skip
exact(
    "read only",
    lambda: Path("there.txt").read_text(),
    lambda: str(open_and_read("there.txt"), "utf-8"),
    there,
)
exact("written through a map", through_map(2.0), through_map(2.0), a_map)
differs("content", writing("a"), writing("b"))
differs(
    "content of a file that was there", writing("after!", "there.txt"), writing("AFTER!", "there.txt"), there
)
differs("content of the same length within a tick", lambda: Path("there.txt").read_text() and None,
        writing("BEFORE", "there.txt"), there, why="The clock of the file system does not tell.")  # fmt: skip
differs("written or not", writing("a"), lambda: None)
differs("name", writing("a"), writing("a", "other.txt"))
differs("removed", doing(lambda: os.remove("there.txt")), lambda: None, there)
differs("renamed", doing(lambda: os.rename("there.txt", "now.txt")), lambda: None, there)
differs(
    "copied, not renamed",
    doing(lambda: os.rename("there.txt", "now.txt")),
    writing("before", "now.txt"),
    there,
)
differs("permissions", permitted(0o600), permitted(0o644))
differs("an empty folder", lambda: os.mkdir("d"), lambda: None)
differs("a folder or a file", lambda: os.mkdir("d"), lambda: Path("d").touch())
differs("a link or a file", lambda: os.symlink("there.txt", "d"), writing("before", "d"), there)
differs("where a link points", linked("a"), linked("b"))
differs("a hard link or a copy", hard(True), hard(False), why="A later write to one shows in the other.")
differs("a value in a mapped file", through_map(2.0), through_map(3.0), a_map)
differs("a file left open", unflushed(False), unflushed(True))
differs("a file in a folder", doing(lambda: os.mkdir("d"), lambda: Path("d/a").write_text("1")),
        doing(lambda: os.mkdir("d"), lambda: Path("d/a").write_text("2")))  # fmt: skip
