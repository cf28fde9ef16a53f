"""The script that shows a difference to whoever pastes it into a shell, without codeopt.

A literal is the source of a function `outcome(function)` with its imports: it builds the
arguments, makes the call and returns the text of what differs. See `spell_call`.
"""

from __future__ import annotations

from pathlib import Path

_SCRIPT = """\
python - <<'EOF'
import importlib.util, sys
{literal}


def load(path):
    spec = importlib.util.spec_from_file_location({module!r}, path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.{qualname}


sys.path.insert(0, {root!r})
print("old:", outcome(load({old!r})))
print("new:", outcome(load({new!r})))
EOF
"""


def reproduction(old: str, new: str, qualname: str, literal: str, module: str = "", root: str = "") -> str:
    """A shell command that prints one line for each version, which are not the same.

    `old` and `new` are files that both hold `qualname`; `module` is the dotted name under which
    they import their neighbours below the folder `root` (by default the stem of `old`, and its
    folder). Empty where there is no literal.
    """
    if not literal:
        return ""
    path = Path(old)
    return _SCRIPT.format(
        literal=literal.rstrip(),
        root=root or str(path.parent),
        module=module or path.stem,
        qualname=qualname,
        old=old,
        new=new,
    )
