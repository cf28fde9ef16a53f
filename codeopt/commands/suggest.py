"""`codeopt suggest`: the main job; collects the pipeline's events and keeps them for `apply`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codeopt.bot.trust import refuse_foreign_code
from codeopt.commands.environment import environment, need_run_extra
from codeopt.config import Config
from codeopt.report.outcome import SuggestOutcome
from codeopt.report.progress import Progress


def suggest(paths: Sequence[Path], config: Config, root: Path, progress: Progress) -> SuggestOutcome:
    """Run the pipeline; on Ctrl-C what had finished is returned, marked as interrupted.

    Raises MissingExtra where the packages of the extra `run` are not installed, UntrustedCode for the code of
    a fork beside a token that may write.
    """
    refuse_foreign_code("suggest", root, paths)
    need_run_extra("suggest")
    from codeopt.events import Finished, ProblemFound, TargetProgress, TargetStarted
    from codeopt.pipeline import Run
    from codeopt.registry import rule_problems
    from codeopt.report.cells import in_cells, problem_in_cells
    from codeopt.suggestion import Rejection, Suggestion, UnprovenSite, rank_key

    outcome = SuggestOutcome(environment(), problems=list(rule_problems()))
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
                    outcome.suggestions.append(in_cells(event, run.sources))
                case Rejection():
                    outcome.rejections.append(in_cells(event, run.sources))
                case UnprovenSite():
                    outcome.unproven.append(in_cells(event, run.sources))
                case ProblemFound():
                    outcome.problems.append(problem_in_cells(event.problem, run.sources))
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
