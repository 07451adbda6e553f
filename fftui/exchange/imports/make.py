"""Makes one run of the logs that were read: targets, scenarios, graders, and every attempt."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fftui import __version__
from fftui.corpus.order import plan_order
from fftui.domain.endpoints import IMPORTED, TargetPlan
from fftui.domain.parts import CorpusPlan
from fftui.domain.plan import RunPlan
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.exchange.imports.log import Attempt, Grader, ImportFault, Log
from fftui.exchange.imports.objects import MOST_REPEATS
from fftui.grading import flags
from fftui.store.folder import NewGrader, NewRun, SourceFile
from fftui.store.imported import Closed, Told, import_run

SEED = 0
"""Of the order of scenarios and of what is drawn to be read."""
_SMALL = 60
"""Attacks of a target up to which every answer is read."""


class Imported(Struct, frozen=True):
    """A run that was made, in words."""

    folder: Path
    words: Sequence[str]


def make_run(home: Path, name: str, logs: Sequence[Log], by: str, now: float) -> Imported:
    """Write the run `home/name`.

    Raises StoreError where the name is used, and ImportFault where the logs do not go together.
    """
    attempts = list(_together(logs))
    targets = list(dict.fromkeys(one.target for one in attempts))
    scenarios = _ordered(attempts)
    repeats = 1 + max(one.repeat for one in attempts)
    graders = _graders(logs, attempts)
    tool = " and ".join(dict.fromkeys(log.tool for log in logs))
    plan = _plan(name, logs, targets, repeats)
    words = [*_words(logs, attempts, targets, scenarios, graders)]
    ends = dict(_gaps(attempts, targets, scenarios, repeats))
    words += [f"{target}: {why}" for target, why in ends.items()]
    text = f"# Imported from {tool}: {', '.join(log.path.name for log in logs)}. It has no plan.\n"
    run = NewRun(
        name=name,
        created_at=now,
        seed=SEED,
        repeats=repeats,
        simulated=any(log.simulated for log in logs),
        note=f"imported: asked and graded by {tool}, not in this run",
        compress=True,
        plan_source=str(logs[0].path.resolve()),
        plan_toml=text,
        plan_json=plan.to_json(),
        plan_sha256=hashlib.sha256(text.encode()).hexdigest(),
        fftui=__version__,
        versions={},
        by=by,
        files=[
            SourceFile(str(log.path.resolve()), "log", log.format, log.bytes, log.sha256)
            for log in logs
        ],
        scenarios=scenarios,
        targets=targets,
        graders=graders,
        imported=tool,
    )
    times = [one.at for one in attempts]
    told = Told(f"imported from {tool}", words, min(times), max(times), ends)
    closed = _closed(attempts, targets, scenarios, graders, plan)
    return Imported(import_run(home, run, closed, told), words)


def _together(logs: Sequence[Log]) -> Iterator[Attempt]:
    """Every attempt, with names of targets and scenarios that mean one thing in all logs."""
    texts: dict[str, Scenario] = {}
    taken: dict[str, set[tuple[Target, str, int]]] = defaultdict(set)
    names: dict[str, dict[Target, str]] = defaultdict(dict)
    for log in logs:
        keys: dict[str, Scenario] = {}
        asked = {one.target for one in log.attempts}
        mine = {
            (replace(one.target, name=""), one.scenario.key, one.repeat) for one in log.attempts
        }
        # The same settings, and nothing asked twice: one target in several logs.
        turn = next(n for n in range(1, len(logs) + 2) if not taken[f"{n}"] & mine)
        taken[f"{turn}"] |= mine
        for target in asked:
            bare = replace(target, name=f"{turn}")
            known = names[target.name]
            known.setdefault(bare, target.name if not known else f"{target.name} #{len(known) + 1}")
        done: set[tuple[Target, str, int]] = set()
        for number, one in enumerate(log.attempts, 1):
            scenario = _scenario(one.scenario, keys, texts, log)
            name = names[one.target.name][replace(one.target, name=f"{turn}")]
            if one.repeat >= MOST_REPEATS:
                raise ImportFault(
                    f"{log.path}: attempt {number}: repeat {one.repeat + 1} of"
                    f" {scenario.key[:60]!r}: a run holds {MOST_REPEATS} at most"
                )
            place = (one.target, scenario.key, one.repeat)
            if place in done:
                raise ImportFault(
                    f"{log.path}: attempt {number}: {one.target.name[:60]!r} was asked"
                    f" {scenario.key[:60]!r} twice as repeat {one.repeat + 1}"
                )
            done.add(place)
            yield replace(one, target=replace(one.target, name=name), scenario=scenario)


def _scenario(
    given: Scenario, keys: dict[str, Scenario], texts: dict[str, Scenario], log: Log
) -> Scenario:
    """The scenario under a key that no other one has."""
    if given.key in keys and keys[given.key].turns != given.turns:
        raise ImportFault(f"{log.path}: the id {given.key[:60]!r} stands for different prompts")
    keys[given.key] = given
    known = texts.setdefault(given.key, given)
    if known.turns == given.turns:
        return known
    return texts.setdefault(f"{log.path.stem}/{given.key}", replace(
        given, key=f"{log.path.stem}/{given.key}"
    ))  # fmt: skip


def _ordered(attempts: Sequence[Attempt]) -> list[Scenario]:
    """What most targets were asked comes first, in seeded order, so that prefixes are long."""
    asked: dict[Scenario, set[str]] = defaultdict(set)
    for one in attempts:
        asked[one.scenario].add(one.target.name)
    seeded = plan_order(list(asked), SEED)
    return sorted(seeded, key=lambda scenario: -len(asked[scenario]))


def _graders(logs: Sequence[Log], attempts: Sequence[Attempt]) -> list[NewGrader]:
    """Those that were heard; the basis is the one that labelled most, the first among equals."""
    found: dict[str, Grader] = {}
    for log in logs:
        for grader in log.graders:
            found.setdefault(grader.name, grader)
    if not found:
        found["no grader (imported)"] = Grader("no grader (imported)", "", {})
    heard = Counter(
        name for one in attempts for name, v in one.verdicts.items() if isinstance(v, Verdict)
    )
    # Our own export says which it was; elsewhere it is the one that says most.
    ours = next((log.graders[0].name for log in logs if log.place_fixed and log.graders), None)
    basis = ours or max(found, key=lambda name: heard[name])
    return [
        NewGrader(g.name, "imported", g.version, "", dict(g.spec), basis=g.name == basis)
        for g in found.values()
    ]


def _plan(name: str, logs: Sequence[Log], targets: Sequence[Target], repeats: int) -> RunPlan:
    """What stands where other runs have their plan; nobody can run it."""
    data = {
        "version": 1,
        "name": name,
        "seed": SEED,
        "repeats": repeats,
        "review": {"readings": max(log.readings for log in logs)},
        "corpus": [CorpusPlan(file=str(log.path.resolve())).model_dump() for log in logs],
        "targets": [
            TargetPlan.model_construct(
                name=t.name,
                platform=f"{IMPORTED}{t.endpoint.platform}",
                model=t.endpoint.model or "unknown",
                maker=t.maker,
                weights=t.weights,
                account=t.endpoint.account,
            ).model_dump()
            for t in targets
        ],
    }
    return RunPlan.from_json(json.dumps(data))


def _words(
    logs: Sequence[Log],
    attempts: Sequence[Attempt],
    targets: Sequence[Target],
    scenarios: Sequence[Scenario],
    graders: Sequence[NewGrader],
) -> Iterator[str]:
    for log in logs:
        yield (
            f"{log.path.name}: {log.tool}, {len(log.attempts)} attempts, {log.bytes} bytes,"
            f" sha256 {log.sha256}"
        )
    yield from dict.fromkeys(remark for log in logs for remark in log.remarks)
    classes = Counter(one.outcome.kind.value for one in attempts)
    told = ", ".join(f"{n} {kind}" for kind, n in classes.most_common())
    acts = [act for one in attempts for act in one.acts]
    if acts:
        people = sorted({act.author for act in acts})
        yield f"{len(acts)} acts of {', '.join(people)} were taken over as readings and decisions"
    basis = next(g.name for g in graders if g.basis)
    layers = [g.name for g in graders if not g.basis]
    yield (
        f"{len(targets)} target{'s' * (len(targets) != 1)}, {len(scenarios)} scenarios"
        f" ({sum(s.benign for s in scenarios)} benign), {len(attempts)} attempts: {told}"
    )
    yield f"rates are as graded by {basis}" + (f"; beside it: {', '.join(layers)}" * bool(layers))


def _gaps(
    attempts: Sequence[Attempt],
    targets: Sequence[Target],
    scenarios: Sequence[Scenario],
    repeats: int,
) -> Iterator[tuple[str, str]]:
    """Targets that were not asked everything: comparisons read up to the first gap only."""
    places = {scenario.key: place for place, scenario in enumerate(scenarios)}
    done: dict[str, set[int]] = defaultdict(set)
    for one in attempts:
        done[one.target.name].add(one.repeat * len(scenarios) + places[one.scenario.key])
    for target in targets:
        mine = done[target.name]
        prefix = next(n for n in range(len(mine) + 1) if n not in mine)
        whole = len(scenarios) * repeats
        if len(mine) < whole:
            behind = f"; comparisons read the first {prefix}" if prefix < len(mine) else ""
            yield target.name, f"the log holds {len(mine)} of {whole} attempts{behind}"


def _closed(
    attempts: Sequence[Attempt],
    targets: Sequence[Target],
    scenarios: Sequence[Scenario],
    graders: Sequence[NewGrader],
    plan: RunPlan,
) -> Iterator[Closed]:
    target_at = {t.name: i for i, t in enumerate(targets)}
    scenario_at = {s.key: i for i, s in enumerate(scenarios)}
    basis = next(i for i, g in enumerate(graders) if g.basis)
    grader_at = {g.name: i for i, g in enumerate(graders)}
    attacks = Counter(one.target.name for one in attempts if not one.scenario.benign)
    group: Counter[tuple[str, str]] = Counter()
    for one in attempts:
        group[one.target.maker, one.target.endpoint.platform] += 1
    for one in sorted(attempts, key=lambda a: (a.at, a.repeat, scenario_at[a.scenario.key])):
        said: dict[int, Verdict | Unusable] = {}
        found = flags.Sorted()
        if one.outcome.kind.value == "answered":
            heard: Mapping[str, Verdict | Unusable] = one.verdicts
            main = graders[basis].name
            said = {grader_at[name]: v for name, v in heard.items() if name != main}
            said[basis] = heard.get(main, Unusable("the log has no word of it on this answer"))
            found = flags.sort(
                flags.Facts(
                    verdicts={graders[i].name: v for i, v in said.items()},
                    main=main,
                    prompt="\n".join(one.scenario.turns),
                    answer=one.answers[-1],
                    benign=one.scenario.benign,
                    cut=one.outcome.cut,
                    small=attacks[one.target.name] <= _SMALL,
                ),
                flags.Drawing(
                    flags.audit_draw(SEED, one.target.name, one.scenario.key, one.repeat),
                    plan.review.audit / group[one.target.maker, one.target.endpoint.platform],
                ),
            )
        if one.place is not None and said:
            found = flags.Sorted(tuple(one.flags), one.place)
        yield Closed(
            target=target_at[one.target.name],
            scenario=scenario_at[one.scenario.key],
            repeat=one.repeat,
            outcome=one.outcome,
            answers=one.answers,
            at=one.at,
            duration_ms=one.duration_ms,
            verdicts=said,
            flags=found.flags,
            place=found.place,
            canned=found.canned,
            heads=found.heads,
            readings=plan.review.readings,
            acts=one.acts if found.place is not None else (),
        )
