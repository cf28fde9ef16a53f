"""What a proof can say about a candidate; plain data, never a bool."""

from __future__ import annotations

from dataclasses import dataclass

from codeopt.edit import Trust


@dataclass(frozen=True, slots=True)
class Same:
    """Every observable agreed on every case, at `level`.

    `self_check` is whether the original equals itself when run twice; where it does not,
    only what is stable was compared and `unstable` names the rest. `max_error` is the
    largest relative float error seen against the float64 run (0.0 for `exact`). `caveats` name
    inputs outside of what the workload covers (bools for floats, 0-d arrays, what the original
    refuses) on which the candidate does something else; there are none at `exact`.
    """

    level: Trust
    cases: int
    self_check: bool = True
    unstable: tuple[str, ...] = ()
    faults_planted: int = 0
    faults_caught: int = 0
    max_error: float = 0.0
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Differs:
    """A case on which the candidate does something else, printed to be read.

    `index` is the case's place in the reference it was compared with, -1 where there is none.
    `literal` is the call as Python source, for `literal.reproduction`; empty where an argument
    cannot be written so, as a module or an object of a class of the user's.
    """

    counterexample: str
    case: str = ""
    index: int = -1
    literal: str = ""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The candidate's process died or the candidate could not be imported."""

    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The candidate ran longer than allowed; `seconds` is the limit it hit."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unproven:
    """Nothing contradicts the candidate, and yet the inputs cannot tell."""

    reason: str


Verdict = Same | Differs | Crashed | TimedOut | Unproven
