"""Brings each committed answer to its verdicts: of this engine's calls, and of earlier ones.

Graders that need no call speak at once; for a judge the answer waits until its account lets the
question out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.verdicts import Unusable, Verdict
from fftui.engine.grade import Answered, PutBackError
from fftui.engine.judging import JudgeQueue, Waiting
from fftui.engine.pauses import Pauses
from fftui.engine.run_log import RunLog
from fftui.engine.scenario_cache import ScenarioCache
from fftui.engine.schedule import TargetQueue
from fftui.engine.setup import Setup
from fftui.grading.flags import Sorted
from fftui.platforms.client import Call
from fftui.platforms.rulings import Scope, scope
from fftui.store import rows
from fftui.store.reader import GraderRow, Reader
from fftui.store.records import AddCall, AddVerdict, AttemptKey
from fftui.store.writer import Writer

_MOST_WAITING = 64
"""Answers waiting for judges from which no further stored one is taken up."""


@dataclass
class Hearing:
    """The answers of a run that graders are still to be heard on."""

    setup: Setup
    reader: Reader
    writer: Writer
    queues: Mapping[int, TargetQueue]
    scenarios: ScenarioCache
    pauses: Pauses
    log: RunLog
    hold: Callable[[], bool]
    """Nothing new is to go out."""
    wake: Callable[[], None]
    """Told when a judge has to be asked."""
    moved: Callable[[int], None]
    """Told of the target, by its id, when the last planned grader of an answer was heard."""
    _owed: deque[int] = field(default_factory=deque)
    """Stored answers on which planned graders are to be heard."""
    _layers: deque[int] = field(default_factory=deque)
    """Stored answers on which graders are to be heard that no plan asks for."""
    _complained: set[str] = field(default_factory=set)
    """Judges of which the log says already that they cannot be asked."""

    def __post_init__(self) -> None:
        self.judges = JudgeQueue(self.setup.grading)

    def take_up(self) -> None:
        """What an earlier engine left ungraded."""
        for outcome, target, *_ in self.reader.ungraded():
            if not self._owed or self._owed[-1] != outcome:
                self._owed.append(outcome)
                self.queues[target].grading += 1
        planned = set(self._owed)
        self._layers.extend(o for o in self.reader.layered() if o not in planned)

    @property
    def over(self) -> bool:
        """No answer waits for a grader; what is being graded right now is not looked at."""
        return not (self._owed or self._layers or len(self.judges))

    @property
    def unasked(self) -> int:
        """Answers on which planned judges may still have to be asked."""
        return self.judges.waiting(planned=True) + len(self._owed)

    def next_work(
        self, now: float, *, planned: bool, more: bool
    ) -> Coroutine[Any, Any, None] | None:
        """The next thing to do for planned graders, or for those of later layers.

        Stored answers are taken up only with `more`. `None` when nothing can be done now.
        """
        owed = self._owed if planned else self._layers
        if owed and more and self.judges.waiting(planned=planned) < _MOST_WAITING:
            return self.grade(self._load(owed.popleft()))
        waiting = self.judges.take(now, planned=planned)
        return None if waiting is None else self._ask(waiting)

    def _load(self, outcome_id: int) -> Answered:
        row = rows.outcome(self.reader, outcome_id)
        if row is None:
            raise KeyError(outcome_id)
        name, _, benign = self.scenarios.facts(row.scenario)
        answers, _ = rows.answer(self.reader, outcome_id)
        return Answered(
            outcome_id, row.target, self.queues[row.target].name, row.scenario, name, row.repeat,
            benign, row.cut, self.scenarios.turns(row.scenario), answers[-1],
            dict(rows.heard(self.reader, outcome_id)),
        )  # fmt: skip

    async def grade(self, answered: Answered) -> None:
        """Let every grader that needs no call speak; queue for the first one that does."""
        for grader in self.setup.grading.owed(answered):
            if grader.id in self.setup.grading.lines:
                self.judges.add(answered, grader, time.time())
                self.wake()
                return
            await self._hear(answered, grader, self.setup.grading.heuristic(answered))

    async def _ask(self, waiting: Waiting) -> None:
        answered, grader = waiting.answered, waiting.grader
        gate = self.judges.gate(grader)
        key = AttemptKey(answered.target, answered.scenario, answered.repeat)

        async def called(call: Call) -> None:
            if call.outcome.echoed:
                platform = self.setup.grading.lines[grader.id].endpoint.platform
                self.log.echoed(answered.target, platform)
            await self.writer.submit(
                AddCall(
                    key, 0, grader.id, call.started_at, call.duration_ms, call.ttfb_ms, call.outcome
                )
            )

        try:
            try:
                result = await self.setup.grading.judge(
                    answered, grader, self.setup.asker, waiting.need, called, self.hold,
                    lambda words: self.log("judge", f"{grader.name}: {words}", "warning"),
                )  # fmt: skip
                self.judges.heard(waiting, time.time())
                self._complained.discard(grader.name)
            except PutBackError as error:
                now = time.time()
                why = self.judges.given_up(waiting, error.outcome, self.setup.tries, now)
                if not why:
                    self._ask_later(waiting, error.outcome, now)
                    return
                result = Unusable(why)
            await self._hear(answered, grader, result)
        finally:
            # Not before the commit, as with attempts.
            gate.give_back()
        await self.grade(answered)

    def _ask_later(self, waiting: Waiting, outcome: Outcome, now: float) -> None:
        if outcome.kind is not OutcomeClass.RATE_LIMITED and scope(outcome) is Scope.ACCOUNT:
            self.pauses.account(self.judges.gate(waiting.grader), outcome.signal)
        name = waiting.grader.name
        fails = self.judges.failed(waiting, outcome.signal, outcome.retry_after, now)
        if fails >= self.setup.tries and name not in self._complained:
            self._complained.add(name)
            self.log("error", f"{name} cannot be asked: {outcome.signal}", "warning")

    async def _hear(
        self, answered: Answered, grader: GraderRow, result: Verdict | Unusable
    ) -> None:
        answered.verdicts[grader.id] = result
        # A layer's verdict closes nothing: what is read and why was fixed without it.
        complete = grader.planned and not any(g.planned for g in self.setup.grading.owed(answered))
        found = self.setup.grading.sort(answered) if complete else Sorted()
        await self.writer.submit(
            AddVerdict(
                answered.outcome_id, grader.id, result, time.time(), found.flags, found.place,
                found.canned, self.setup.grading.wanted(answered.drawn), found.heads,
            )
        )  # fmt: skip
        if complete:
            self.queues[answered.target].grading -= 1
            self.moved(answered.target)
