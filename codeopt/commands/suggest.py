"""`codeopt suggest`: the main job; collects the pipeline's events and keeps them for `apply`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from collections.abc import Sequence
from pathlib import Path

from codeopt.config import Config
from codeopt.errors import MissingExtra
from codeopt.report.outcome import SuggestOutcome
from codeopt.report.progress import Progress

_LIBRARIES = ("numpy", "torch", "pandas", "scikit-learn", "memray", "hypothesis")
_NEEDED = ("numpy", "hypothesis", "memray")


def suggest(paths: Sequence[Path], config: Config, root: Path, progress: Progress) -> SuggestOutcome:
    """Run the pipeline; on Ctrl-C what had finished is returned, marked as interrupted.

    Raises MissingExtra where the packages of the extra `run` are not installed.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        packages = ", ".join(missing)
        raise MissingExtra(f"`codeopt suggest` needs {packages}: pip install 'codeopt[run]'")
    from codeopt.pipeline import Finished, ProblemFound, Run, TargetProgress, TargetStarted
    from codeopt.suggestion import Rejection, Suggestion, UnprovenSite, rank_key

    outcome = SuggestOutcome(_environment())
    run = Run(config, paths, root)
    events = run.events()
    try:
        for event in events:
            match event:
                case TargetStarted():
                    progress.start(event.target.qualname, event.number, event.total, event.sites)
                case TargetProgress():
                    progress.update(event.evaluations, event.baseline_bytes, event.best_bytes)
                case Suggestion():
                    outcome.suggestions.append(event)
                case Rejection():
                    outcome.rejections.append(event)
                case UnprovenSite():
                    outcome.unproven.append(event)
                case ProblemFound():
                    outcome.problems.append(event.problem)
                case Finished():
                    pass
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:
        events.close()
        progress.close()
    outcome.stats = run.stats()
    outcome.environment["isolation"] = run.isolation or None
    outcome.suggestions.sort(key=rank_key)
    return outcome


def _environment() -> dict[str, object]:
    versions: dict[str, object] = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {**versions, "threads": 1, "device": "cpu"}
