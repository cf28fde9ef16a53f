"""Write the page of what a rule may ask, from the docstrings of `codeopt.facts`.

python bench/facts_page.py          # print it
python bench/facts_page.py --write  # and put it into docs/facts.md
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT / "codeopt" / "facts"
PAGE = ROOT / "docs" / "facts.md"
_HEAD = """# What a rule may ask

`find(facts)` is given the facts of one file. They are worked out at the first question, so a rule
pays only for what it asks. This page is made from the docstrings by `python bench/facts_page.py
--write`; the docstrings say more, and the rules in `rules/` are examples of every question.

"""
Def = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    """The whole page."""
    facts = _class(FACTS / "__init__.py", "Facts")
    asked = [node for node in facts.body if isinstance(node, Def) and not node.name.startswith("_")]
    plain = [node for node in asked if not node.decorator_list]
    lines = ["## The file itself", ""]
    lines += ["- `facts.source`: The file: path, text, encoding", "- `facts.tree`: Its tree, of `ast`"]
    lines += [f"- `facts.{node.name}({_parameters(node)})`: {_line(node)}" for node in plain]
    lines += ["", "## Families", "", "| ask | about | questions |", "|---|---|---|"]
    lines += [f"| `facts.{n.name}` | {_line(n)} | {_questions(n)} |" for n in asked if _is_property(n)]
    lines += [f"| `facts.flow(function)` | {_line(_named(plain, 'flow'))} | {_methods('flow', 'Flow')} |"]
    lines += ["", "## Modules", "", "Questions that take `facts` as an argument.", ""]
    lines += ["| module | about | functions |", "|---|---|---|"]
    lines += list(_modules())
    return _HEAD + "\n".join(lines) + "\n"


def _modules() -> Iterator[str]:
    for file in sorted(FACTS.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [n for n in tree.body if isinstance(n, Def) and not n.name.startswith("_")]
        taking = [n for n in functions if n.args.args and n.args.args[0].arg == "facts"]
        if file.stem != "__init__" and taking:
            names = ", ".join(f"`{n.name}`" for n in taking)
            yield f"| `codeopt.facts.{file.stem}` | {_line(tree)} | {names} |"


def _questions(node: Def) -> str:
    """The public members of what a property returns, where that is a class of this package."""
    name = ast.unparse(node.returns) if node.returns else ""
    for file in sorted(FACTS.glob("*.py")):
        if name and f"\nclass {name}" in file.read_text(encoding="utf-8"):
            return _methods(file.stem, name)
    return ""


def _methods(module: str, name: str) -> str:
    body = _class(FACTS / f"{module}.py", name).body
    return ", ".join(f"`{n.name}`" for n in body if isinstance(n, Def) and not n.name.startswith("_"))


def _class(file: Path, name: str) -> ast.ClassDef:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def _named(nodes: list[Def], name: str) -> Def:
    return next(node for node in nodes if node.name == name)


def _is_property(node: Def) -> bool:
    return any(ast.unparse(decorator) == "cached_property" for decorator in node.decorator_list)


def _parameters(node: Def) -> str:
    names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
    return ", ".join([*names, *([f"*{node.args.vararg.arg}"] if node.args.vararg else [])])


def _line(node: Def | ast.Module) -> str:
    """The first sentence of a docstring, without its full stop."""
    text = (ast.get_docstring(node) or "").partition("\n\n")[0]
    return " ".join(text.split()).removesuffix(".").replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
