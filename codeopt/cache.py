"""Results of `check` that still hold, kept under `.codeopt/cache/` between runs.

One file a set of rules. Its name is a hash of everything that has a say beside the files
themselves: Python, this program's own code, the rules of other distributions and which rules are
chosen. In it, each checked file has its result and the looks (`looks`) that it rests on, its own
text first. A cache that cannot be read, or was damaged, is no cache; one that cannot be written is
not; runs side by side replace the file whole, and the last one counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from codeopt import __version__, looks
from codeopt.edit import Site
from codeopt.looks import Look
from codeopt.plugins import Place, files_state, rule_packages
from codeopt.source import Problem, make_folder, write_atomic

_FORMAT = 3
_DIGEST = 16
_MOST_FILES = 20_000
_MOST_BYTES = 64 * 2**20
_MOST_CACHES = 4
_CODE = ("codeopt", "codeopt.facts", "codeopt.rules", "astroid")


class Kept(msgspec.Struct, array_like=True):
    """What a check of one file gave: certain sites that nothing suppresses, problems, and its lines.

    `rests_on` are places in the table of looks.
    """

    lines: int
    sites: list[Site]
    problems: list[Problem]
    rests_on: list[int]


class _Stored(msgspec.Struct, array_like=True):
    names: dict[str, str]
    places: tuple[Place, ...]
    looks: list[Look]
    files: dict[str, Kept]


class Cache:
    """The results of one set of rules.

    Once something was kept, `names` maps the codes of all to names, and `places` says where those are
    that decide.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        stored = _load(file)
        self.names = stored.names
        self.places = stored.places
        self._looks = stored.looks
        self._files = stored.files
        self._places: dict[tuple[str, str, str], int] = {}
        self._stands: dict[int, bool] = {}
        self._changed = False

    def get(self, path: Path) -> Kept | None:
        """What was kept of a file, if it and all that its result rests on are as they were."""
        key = os.path.abspath(path)
        kept = self._files.get(key)
        if kept is None or not all(self._holds(place) for place in kept.rests_on):
            return None
        return kept

    def _holds(self, place: int) -> bool:
        if place not in self._stands:
            before = self._looks[place] if 0 <= place < len(self._looks) else Look("file", "", "none")
            now = looks.stands(before)
            if now is not None and now.stamp != before.stamp:
                self._looks[place] = now
                self._changed = True
            self._stands[place] = now is not None
        return self._stands[place]

    def put(self, path: Path, kept: Kept, rests_on: Iterable[Look]) -> None:
        """Keep the result of a file, and what it rests on."""
        if not self._places:
            self._places = {(look.kind, look.path, look.state): n for n, look in enumerate(self._looks)}
        places: list[int] = []
        for look in rests_on:
            place = self._places.setdefault((look.kind, look.path, look.state), len(self._looks))
            if place == len(self._looks):
                self._looks.append(look)
            else:
                self._looks[place] = look
            places.append(place)
        key = os.path.abspath(path)
        self._files.pop(key, None)
        self._files[key] = Kept(kept.lines, kept.sites, kept.problems, places)
        self._changed = True

    def drop(self, path: Path) -> None:
        """Forget a file."""
        self._changed |= self._files.pop(os.path.abspath(path), None) is not None

    def save(self, names: dict[str, str], places: tuple[Place, ...]) -> None:
        """Write what is known now, if it is news; where that is not possible, nothing happens."""
        if not self._changed:
            return
        for path in [p for p in self._files if not os.path.exists(p)]:
            del self._files[path]
        for path in list(self._files)[: max(0, len(self._files) - _MOST_FILES)]:
            del self._files[path]
        try:
            body = msgspec.msgpack.encode(_compact(_Stored(names, places, self._looks, self._files)))
        except UnicodeEncodeError:
            return  # a path that is no UTF-8
        if len(body) <= _MOST_BYTES:
            with contextlib.suppress(OSError):
                folder = make_folder(self._file.parent.parent) / self._file.parent.name
                folder.mkdir(exist_ok=True)
                write_atomic(self._file, _sum(body) + body)
                _thin(folder)


def open_cache(folder: Path, choice: Sequence[object]) -> Cache:
    """The cache below `folder` of the rules that a choice (told by its `repr`) takes; empty where there is
    none that can be used."""
    looks.forget()
    parts = [_FORMAT, __version__, sys.version, tuple(choice), *map(_state, _CODE)]
    parts += [(str(package), package.problem, files_state(package)) for package in rule_packages()]
    key = hashlib.blake2b(repr(parts).encode(), digest_size=_DIGEST).hexdigest()
    return Cache(folder / f"check-{key}.bin")


def _state(package: str) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the modules of a package, without importing what is in it."""
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    entries = (entry for folder in folders for entry in os.scandir(folder) if entry.name.endswith(".py"))
    return sorted((e.name, (told := e.stat()).st_size, told.st_mtime_ns) for e in entries)


def _load(file: Path) -> _Stored:
    try:
        data = file.read_bytes()
        body = data[_DIGEST:]
        if data[:_DIGEST] == _sum(body):
            return msgspec.msgpack.decode(body, type=_Stored)
    except (OSError, msgspec.DecodeError, RecursionError):
        pass
    return _Stored({}, (), [], {})


def _sum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


def _compact(stored: _Stored) -> _Stored:
    """With only the looks that some result rests on."""
    used = sorted({number for kept in stored.files.values() for number in kept.rests_on})
    new = {number: n for n, number in enumerate(used)}
    files = {
        path: Kept(kept.lines, kept.sites, kept.problems, [new[number] for number in kept.rests_on])
        for path, kept in stored.files.items()
    }
    return _Stored(stored.names, stored.places, [stored.looks[number] for number in used], files)


def _thin(folder: Path) -> None:
    """Remove all but the newest caches: one that another program or another choice of rules left."""
    found = sorted(folder.glob("check-*.bin"), key=lambda file: -file.stat().st_mtime_ns)
    for file in found[_MOST_CACHES:]:
        file.unlink(missing_ok=True)
