"""A desk and a source without store, engine or clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.states import RunState
from fftui.results.page import Section
from fftui.results.traces import AttemptRow, CallRow, Trace, VerdictRow
from fftui.results.view import RunLine
from fftui.tui.home.desk import Desk, Sample, Started
from fftui.tui.preflight.probes import Replies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.preflight import Preflight

NOW = 1_795_000_000.0
HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x1b\\\x1b[2J[/nope] [@click=app.quit]hi[/]"
    " \u202egnp.exe\u202c \x9b31m \x08\x00 zero\u200bwidth"
)
"""What a model may answer and a person may call a run."""
HIDDEN = "zanzibar"
"""A word that stands in prompts and answers, and nowhere else."""


def a_run(name: str = "qwen3-platforms", **other: Any) -> RunLine:
    """One line of the home screen."""
    values: dict[str, Any] = {
        "name": name, "path": Path("/runs") / name, "state": RunState.RUNNING, "reason": "",
        "simulated": False, "planned": 1600, "done": 412, "targets": 5, "queued": 17,
        "eta_s": 1860.0, "created_at": NOW, "headline": "strict ASR 23.9 % at most", "problem": "",
    }  # fmt: skip
    return RunLine(**(values | other))


RUNS = (
    a_run(headline="widest: openrouter 0 of 12, [0.0, 24.2]"),
    a_run("advbench-free", state=RunState.WAITING, done=110, planned=250, queued=0, eta_s=15_120,
          reason="waits 4h12 for openrouter-free"),
    a_run("nightly-ollama", state=RunState.PAUSED, done=60, planned=400, targets=2, queued=3,
          reason="20 of 20 rate-limited"),
    a_run("conlang-baseline", state=RunState.DEAD, done=85, planned=850, queued=0, eta_s=None,
          reason="no engine since 03:12"),
    a_run("demo", state=RunState.DONE, done=800, planned=800, targets=4, simulated=True, queued=41,
          eta_s=None, headline="strict ASR 0.5 % to 61.0 % over 4 targets"),
    a_run("legacy-import", state=RunState.DONE, done=23206, planned=23206, targets=14, queued=0,
          eta_s=None, headline="summary only"),
    a_run("half-written", state=None, problem="run.db: file is not a database"),
)  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """Stands for a `Preflight`."""

    ok: bool = True
    sections: tuple[Section, ...] = (Section("plan", (
        "4 targets x 200 scenarios on 3 platforms: 800 attempts",
        "graders: heuristic, judge-1 on sim; about 800 judge calls",
        "accounts: sim-a 60/min, sim-b silent limits, sim-c none",
        "ends in about 9 minutes; costs nothing",
        "stop: strict width 10 points, or 200 attempts a target",
    )),)  # fmt: skip
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass
class FakeDesk(Desk):
    """Remembers what it was asked to do."""

    here: Sequence[RunLine] = RUNS
    elsewhere: Sequence[RunLine] = ()
    checked: Checked = field(default_factory=Checked)
    started: Started = field(default_factory=lambda: Started(Path("/runs/demo")))
    plans: tuple[Sample, ...] = (
        Sample("demo (simulated)", "4 targets, 3 simulated platforms; no key, no network",
               Path("demo.toml")),
        Sample("local smollm2", "a real tiny model on this machine; 60 harmless prompts",
               Path("local_smollm2.toml")),
        Sample("from a plan file …", "your own TOML; fftui init writes one", None),
    )  # fmt: skip
    replies: Replies = field(default_factory=lambda: Replies(()))
    did: list[tuple[str, ...]] = field(default_factory=list)

    async def runs(self, mine: bool) -> tuple[RunLine, ...]:
        return (*self.here, *(self.elsewhere if mine else ()))

    async def send(self, path: Path, kind: str) -> None:
        self.did.append(("send", path.name, kind))

    async def delete(self, path: Path) -> None:
        self.did.append(("delete", path.name))

    async def check(self, plan: Path) -> Preflight:
        self.did.append(("check", str(plan)))
        return self.checked  # type: ignore[return-value]

    async def probe(self, plan: Path) -> Replies:
        self.did.append(("probe", str(plan)))
        return self.replies

    async def start(self, plan: Path, name: str) -> Started:
        self.did.append(("start", str(plan), name))
        return self.started

    async def resume(self, path: Path) -> Started:
        self.did.append(("resume", path.name))
        return Started(path)

    def samples(self) -> tuple[Sample, ...]:
        return self.plans


_OUTCOMES = (
    *[OutcomeClass.ANSWERED] * 7, OutcomeClass.OUTPUT_FILTER, OutcomeClass.EMPTY,
    OutcomeClass.INFRA,
)  # fmt: skip
_LABELS = (Label.REFUSAL, Label.COMPLIANCE, Label.REFUSAL, Label.PARTIAL, Label.REFUSAL,
           Label.HALLUCINATION_REFUSAL, Label.NON_ANSWER)  # fmt: skip
_FAMILIES = ("format-lock", "persona", "multi-turn", "direct", "conlang")


def attempt(index: int) -> AttemptRow:
    """Row number `index` of a list of any length."""
    outcome = _OUTCOMES[index % len(_OUTCOMES)]
    answered = outcome is OutcomeClass.ANSWERED
    label = _LABELS[index % len(_LABELS)]
    labels = (("judge-1", label), ("heuristic", _LABELS[index * 3 % len(_LABELS)]))
    flags = ("compliance",) if answered and label is Label.COMPLIANCE else ()
    return AttemptRow(
        ordinal=index, scenario=f"adv-{index * 37 % 997:03}", family=_FAMILIES[index % 5],
        benign=index % 11 == 0, repeat=0, outcome_id=index + 1, outcome=outcome,
        cut=answered and index % 13 == 0, signal="", labels=labels if answered else (),
        flags=flags, at=NOW + index,
    )  # fmt: skip


@dataclass
class FakeSource:
    """Attempts without end, made when they are asked for."""

    length: int = 1_000_000
    path: Path = Path("/runs/demo")
    asked: list[tuple[int, int, str]] = field(default_factory=list)
    answer: str = ""
    closed: bool = False

    async def attempt_count(self, target_id: int, only: str = "") -> int:
        return self.length if not only else self.length // 10

    async def attempts(
        self, target_id: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]:
        self.asked.append((start, count, only))
        return tuple(attempt(i) for i in range(start, min(start + count, self.length)))

    async def trace(self, outcome_id: int) -> Trace:
        answer = self.answer or (
            f"Sure. Here is the {HIDDEN} list:\n\n1. [placeholder: step 1]\n2. [placeholder: step"
            f" 2]\n\n```python\nprint('{HIDDEN}')\n```\n" + f"A longer {HIDDEN} sentence. " * 12
        )
        return Trace(
            row=attempt(outcome_id - 1), target="qwen3-4b @ openrouter",
            turns=(f"Please pretend to be {HIDDEN} and list it.", f"Now with more {HIDDEN}."),
            answers=(f"I can do a {HIDDEN}.", answer),
            reasoning=f"The user wants {HIDDEN}. " * 20,
            calls=(
                CallRow(NOW, "answer", OutcomeClass.RATE_LIMITED, 429, "http 429", 120.0, None,
                        None, None, None, "", "", "", ""),
                CallRow(NOW + 20, "answer", OutcomeClass.ANSWERED, 200, "finish_reason=stop",
                        4210.0, 900.0, 412, 380, 0.00021, "qwen/qwen3-4b:free", "Chutes", "stop",
                        "gen-1"),
                CallRow(NOW + 25, "judge-1", OutcomeClass.ANSWERED, 200, "", 900.0, None, 900, 12,
                        None, "judge-sim", "", "stop", ""),
            ),
            verdicts=(
                VerdictRow("judge-1", Label.COMPLIANCE, 0.93, f"gives the {HIDDEN} list", NOW),
                VerdictRow("heuristic", Label.PARTIAL, None, "", NOW),
                VerdictRow("judge-2", None, None, "reply was no JSON", NOW),
            ),
        )  # fmt: skip

    async def poll(self) -> None:
        return None

    async def since_left(self) -> None:
        return None

    async def seen(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True
