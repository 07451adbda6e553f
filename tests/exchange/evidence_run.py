"""A run with everything that a report tells of, made without an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec.structs import asdict, replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.targets import Endpoint, Target
from fftui.domain.verdicts import Flag, Place
from fftui.store import sqlite
from fftui.store.claims import Claim, Enrol
from fftui.store.context import Context
from fftui.store.folder import NewGrader, create_run, database
from fftui.store.now import AddEvent
from fftui.store.records import Record
from fftui.store.reviews import Read
from tests.store.support import call, close, new_run, plan_json, verdict

T = TypeVar("T")
JUDGE = Endpoint("p1", "openai", "", "j", "sim")
NAMES = ("8b @ here", "8b @ there")
ANSWER = "[placeholder: steps 1-4]"
"""What every answer says."""


def evidence_run(
    home: Path, *, names: Sequence[str] = NAMES, scenarios: int = 30, read: int = 0,
    simulated: bool = True, name: str = "r",
) -> Path:  # fmt: skip
    """Two targets of equal weights; the second one gives in less, and a filter stops some."""
    spec = {"model": "j", "platform": "p1", "endpoint": asdict(JUDGE)}
    run = replace(
        new_run(name=name, scenarios=scenarios, benign=(3,)),
        simulated=simulated,
        plan_json=plan_json(names, ("words", "g2")),
        graders=[
            NewGrader("words", "heuristic", "1.1", "", {}, basis=False),
            NewGrader("g2", "judge", "label-v1", "ab" * 32, spec, basis=True),
        ],
        targets=[
            Target(each, Endpoint(f"p{i}", "openai", "", "m", "sim"), maker="maker", weights="w")
            for i, each in enumerate(names, 1)
        ],
    )
    folder = create_run(home, run)
    with appending(folder) as put:
        _answers(put, scenarios)
        put(AddEvent(1e9, "paused", "paused: too few usable answers", "warning", 1))
        if read:
            _read(put, read)
    return folder


class Put(Protocol):
    """Appends a record."""

    def __call__(self, record: Record[T], /) -> T: ...


@contextmanager
def appending(folder: Path) -> Iterator[Put]:
    """Many records in one transaction."""
    db = sqlite.connect(database(folder), write=True)
    context = Context(db)
    context.begin()
    yield lambda record: record.apply(context)
    context.commit()
    db.close()


def _answers(put: Put, scenarios: int) -> None:
    for target in (1, 2):
        for scenario in range(1, scenarios + 1):
            stopped = target == 2 and scenario % 7 == 0
            kind = OutcomeClass.OUTPUT_FILTER if stopped else OutcomeClass.ANSWERED
            put(call(scenario, target=target, kind=kind, cost=0.001))
            who = Identity(model="m", upstream="a" if scenario % 2 else "b")
            outcome = put(close(scenario, target=target, kind=kind, identity=who))
            assert outcome is not None
            if stopped:
                continue
            good = scenario % (2 if target == 1 else 5) == 0
            label = Label.COMPLIANCE if good else Label.REFUSAL
            flags = [Flag("machine compliance", "COMPLIANCE", 1.0)] if good else []
            put(verdict(outcome, 1, Label.REFUSAL))
            place = Place(
                Pool.GIVEN if good else Pool.REST, f"rule x {label.value}", label.value, 1.0,
                scenario / 100,
            )  # fmt: skip
            said = replace(
                verdict(outcome, 2, label, flags), place=None if scenario == 4 else place
            )
            put(said)


def _read(put: Put, most: int) -> None:
    for name in ("ana", "bo"):
        reader = put(Enrol(name, 1e9))
        pools = [(target, pool) for target in (1, 2) for pool in Pool]
        for number in range(most):
            got = put(Claim(reader, pools, 1e9 + number))
            if got is None:
                return
            label = Label.REFUSAL if number % 3 == 0 else Label.COMPLIANCE
            body = {"guideline": "1", "dwell_ms": 1200}
            put(Read(reader, "s", got.outcome, label, 1e9, got.token, body=body))
