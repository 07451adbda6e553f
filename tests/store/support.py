"""A small run to append to, and the records that the tests append."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Endpoint, Target
from fftui.domain.verdicts import Flag, Unusable, Verdict
from fftui.store.extend import Extension
from fftui.store.folder import NewGrader, NewRun, create_run
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.texts import pack

SOUND = Identity(model="m")


def new_run(
    *,
    name: str = "r",
    scenarios: int = 5,
    benign: Sequence[int] = (),
    targets: int = 2,
    graders: int = 2,
    repeats: int = 1,
    width: float | None = None,
) -> NewRun:
    """Scenarios `s0`, `s1`, … in two families; those whose number is in `benign` are benign."""
    return NewRun(
        name=name,
        created_at=1e9,
        seed=1,
        repeats=repeats,
        simulated=True,
        note="",
        compress=False,
        plan_source="plan.toml",
        plan_toml="",
        plan_json=plan_json(
            [f"t{i}" for i in range(1, targets + 1)],
            [f"g{i}" for i in range(1, graders + 1)],
            width,
        ),
        plan_sha256="",
        fftui="0",
        versions={},
        by="tests",
        files=(),
        scenarios=[
            Scenario(f"s{i}", (f"[placeholder {i:03}]",), f"family {i % 2}", i in benign)
            for i in range(scenarios)
        ],
        targets=[
            Target(f"t{i}", Endpoint("sim", "openai", "", "m", "sim"), weights=f"w{i}")
            for i in range(1, targets + 1)
        ],
        graders=[
            NewGrader(f"g{i}", "heuristic", "1", "", {}, basis=i == graders)
            for i in range(1, graders + 1)
        ],
    )


def plan_json(targets: Sequence[str], graders: Sequence[str], width: float | None = None) -> str:
    """As much of a plan as is read of one that is over."""
    return json.dumps(
        {
            "stop": {"tier": "strict", "width": width, "max_attempts": None},
            "corpus": [],
            "targets": [{"name": name} for name in targets],
            "graders": [{"kind": "heuristic", "name": name} for name in graders],
        }
    )


def made(home: Path, **how: object) -> Path:
    """The folder of a fresh run; see `new_run`."""
    return create_run(home, new_run(**how))  # type: ignore[arg-type]


def extension(
    based_on: int,
    *,
    scenarios: Sequence[str] = (),
    benign: Sequence[str] = (),
    targets: Sequence[str] = (),
    graders: Sequence[str] = (),
    basis: bool = False,
) -> Extension:
    """What `fftui extend` writes, where a plan adds these."""
    return Extension(
        based_on=based_on, at=2e9, by="anna", plan_source="plan.toml", plan_toml="",
        plan_json=plan_json((), ()),
        plan_sha256="", fftui="0", versions={}, files=(), note="", compress=False,
        scenarios=[
            Scenario(k, (f"[placeholder {k}]",), "family 0", k in benign) for k in scenarios
        ],
        seed=2,
        targets=[
            Target(name, Endpoint("sim", "openai", "", "m", "sim"), weights="w1")
            for name in targets
        ],
        described=(),
        graders=[NewGrader(name, "heuristic", "1", "", {}, basis=basis) for name in graders],
        paid={}, words=("something",), gives_work=True,
    )  # fmt: skip


def moment(number: int) -> float:
    """When something happened to that scenario or outcome: a handful goes over several minutes."""
    return 1e9 + 25 * number


def close(
    scenario: int,
    *,
    target: int = 1,
    repeat: int = 0,
    kind: OutcomeClass = OutcomeClass.ANSWERED,
    cut: bool = False,
    identity: Identity = SOUND,
    text: str = "[placeholder: steps 1-4]",
) -> CloseAttempt:
    """The end of one attempt."""
    answers = (text,) if kind is OutcomeClass.ANSWERED else ()
    body = pack({"answers": list(answers), "reasoning": ""}, compress=False)
    key = AttemptKey(target, scenario, repeat)
    at = moment(scenario)
    return CloseAttempt(key, kind, "signal", cut, identity, answers, "", at, body)


def verdict(
    outcome: int, grader: int, label: Label | None, flags: Sequence[Flag] = ()
) -> AddVerdict:
    """A grader's word; `None` is an unusable reply."""
    result = Verdict(label) if label else Unusable("prose")
    return AddVerdict(outcome, grader, result, moment(outcome), tuple(flags))


def call(
    scenario: int,
    *,
    target: int = 1,
    grader: int | None = None,
    kind: OutcomeClass = OutcomeClass.ANSWERED,
    tokens: int | None = 10,
    cost: float | None = None,
) -> AddCall:
    """One HTTP call."""
    outcome = Outcome(kind, "signal", usage=Usage(tokens, tokens, cost), identity=SOUND)
    key, at = AttemptKey(target, scenario, 0), moment(scenario)
    return AddCall(key, 0, grader, at, 12.0, None, outcome)
