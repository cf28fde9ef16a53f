"""Which classes and functions a trace may name: those of its project and of well-known libraries."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

from codeopt.target import module_of
from codeopt.workload.trace.file_format import BrokenTrace

LIBRARIES = frozenset(
    """
    PIL _collections _functools _operator anndata collections dask datetime decimal einops enum fractions
    functools gpytorch itertools jax joblib librosa lightning linear_operator math matplotlib networkx numba
    numbers numpy operator pandas patsy pytorch_lightning pywt scipy shapely skimage sklearn statistics
    statsmodels sympy threadpoolctl timm torch torchaudio torchvision transformers types typing xarray
    """.split()  # noqa: SIM905
)
_BUILTINS = frozenset(
    """
    abs all any bool bytes bytearray callable complex dict divmod enumerate filter float frozenset hash id
    int isinstance issubclass iter len list map max min next object ord pow range repr reversed round set
    slice sorted str sum tuple type zip
    """.split()  # noqa: SIM905
)


class Names:
    """Looks up what the trace `file` names, which is of a function in `module` below the folder `root`."""

    def __init__(self, file: str, root: str, module: str) -> None:
        self._file = file
        self.root = Path(root)
        self.module = module

    def find(self, path: Any) -> Any:
        """The class or function at `[module, qualname]`. Raises BrokenTrace where that is not allowed."""
        module, qualname = path
        if not isinstance(module, str) or not isinstance(qualname, str):
            raise BrokenTrace(f"{self._file}: holds no import path where one should be")
        found: Any = self.find_module(module)
        for part in qualname.split("."):
            if not hasattr(found, part):
                raise BrokenTrace(f"{self._file}: there is no {module}.{qualname}")
            found = getattr(found, part)
        home = getattr(found, "__module__", None) or module
        if not self._allows(str(home)) or isinstance(found, types.ModuleType):
            raise BrokenTrace(f"{self._file}: names {module}.{qualname}, which a trace may not")
        if home == "builtins" and getattr(found, "__name__", "") not in _BUILTINS and not _is_error(found):
            raise BrokenTrace(f"{self._file}: names the builtin {qualname}, which a trace may not")
        return found

    def find_module(self, name: str) -> types.ModuleType:
        """A module by its name. Raises BrokenTrace where that is not allowed or it cannot be imported."""
        if name in ("__main__", "__mp_main__"):
            name = self.module
        if not self._allows(name):
            raise BrokenTrace(f"{self._file}: names the module {name[:80]}, which a trace may not")
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise BrokenTrace(f"{self._file}: the module {name} cannot be imported: {error}") from error

    def _allows(self, name: str) -> bool:
        top = name.partition(".")[0]
        if top in LIBRARIES or top in ("builtins", self.module.partition(".")[0]):
            return True
        return top not in sys.stdlib_module_names and self._in_project(top)

    def _in_project(self, top: str) -> bool:
        loaded = sys.modules.get(top)
        origin = getattr(loaded, "__file__", None)
        if loaded is None:
            return any((self.root / place).exists() for place in (f"{top}.py", f"{top}/__init__.py"))
        return (
            isinstance(origin, str)
            and Path(origin).is_relative_to(self.root)
            and "site-packages" not in origin
        )


def home_of(path: Path, module: str) -> tuple[Path, str]:
    """The import root and the module name of a file that was imported as `module`."""
    parts = module.split(".")
    tail = path.parent if path.name == "__init__.py" else path.with_suffix("")
    if module and tail.parts[-len(parts) :] == tuple(parts):
        return tail.parents[len(parts) - 1], module
    return module_of(path)


def _is_error(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, BaseException)
