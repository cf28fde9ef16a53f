"""What the zygote of a target holds: modules that every child of it would import."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from codeopt.target import Target, module_of
from codeopt.workload.declared import libraries

BASE_MODULES = (
    "numpy", "numpy.ma", "hypothesis", "hypothesis.strategies", "memray", "memray.reporters.module_tools",
    "codeopt.search.jobs", "codeopt.measure.peak", "codeopt.measure.clock", "codeopt.workload.reach",
)  # fmt: skip
_WITH = {
    # The first optimizer imports torch's compiler, which takes seconds, in every child again.
    "torch": ("torch._dynamo", "codeopt.equivalence.perturb_tensors", "codeopt.equivalence.torch_state"),
    "pandas": ("codeopt.equivalence.frames",),
}


def preload(*targets: Target) -> tuple[str, ...]:
    """The modules for some targets."""
    modules = dict.fromkeys(module for target in targets for module in libraries(target))
    tops = {module.partition(".")[0] for module in modules}
    more = [module for top, extra in _WITH.items() if top in tops for module in extra]
    return (*BASE_MODULES, *modules, *more)


def preload_files(paths: Iterable[Path]) -> tuple[str, ...]:
    """The modules for whatever some files hold."""
    return preload(*map(whole, paths))


def whole(path: Path) -> Target:
    """What stands for all that a file holds, which nothing calls."""
    folder, module = module_of(path)
    return Target(path, "", module, folder, path, 0, 1)
