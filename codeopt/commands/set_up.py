"""What `codeopt init` proposes beside workloads: configuration, the hook, and a job in CI.

Planning reads files and writes none. A file that is there is only ever added to, at its end.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from string import Template

import msgspec

from codeopt import __version__
from codeopt.config import Config
from codeopt.config_schema import MEANINGS
from codeopt.errors import UsageError
from codeopt.report.survey import Piece
from codeopt.source import write_atomic

PYPROJECT, HOOKS = "pyproject.toml", ".pre-commit-config.yaml"
WORKFLOW, GITLAB = ".github/workflows/codeopt.yml", ".gitlab-ci.yml"
_SHOWN = ("allow", "min-saving", "exclude")
_HOOK = Template("""- repo: $url
  rev: $revision
  hooks:
    - id: codeopt
""")
_PACKAGED_HOOK = Template("""- repo: local
  hooks:
    - id: codeopt
      name: codeopt
      entry: codeopt check --force-exclude
      language: python
      additional_dependencies: ["$requirement"]
      types_or: [python, jupyter]
      require_serial: true
""")
_WORKFLOW = Template("""name: codeopt

on:
  pull_request:

permissions: {}

concurrency:
  group: codeopt-$${{ github.ref }}
  cancel-in-progress: true

jobs:
  check:
    name: Find memory anti-patterns
    runs-on: ubuntu-latest
    permissions:
      contents: read # to check the code out
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with:
          python-version: "3.12"
      - run: python -m pip install "$requirement"
      - run: codeopt check --format github
""")
_GITLAB_JOB = Template("""codeopt-check:
  image: python:3.12
  rules:
    - if: $$CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $$CI_COMMIT_BRANCH == $$CI_DEFAULT_BRANCH
  script:
    - python -m pip install --quiet "$requirement"
    - codeopt check --format gitlab --output gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
""")


class _Vcs(msgspec.Struct):
    commit_id: str


class _Origin(msgspec.Struct):
    """What pip notes of a distribution that came from no index."""

    url: str
    vcs_info: _Vcs | None = None


def pieces(root: Path) -> tuple[Piece, ...]:
    """What is lacking at the root of a project: the text to be added, or why that is left to a person.

    The hook and the job are for git repositories alone. Raises UsageError for a file that cannot be read.
    """
    repository = (root / ".git").exists()
    found = [_configuration(root, repository)]
    if repository:
        found += [_hook(root), _job(root)]
    return tuple(piece for piece in found if piece is not None)


def write_piece(piece: Piece, root: Path) -> str:
    """Write a new file, or add to one; says what was done. Raises UsageError where it cannot be written."""
    path = root / piece.file
    if piece.exists != path.exists():
        raise UsageError(f"{path} has come or gone since it was looked at; nothing was written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if piece.exists else b""
        ended = "" if not before or before.endswith(b"\n") else "\n"
        text = f"{ended}{piece.text}"
        newline = "\r\n" if b"\r\n" in before else "\n"
        write_atomic(path, before + text.replace("\n", newline).encode())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    return f"{'added to' if piece.exists else 'wrote'} {path}"


def _configuration(root: Path, repository: bool) -> Piece | None:
    defaults = Config()
    lines = ["[tool.codeopt]"]
    for key in _SHOWN:
        value = getattr(defaults, key.replace("-", "_"))
        shown = "[]" if value == () else f'"{value}"' if isinstance(value, str) else value
        lines += [f"# {MEANINGS[key]}", f"{key} = {shown}"]
    text = "\n".join(lines) + "\n"
    before = _text(root / PYPROJECT)
    if before is None:
        # A new pyproject.toml would change how a project with a setup.py is built.
        new = repository and not any((root / name).exists() for name in ("setup.py", "setup.cfg"))
        return Piece(PYPROJECT, text, False) if new else None
    try:
        table = tomllib.loads(before)
    except tomllib.TOMLDecodeError as error:
        return Piece(PYPROJECT, "", True, f"not valid TOML: {error}")
    if "codeopt" in table.get("tool", {}):
        return None
    added = f"\n{text}"
    try:
        tomllib.loads(f"{before}\n{added}")
    except tomllib.TOMLDecodeError:
        return Piece(PYPROJECT, "", True, "[tool.codeopt] cannot stand at its end; add it where `tool` is")
    return Piece(PYPROJECT, added, True)


def _hook(root: Path) -> Piece | None:
    origin = _origin()
    if origin is not None and origin.vcs_info is not None:
        entry = _HOOK.substitute(url=origin.url, revision=origin.vcs_info.commit_id)
    else:
        entry = _PACKAGED_HOOK.substitute(requirement=_requirement(origin))
    before = _text(root / HOOKS)
    if before is None:
        return Piece(HOOKS, "repos:\n" + _indented(entry, "  "), False)
    if re.search(r"^[\s-]*id:\s*[\"']?codeopt", before, re.MULTILINE):
        return None
    indent = _end_of_list(before, "repos")
    if indent is None:
        return Piece(HOOKS, "", True, f"add this to `repos` by hand:\n{entry}")
    return Piece(HOOKS, _indented(entry, indent), True)


def _job(root: Path) -> Piece | None:
    requirement = _requirement(_origin())
    before = _text(root / GITLAB)
    if before is not None or "gitlab" in _remote(root):
        job = _GITLAB_JOB.substitute(requirement=requirement)
        if before is None:
            return Piece(GITLAB, job, False)
        if "codeopt" in before:
            return None
        if not _ends_in_block(before):
            return Piece(GITLAB, "", True, f"add this job by hand:\n{job}")
        return Piece(GITLAB, f"\n{job}", True)
    workflows = root / ".github" / "workflows"
    named = [path for path in workflows.glob("*.y*ml") if "codeopt" in (_text(path) or "")]
    return None if named else Piece(WORKFLOW, _WORKFLOW.substitute(requirement=requirement), False)


def _end_of_list(text: str, key: str) -> str | None:
    """The indentation of the items of a block list under a key at the end of a YAML file, if there is one."""
    if not _ends_in_block(text):
        return None
    keys = list(re.finditer(r"^([\w-]+|\"[^\"]*\"|'[^']*'):(.*)$", text, re.MULTILINE))
    if not keys or keys[-1][1].strip("\"'") != key or keys[-1][2].partition("#")[0].strip():
        return None
    item = re.search(r"^( *)- ", text[keys[-1].end() :], re.MULTILINE)
    return item[1] if item else None


def _ends_in_block(text: str) -> bool:
    """Whether a YAML file is one document of block style at its top, so that lines at its end add to it."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines or lines[0][0] in "{[" or "\t" in text:
        return False
    return not any(re.match(r"(---|\.\.\.)(\s|$)", line) for line in lines[1:])


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}" for line in text.splitlines(keepends=True))


def _origin() -> _Origin | None:
    """Where codeopt was installed from, if not from an index."""
    try:
        told = importlib.metadata.distribution("codeopt").read_text("direct_url.json")
        return msgspec.json.decode(told, type=_Origin) if told else None
    except (importlib.metadata.PackageNotFoundError, msgspec.DecodeError):
        return None


def _requirement(origin: _Origin | None) -> str:
    """What pip installs to get the codeopt that runs here."""
    if origin is not None and origin.vcs_info is not None:
        return f"codeopt @ git+{origin.url}@{origin.vcs_info.commit_id}"
    return f"codeopt=={__version__}"


def _remote(root: Path) -> str:
    """The address of the repository's remote `origin`, empty where there is none."""
    if shutil.which("git") is None:
        return ""
    asked = ["git", "-C", str(root), "config", "--get", "remote.origin.url"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _text(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
