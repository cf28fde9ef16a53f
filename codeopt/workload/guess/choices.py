"""The arguments to choose from for every parameter of a subject, the likeliest first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from codeopt.workload.guess.call_sites import CallSites
from codeopt.workload.guess.collected import names_read
from codeopt.workload.guess.definitions import definition_of
from codeopt.workload.guess.options import OMIT, Option, another, holder, is_at_hand, omitted
from codeopt.workload.guess.pools import Context, entry_text, options_for
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.spell import FIT, Key, State
from codeopt.workload.guess.starts import given_to, with_given
from codeopt.workload.guess.subject import Subject

_FITTED = (
    "", "instance.fit(rng.standard_normal((n, 8)), np.arange(n) % 3)",
    "instance.fit(rng.standard_normal((n, 8)))",
    "instance.fit(rng.standard_normal((n, 8)), np.arange(n) % 2)",
    "instance.fit(rng.standard_normal((n, 8)), rng.standard_normal(n))",
    "instance.fit(rng.random((n, 8)), np.arange(n) % 3)",
)  # fmt: skip


def choices(
    subject: Subject,
    parameters: Mapping[Key, Parameter],
    contexts: Mapping[str, Context],
    sites: CallSites,
    starts: Sequence[State],
) -> dict[Key, list[Option]]:
    """Options by argument, and by FIT the calls that may make the object ready, where there are any.

    `starts` are the arguments of the project's own calls of the subject, `sites` all its calls.
    """
    others = given_to(subject, sites)
    found = {}
    for key, parameter in parameters.items():
        pool = _pool(subject, key, parameter, contexts[key[0]])
        first = [start[key] for start in starts if key in start]
        found[key] = with_given(pool, first, others[key])
    prepared = ("", *(_FITTED if subject.fits else ()), *(f"instance.{m}()" for m in subject.readies))
    before = [start[FIT] for start in starts if FIT in start]
    if len(prepared) > 1 or before:
        plain, *rest = (Option(text, "fit") for text in prepared)
        unlike = {option.text: option for option in (plain, *before[:2], *rest)}
        found[FIT] = list(unlike.values())
    return found


def _pool(subject: Subject, key: Key, parameter: Parameter, context: Context) -> list[Option]:
    if parameter.star == "**":
        return [*_collected(subject, key, context), omitted(), holder("dict", ())]
    found = [option for option in options_for(parameter, context) if is_at_hand(option)]
    if key[0] == "call" and subject.takes_own_kind(parameter):
        found.insert(int(found[0].kind == OMIT), another())
    if parameter.star == "*":
        items = [option for option in found if option.text and option.kind not in ("none",)]
        several = (Option(f"[{option.text} for _ in range(2)]", "star") for option in items[:8])
        return [omitted(), *several]
    return found


def _collected(subject: Subject, key: Key, context: Context) -> Iterator[Option]:
    """What a function may read of the arguments that it collects: by its names, then images and volumes."""
    node = definition_of(subject.code) if key[0] == "call" and subject.code is not None else None
    defaults = {parameter.name: parameter.default or "None" for parameter in subject.form.init}
    names = names_read(node, defaults) if node is not None else ()
    if names:
        yield holder("dict", tuple((name, entry_text(name, context)) for name in names))
        makers = ("torch.rand({})", "rng.random(({}))")[not context.torch :]
        for sizes, maker in itertools.product(("n, 2, 16, 16", "n, 2, 8, 8, 8", "n, 2, 16"), makers):
            yield holder("dict", tuple((name, maker.format(sizes)) for name in names))
