"""What a new plan changes in a run, and what it must not: compared by names, told in words.

A run's plan is appended to. What an answer meant when it was given stays what it meant: another
sampling, model or platform is another target, and another judge is another grader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from fftui.domain.graders import GraderPlan
from fftui.domain.parts import AccountPlan, Part
from fftui.domain.plan import RunPlan
from fftui.domain.targets import Endpoint, Price, Target

_LONGEST = 60
_FREE = ("maker", "tags", "endpoint.account", "endpoint.price", "endpoint.stream")
"""What may be told anew of a target: it changes no answer."""
_FREE_OF_JUDGE = ("account", "price", "stream")
_SECTIONS = ("stop", "engine", "review", "policy", "alert", "storage")
_OPENING = ("stop.", "policy.")
"""Changes after which a finished target may have to go on."""
_HIDDEN = ("system_prompt",)
"""Fields whose text is not repeated: it may be long, and it is a prompt."""


class Changes(Struct, frozen=True):
    """The difference between two plans; of their corpora only the scenarios can tell it."""

    words: tuple[str, ...]
    """What changes, each in a few words."""
    refused: tuple[str, ...]
    """Why the new plan cannot be taken: one line each, which names the field and the way out."""
    targets: tuple[str, ...]
    """Names of new targets."""
    described: tuple[str, ...]
    """Targets of the run of which something is told anew."""
    graders: tuple[str, ...]
    """Names of new graders."""
    paid: tuple[str, ...]
    """Graders of the run of which something is told anew."""
    gives_work: bool
    """A finished target may have to go on."""


def compare(old: RunPlan, new: RunPlan) -> Changes:
    """What `new` changes in a run whose plan in force is `old`."""
    before = {t.name: t for t in old.resolved_targets()}
    graders = {g.label: g for g in old.graders}
    targets = tuple(t.name for t in new.targets if t.name not in before)
    judges = tuple(g.label for g in new.graders if g.label not in graders)
    words = [f"target {name!r}" for name in targets]
    words += [f"grader {name!r}" for name in judges]
    described, paid = [], []
    for target in new.resolved_targets():
        if target.name in before:
            told = list(_told_of(before[target.name], target))
            described += [target.name] if told else []
            words += told
    for grader in new.graders:
        if grader.label in graders:
            told = list(_told_of_judge(graders[grader.label], grader))
            paid += [grader.label] if told else []
            words += told
    words += _accounts(old, new)
    settings = [w for name in _SECTIONS for w in _section(name, old, new)]
    words += settings
    words += [name for name in ("notify", "note") if getattr(old, name) != getattr(new, name)]
    return Changes(
        words=tuple(words),
        refused=tuple(dict.fromkeys(_refusals(old, new))),
        targets=targets,
        described=tuple(described),
        graders=judges,
        paid=tuple(paid),
        gives_work=bool(targets or judges) or any(w.startswith(_OPENING) for w in settings),
    )


def bring_judge(old: RunPlan, new: RunPlan) -> str | None:
    """Name of the judge that takes the rates over from a run's heuristic; else `None`.

    A rate is that of one named grader, so a second judge leaves the first one in its place. Rates
    of the keyword grader alone are a makeshift: the first judge ends it, as in a plan that has one
    from the start.
    """
    if any(g.kind != "heuristic" for g in old.graders):
        return None
    return next((g.label for g in new.graders if g.kind != "heuristic"), None)


def _told_of(old: Target, new: Target) -> Iterator[str]:
    for name in _FREE:
        before, after = _field(old, name), _field(new, name)
        if before != after:
            what = name.rpartition(".")[2]
            yield f"target {new.name!r} {what} {_shown(before)} → {_shown(after)}"


def _told_of_judge(old: GraderPlan, new: GraderPlan) -> Iterator[str]:
    one, other = old.endpoint(), new.endpoint()
    if one is None or other is None:
        return
    for name in _FREE_OF_JUDGE:
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield f"grader {new.label!r} {name} {_shown(before)} → {_shown(after)}"


def _accounts(old: RunPlan, new: RunPlan) -> Iterator[str]:
    known, used = _used(old), _used(new)
    for name in used:
        before, after = old.account(name), new.account(name)
        if name not in known:
            if any(a.name == name for a in new.accounts):
                yield f"account {name!r}"
            continue
        for field in AccountPlan.model_fields:
            one, other = getattr(before, field), getattr(after, field)
            if one != other:
                yield f"account {name!r} {field} {_shown(one)} → {_shown(other)}"


def _used(plan: RunPlan) -> list[str]:
    """Accounts that something of the plan is paid by."""
    ends: list[Endpoint | None] = [t.endpoint() for t in plan.targets]
    ends += [g.endpoint() for g in plan.graders]
    return list(dict.fromkeys(e.account for e in ends if e is not None))


def _section(name: str, old: RunPlan, new: RunPlan) -> Iterator[str]:
    one: Part = getattr(old, name)
    other: Part = getattr(new, name)
    for field in type(one).model_fields:
        before, after = getattr(one, field), getattr(other, field)
        if before != after:
            yield f"{name}.{field} {_shown(before)} → {_shown(after)}"


# What is refused


def _refusals(old: RunPlan, new: RunPlan) -> Iterator[str]:
    for name in ("seed", "repeats"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield (
                f"{name}: {before} → {after} would change which attempt comes when;"
                f" leave it at {before}, or start a new run"
            )
    if new.simulated and not old.simulated:
        yield (
            "targets: simulated answers do not join a run of real ones; start a new run for them"
        )
    elif old.simulated and old.sim.seed != new.sim.seed:
        yield (
            f"sim.seed: {_shown(old.sim.seed)} → {_shown(new.sim.seed)} would change what the"
            " simulated platform answers; start a new run"
        )
    yield from _refused_targets(old, new)
    yield from _refused_graders(old, new)


def _refused_targets(old: RunPlan, new: RunPlan) -> Iterator[str]:
    after = {t.name: (i, t) for i, t in enumerate(new.resolved_targets(), 1)}
    for target in old.resolved_targets():
        if target.name not in after:
            yield (
                f"targets: {target.name!r} is missing; leave it in, its answers stand in the run"
                " (`fftui pause RUN --target …` ends its calls)"
            )
            continue
        number, other = after[target.name]
        for field in _fields(target):
            one, two = _field(target, field), _field(other, field)
            if field in _FREE or one == two:
                continue
            hidden = field in _HIDDEN
            what = "differs from the run's" if hidden else f"{_shown(one)} → {_shown(two)}"
            if field.startswith("sampling.") and new.targets[number - 1].sampling is None:
                yield (
                    f"{field}: {what}: targets of the run have answered otherwise already; leave it"
                    " as it was, and give a target of another name its own [targets.sampling]"
                )
                continue
            yield (
                f"targets[{number}].{field.removeprefix('endpoint.')}: {what}: {target.name!r} has"
                " answered otherwise already; leave it as it was, and add a target of another name"
            )


def _refused_graders(old: RunPlan, new: RunPlan) -> Iterator[str]:
    after = {g.label: (i, g) for i, g in enumerate(new.graders, 1)}
    for grader in old.graders:
        if grader.label not in after:
            yield (
                f"graders: {grader.label!r} is missing; leave it in, its verdicts stand in the run,"
                " or start a new run"
            )
            continue
        number, other = after[grader.label]
        for field in _judged_by(grader, other):
            yield (
                f"graders[{number}].{field}: {grader.label!r} has given verdicts otherwise already;"
                " leave it as it was, and add a grader of another name"
            )


def _judged_by(old: GraderPlan, new: GraderPlan) -> Iterator[str]:
    """Fields in which two graders of one name differ and must not."""
    if old.kind != new.kind:
        yield "kind"
        return
    one, other = old.endpoint(), new.endpoint()
    if one is None or other is None:
        return
    for field in ("platform", "model", "dialect", "base_url", "upstream", "quantisations"):
        if getattr(one, field) != getattr(other, field):
            yield field
    for field in ("rubric", "max_tokens", "template"):
        if getattr(old, field) != getattr(new, field):
            yield field


def _fields(target: Target) -> Iterator[str]:
    for name, value in target.to_dict().items():
        if name in ("endpoint", "sampling"):
            yield from (f"{name}.{inner}" for inner in value)
        elif name != "name":
            yield name


def _field(target: Target, name: str) -> Any:
    value: Any = target
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _shown(value: object) -> str:
    """A setting in a few characters."""
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        text = ", ".join(map(str, value))
    elif isinstance(value, float):
        text = f"{value:g}"
    elif isinstance(value, Price):
        text = f"{value.input:g}/{value.output:g}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
