"""Measuring a target among the files that there were, inside a sandbox child."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from codeopt.measure.peak import PeakSample, measure_peak
from codeopt.sandbox.world import Overlay
from codeopt.target import Target


def measure_restored(target: Target, overlay: Overlay, absent: Mapping[str, str], seed: int) -> PeakSample:
    """Job: the peak of a target with the texts of `overlay` in place, of files too that are not there any
    more, and without the `absent` ones (by absolute name, with the reason).

    Raises WorkloadError if the target or its builder cannot be used so.
    """
    gone = {name for name in overlay if not Path(name).is_file()}
    sys.meta_path.insert(0, _PastFinder(frozenset(gone), absent))
    importlib.invalidate_caches()
    return measure_peak(target, overlay, 1.0, seed, frozenset())


class _PastFinder(importlib.abc.MetaPathFinder):
    """Finds files that are gone where they stood, and none that were not there."""

    def __init__(self, gone: frozenset[str], absent: Mapping[str, str]) -> None:
        self._gone = gone
        self._folders = {str(folder) for name in gone for folder in Path(name).parents}
        self._absent = absent

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        tail = fullname.rpartition(".")[2]
        for entry in sys.path if path is None else path:
            base = Path(entry).resolve() / tail
            for file, inside in ((base / "__init__.py", [str(base)]), (base.with_suffix(".py"), None)):
                if str(file) in self._gone:
                    return importlib.util.spec_from_file_location(
                        fullname, str(file), submodule_search_locations=inside
                    )
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None:
            return self._without_init(fullname, path, tail)
        why = self._absent.get(str(Path(spec.origin).resolve())) if spec.origin else None
        if why is not None:
            raise ModuleNotFoundError(f"No module named {fullname!r}: {why}", name=fullname)
        # Whoever comes before the path, such as the modules built in, finds it as ever.
        return None

    def _without_init(
        self, fullname: str, path: Sequence[str] | None, tail: str
    ) -> importlib.machinery.ModuleSpec | None:
        """A folder that is gone and had no `__init__.py`, but files."""
        folders = [str(Path(entry).resolve() / tail) for entry in (sys.path if path is None else path)]
        found = [folder for folder in folders if folder in self._folders and not Path(folder).is_dir()]
        if not found:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = found
        return spec
