"""`codeopt init`: which functions of a project have which workload, and a file to edit for the others."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.commands.environment import need_run_extra
from codeopt.config import ORIGINS, Config
from codeopt.errors import UsageError, WorkloadError
from codeopt.events import ProblemFound
from codeopt.pipeline import Run
from codeopt.report.survey import NONE, Survey, SurveyRow
from codeopt.sandbox.configured import Sandboxes
from codeopt.source import Problem, write_atomic
from codeopt.target import Target
from codeopt.workload.declared import FILE_NAME
from codeopt.workload.drafts import Draft, added_text, draft_file, lacking, signature_of
from codeopt.workload.wanted import Unserved, Wanted

GUESSED = "guessed"
_TEST_FILES = ("test_*.py", "*_test.py", "conftest.py")


class _Looking(Run):
    """A run that stops where the search would begin."""

    def workloads(self) -> Generator[Problem | Target | Unserved, None, None]:
        """What calls what, without searching: declared targets, then for each other function with sites
        the target of the first origin that can call it, or why none can."""
        yield from (event.problem for event in self._read() if isinstance(event, ProblemFound))
        with Sandboxes(self.config) as self._sandboxes:
            declared = []
            for found in self._declared_targets():
                yield found
                if isinstance(found, Target):
                    declared.append(found)
            wanted = self._undeclared(declared)
            reasons: dict[Wanted, str] = {}
            for provide in self._origins(self.config.origins or ORIGINS):
                targets: list[Target] = []
                refused: set[Wanted] = set()
                for answer in provide(wanted):
                    if isinstance(answer, Unserved):
                        reasons[answer.wanted] = answer.reason
                        refused.add(answer.wanted)
                    else:
                        targets.append(answer)
                        yield answer
                wanted = [w for w in wanted if w in refused or not any(map(w.is_called_by, targets))]
            yield from (Unserved(one, reasons.get(one, "nothing calls it")) for one in wanted)


def survey(paths: Sequence[Path], config: Config, root: Path) -> Survey:
    """Find the functions that hold sites, and the workload of each; nothing is written but `.codeopt/`.

    Raises UsageError for a path that does not exist, and for a workload file that cannot be parsed,
    UntrustedCode for the code of a fork beside a token that may write.
    """
    refuse_foreign_code("init", root, paths)
    need_run_extra("init")
    problems: list[Problem] = []
    rows: list[SurveyRow] = []
    drafts: list[Draft] = []
    for found in _Looking(config, paths, root).workloads():
        if isinstance(found, Problem):
            problems.append(found)
        elif isinstance(found, Unserved):
            name = _name(found.wanted.path, found.wanted.qualname, root)
            rows.append(SurveyRow(name, NONE, found.reason))
            signature = signature_of(found.wanted.path, found.wanted.qualname)
            # Nobody calls a test by a workload; those that something calls by chance do no harm.
            if not any(found.wanted.path.match(pattern) for pattern in _TEST_FILES):
                drafts.append(Draft(name, signature=signature, note=found.reason))
        else:
            name = _name(found.path, found.qualname, root)
            rows.append(SurveyRow(name, found.origin, _said(found)))
            if found.origin == GUESSED:
                text = found.workload_file.read_text(encoding="utf-8")
                drafts.append(Draft(name, text, note=_said(found)))
    rows.sort(key=lambda row: row.target)
    drafts.sort(key=lambda draft: (not draft.text, draft.target))
    return _with_file(tuple(rows), tuple(problems), drafts, root)


def finish(found: Survey, root: Path, *, append: bool, agreed: bool) -> str:
    """Write the new workload file or, if told to `append`, add to the one that is there; says what was done.

    Raises UsageError where it cannot be written.
    """
    if found.exists and not append:
        return f"{found.file} exists and stays as it is; --append adds to it"
    if not agreed:
        return "nothing was written; --yes writes without asking"
    path = root / found.file
    if found.exists != path.exists():
        raise UsageError(f"{path} has come or gone since it was looked at; nothing was written")
    try:
        before = path.read_bytes() if found.exists else b""
        ended = b"" if not before or before.endswith(b"\n") else b"\n"
        write_atomic(path, before + ended + found.text.encode())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    return f"wrote {path}"


def _with_file(
    rows: tuple[SurveyRow, ...], problems: tuple[Problem, ...], drafts: Iterable[Draft], root: Path
) -> Survey:
    path = root / FILE_NAME
    drafts = list(drafts)
    try:
        if not path.exists():
            text = draft_file(drafts) if drafts else ""
            return Survey(rows, problems, FILE_NAME, text, False)
        existing = path.read_text(encoding="utf-8")
        text = added_text(existing, lacking(drafts, existing))
    except (WorkloadError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be used: {error}") from error
    return Survey(rows, problems, FILE_NAME, text, True)


def _name(path: Path, qualname: str, root: Path) -> str:
    inside = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{inside.as_posix()}::{qualname}"


def _said(target: Target) -> str:
    """Where the workload stands or, of one that was generated, what its file says of itself first."""
    if target.origin == "declared":
        return target.ref
    try:
        said = ast.get_docstring(ast.parse(target.workload_file.read_bytes())) or ""
    except (OSError, SyntaxError, ValueError):
        said = ""
    return " ".join(said.split()).split(". ")[0] or target.ref
