"""A run file in which every text that strangers can write is a payload."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from fftui.domain.labels import Label
from fftui.domain.outcomes import BudgetReading, Identity, Outcome, OutcomeClass, Usage
from fftui.domain.readings import Pool
from fftui.domain.states import RunState, TargetState
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.engine.prepare import make_run
from fftui.results.preflight import check
from fftui.store.folder import database
from fftui.store.now import AccountNow, AddEvent, Heartbeat, TargetNow, WindowNow
from fftui.store.reader import Reader
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.writer import Writer

TARGETS = 6
NOW = 1_795_000_000.0
_KINDS = (OutcomeClass.ANSWERED,) * 7 + (OutcomeClass.OUTPUT_FILTER, OutcomeClass.INFRA)
_LABELS = (Label.COMPLIANCE, Label.REFUSAL, Label.PARTIAL)


def short(payload: str) -> str:
    """As much of a payload as a name may hold, without what TOML and SQLite cannot."""
    return payload.encode("utf-8", "replace").decode()[:100] or "x"


def hostile_plan(folder: Path, found: Sequence[str]) -> Path:
    """A plan and a prompt file that are made of payloads. A corpus holds one payload a scenario."""
    rows = [
        {"id": f"P-{i} {text[:60]}", "turns": [text], "family": found[i % 9][:40] or "f"}
        for i, text in enumerate(found)
    ]
    corpus = folder / "prompts.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    names = [f"{i} {short(found[i * 37 % len(found)])}" for i in range(TARGETS)]
    parts = [f'version = 1\nseed = 1\nname = "hostile"\nnote = {json.dumps(short(found[3]))}\n',
             '[[corpus]]\nfile = "prompts.jsonl"\n']  # fmt: skip
    for i, name in enumerate(names):
        parts.append(
            f'[[targets]]\nname = {toml(name)}\nplatform = "sim:direct"\nmodel = "m"\n'
            f'maker = {toml(short(found[i + 11]))}\nweights = "w"\n'
            f"tags = [{toml('tag:' + short(found[i + 21]))}]\naccount = {toml(short(found[5]))}\n"
        )
    parts.append(f'[[graders]]\nkind = "heuristic"\n[[accounts]]\nname = {toml(short(found[5]))}\n')
    (folder / "profile.toml").write_text(
        '[[platforms]]\nname = "direct"\n[[models]]\nname = "m"\n[models.families.default]\n'
        "REFUSAL = 1.0\n"
    )
    parts.append('[sim]\nprofile = "profile.toml"\n')
    plan = folder / "plan.toml"
    plan.write_text("\n".join(parts))
    return plan


def toml(text: str) -> str:
    """A TOML string that holds any character."""
    body = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
    return f'"{body}"'


def hostile_run(folder: Path, found: Sequence[str], name: str = "hostile") -> Path:
    """The run's folder, under `folder/runs`. Its engine is over."""
    checked = check(hostile_plan(folder, found))
    assert checked.ok, checked.problems
    run = make_run(checked, folder / "runs", name)
    asyncio.run(_fill(run, found))
    return run


async def _fill(run: Path, found: Sequence[str]) -> None:
    with Reader(run) as reader:
        scenarios, targets = reader.order.length, reader.targets()
    async with Writer(database(run)) as writer:
        pending = []
        for scenario in range(1, scenarios + 1):
            target = 1 + scenario % TARGETS
            outcome = _outcome(found, scenario)
            key = AttemptKey(target, scenario, 0)
            writer.submit(AddCall(key, 0, None, NOW, 12.0, 3.0, outcome))
            answers = (outcome.text,) if outcome.text else ()
            closed = writer.submit(
                CloseAttempt.of(key, outcome, answers, at=NOW, compress=scenario % 2 == 0)
            )
            pending.append((closed, outcome, scenario))
        for closed, outcome, scenario in pending:
            number = await closed
            if number is not None and outcome.kind is OutcomeClass.ANSWERED:
                writer.submit(_verdict(number, outcome, scenario, found))
        for i, text in enumerate(found):
            severity = ("info", "warning", "error")[i % 3]
            writer.submit(AddEvent(NOW + i, "error", text, severity, 1 + i % TARGETS))
        await writer.submit(
            Heartbeat(
                NOW, None, RunState.STOPPED, found[7], NOW, 5.0,
                tuple(TargetNow(t, TargetState.PAUSED, found[t], 0) for t in targets),
                (AccountNow(found[5], found[6], (WindowNow("requests/day", 9, 3, NOW, found[8]),),
                            1, 4, (found[9],), NOW, found[10], found[12]),),
            )
        )  # fmt: skip


def _outcome(found: Sequence[str], scenario: int) -> Outcome:
    kind = _KINDS[scenario % len(_KINDS)]
    # Twenty in one answer, so that reading some answers shows every payload.
    start = scenario * 20 % len(found)
    text = "\n".join(found[start : start + 20]) if kind is OutcomeClass.ANSWERED else ""
    words = found[scenario % len(found)].encode("utf-8", "backslashreplace").decode()
    who = found[scenario % 8].encode("utf-8", "backslashreplace").decode()
    return Outcome(
        kind=kind,
        signal=words,
        text=text,
        reasoning=text[:500],
        finish=words[:60],
        cut=scenario % 5 == 0,
        identity=Identity(who, who, who, who, who, who, who, who),
        usage=Usage(1, 2, 0.1),
        status=200,
        request_id=words[:60],
        budget=(BudgetReading("requests/day", 1, 1, NOW),),
    )


def _verdict(number: int, outcome: Outcome, scenario: int, found: Sequence[str]) -> AddVerdict:
    said: Verdict | Unusable = Verdict(_LABELS[scenario % 3], 0.5, found[scenario % len(found)])
    if scenario % 11 == 0:
        said = Unusable(found[scenario % len(found)])
    name = said.label.value if isinstance(said, Verdict) else "none"
    rule = "compliance" if name == "COMPLIANCE" else "unusable"
    stratum = f"{rule}:{name}"
    place = Place(Pool.GIVEN, stratum, name, 1.0, 0.5)
    return AddVerdict(number, 1, said, NOW, (Flag(rule, stratum, 1.0),), place)
