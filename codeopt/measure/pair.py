"""What a sandbox child does with a pair: run its texts, compare what they return, measure each."""

from __future__ import annotations

import gc
import importlib.util
import os
from pathlib import Path
from types import ModuleType

from codeopt.equivalence.results import difference
from codeopt.measure.peak import trim_heap, watch_resident

Sample = tuple[int, int, str]
"""Peak bytes by memray, bytes of resident memory, and how the result differs from the first text's."""


def measure_texts(texts: tuple[str, ...], exact: bool) -> tuple[Sample, ...]:
    """Job: for each text one warming call of `run(*arguments())` whose result is compared, one measured.

    Arguments are made anew for every call, before measuring starts.
    """
    modules = [_load(f"pair_{number}", text) for number, text in enumerate(texts)]
    samples: list[Sample] = []
    first = modules[0].run(*modules[0].arguments())
    for module in modules:
        result = module.run(*module.arguments())
        why = difference(first, result, exact=exact)
        del result
        samples.append((*_measure(module), why))
    return tuple(samples)


def _load(name: str, text: str) -> ModuleType:
    path = Path(f"{name}.py").resolve()
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _measure(module: ModuleType) -> tuple[int, int]:
    import memray

    given = module.arguments()
    gc.collect()
    trim_heap()
    destination = memray.FileDestination("pair.bin", overwrite=True)
    with (
        watch_resident() as resident,
        memray.Tracker(destination=destination, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS),
    ):
        kept = module.run(*given)
    del kept
    with memray.FileReader("pair.bin") as reader:
        peak = reader.metadata.peak_memory
    os.unlink("pair.bin")
    return peak, resident[0]
