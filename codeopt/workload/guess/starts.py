"""Where a search may begin: the arguments of calls that the project makes itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from codeopt.workload.guess.call_sites import CallSite, CallSites
from codeopt.workload.guess.options import OMIT, Option, holder, is_at_hand, omitted
from codeopt.workload.guess.reading import Parameter
from codeopt.workload.guess.spell import FIT, Key, State
from codeopt.workload.guess.subject import Subject

_MOST = 5
_ARRAY = re.compile(r"\b(np|numpy|torch|pd|pandas|jnp)\.")
_PLAIN = re.compile(r"-?[\d.e+-]+|True|False|None")


def starts_of(subject: Subject, sites: CallSites) -> tuple[State, ...]:
    """Arguments of calls of this function and of constructions for it; others are not in the states."""
    form = subject.form
    calls = list(_sites(call_names(subject), sites))[:_MOST]
    if form.shape not in ("method", "object"):
        return tuple(_state(site, form.call, "call") for site in calls)
    owner = form.maker if form.shape == "method" else subject.qualname
    init = list(_sites([owner.rpartition(".")[2]], sites))[:_MOST]
    found = []
    for place in range(max(len(calls), len(init))):
        state: dict[Key, Option] = {}
        if init:
            state |= _state(init[min(place, len(init) - 1)], form.init, "init")
        if calls:
            site = calls[min(place, len(calls) - 1)]
            state |= _state(site, form.call, "call")
            if site.before and form.shape == "method":
                state[FIT] = Option("; ".join(site.before), "fit", needs=site.needs)
        found.append(state)
    return tuple(found)


def given_to(subject: Subject, sites: CallSites) -> dict[Key, list[Option]]:
    """Words and objects that other calls give for a parameter of that name, or where it is passed on to."""
    by_name: dict[str, list[Option]] = {}
    for found in sites.values():
        for site in found:
            for name, text in (*site.named, *site.passed):
                by_name.setdefault(name, []).append(Option(text, "site", needs=site.needs))
    given = {}
    form = subject.form
    for key, parameter in [
        *((("call", p.name), p) for p in form.call),
        *((("init", p.name), p) for p in form.init),
    ]:
        passed = [
            Option(site.positional[0], "site", needs=site.needs)
            for name in sorted(parameter.usage.calls)
            for site in sites.get(name.rpartition(".")[2], ())
            if site.positional and site.positional[0] is not None
        ]
        told = [*by_name.get(parameter.name, ()), *passed]
        given[key] = [option for option in told if not is_array(option) and not is_plain(option)]
    return given


def call_names(subject: Subject) -> list[str]:
    """The names that calls of a subject are kept under, those of its own class first."""
    owner, _, name = subject.qualname.rpartition(".")
    if subject.form.shape in ("function", "construct"):
        return [subject.qualname, name]
    if subject.form.shape == "object":
        return [f"{name}.__call__", f"{name}.forward"]
    classes = [base.__name__ for base in (subject.owner or object).__mro__[:-1]]
    called = ["__call__"] if name == "forward" else []
    names = [f"{kind}.{own}" for kind in dict.fromkeys((*classes, owner)) for own in (name, *called)]
    return [*names, name]


def _sites(names: Iterable[str], sites: CallSites) -> Iterator[CallSite]:
    for name in dict.fromkeys(names):
        yield from sites.get(name, ())


def _state(site: CallSite, parameters: Sequence[Parameter], who: str) -> dict[Key, Option]:
    plain = [p.name for p in parameters if not p.star and not p.keyword_only]
    texts = {name: text for name, text in zip(plain, site.positional, strict=False) if text is not None}
    given = set(plain[: len(site.positional)]) | {name for name, _ in site.named}
    known = {p.name for p in parameters if not p.star}
    texts.update((name, text) for name, text in site.named if name in known)
    state = {(who, name): Option(text, "site", needs=site.needs) for name, text in texts.items()}
    more = [text for text in site.positional[len(plain) :] if text is not None]
    rest = tuple((name, text) for name, text in site.named if name not in known)
    for p in parameters:
        if p.star == "*" and more:
            state[who, p.name] = Option(f"[{', '.join(more)}]", "site", needs=site.needs)
        elif p.star == "**" and rest:
            state[who, p.name] = replace(holder("dict", rest), needs=site.needs)
    left = [p for p in parameters if p.default is not None and p.name not in given and not p.star]
    return {**state, **{(who, p.name): omitted() for p in left}}


def is_array(option: Option) -> bool:
    """Whether an argument of a call is an array or the like, whose size is better chosen."""
    return bool(_ARRAY.search(option.text))


def is_plain(option: Option) -> bool:
    """Whether it is a number or a switch, which fits its own call only."""
    return bool(_PLAIN.fullmatch(option.text))


def with_given(pool: list[Option], own: list[Option], others: list[Option]) -> list[Option]:
    """A pool with what the project's calls give: this function's words and objects first, arrays last."""
    known = {option.text for option in pool} | {""}
    new = {o.text: o for o in (*own, *others) if o.text not in known and is_at_hand(o)}
    arrays = [option for option in new.values() if is_array(option)]
    words = [option for option in new.values() if not is_array(option) and not is_plain(option)]
    plain = [option for option in new.values() if is_plain(option)]
    first = [option for option in words if option in own][:3]
    rest = [option for option in words if option not in first][:4]
    start = int(bool(pool) and pool[0].kind == OMIT)
    return [
        *pool[:start],
        *first,
        *pool[start : start + 1],
        *rest,
        *plain[:3],
        *pool[start + 1 :],
        *arrays[:6],
    ]
