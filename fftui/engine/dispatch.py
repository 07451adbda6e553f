"""Sends attempts and judge calls as budgets allow, and brings each to its committed end.

One coroutine decides what goes out; every call is a task of its own. It sleeps until something
happens: a call ends, a gate opens, a person says so. Nothing here polls a clock.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from msgspec import Struct

from fftui.credentials import REDACTED
from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import Target
from fftui.domain.verdicts import Unusable, Verdict
from fftui.engine import alerts, stopping
from fftui.engine.ask import Asker, Line, opening, request_seed
from fftui.engine.budget import Gate, HeldError
from fftui.engine.grade import Answered, Drawn, Grading, PutBackError
from fftui.engine.judging import JudgeQueue, Waiting
from fftui.engine.needs import Need, need_of
from fftui.engine.pairs import Pairs
from fftui.engine.pauses import Pauses
from fftui.engine.schedule import TargetQueue, pick
from fftui.grading.flags import Sorted
from fftui.platforms.client import Call
from fftui.platforms.rulings import Scope, scope
from fftui.results.summary import Rules
from fftui.store import rows
from fftui.store.discordant import ReadFirst
from fftui.store.now import AddEvent
from fftui.store.reader import GraderRow, Reader
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.writer import Writer

_REVIEW_S = 0.1
"""Settled counts are read again at most this often per target."""
_JUMP_S = 1.0
"""Seconds back that are more than a clock's correction in passing."""
_MOST_TASKS = 512
"""Tasks above which no further stored answer is taken up for grading."""
_NOTIFIED = {"paused": "pause", alerts.KIND: "alert"}
"""Kinds of lines of which the person's own command is told, with its name for them."""


class Setup(Struct, frozen=True):
    """What a run consists of, in this process."""

    seed: int
    tries: int
    compress: bool
    rules: Rules
    targets: dict[int, Target]
    lines: dict[int, Line]
    """How each target is reached, by target id."""
    gates: dict[str, Gate]
    grading: Grading
    asker: Asker
    grade_only: bool = False
    """Stored answers are graded, and no target is asked."""


@dataclass
class Dispatcher:
    """The running part of an engine."""

    setup: Setup
    reader: Reader
    writer: Writer
    queues: dict[int, TargetQueue]
    pairs: Pairs
    paused: bool = False
    stopping: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _owed: deque[int] = field(default_factory=deque)
    _layers: deque[int] = field(default_factory=deque)
    """Stored answers on which graders are to be heard that no plan asks for."""
    _needs: dict[int, tuple[int, Need]] = field(default_factory=dict)
    """What the next attempt of a target takes, with its place in the plan order."""
    _dirty: set[int] = field(default_factory=set)
    _reviewed: dict[int, float] = field(default_factory=dict)
    _complained: set[str] = field(default_factory=set)
    """Judges of which the log says already that they cannot be asked."""
    _leaky: set[int] = field(default_factory=set)
    """Targets of which the log says already that their platform repeats keys."""
    _error: BaseException | None = None

    def __post_init__(self) -> None:
        self.untold: list[tuple[str, str]] = []
        """(event, words) of what the person's own command has not been told yet."""
        # Neither changes in a run; several targets are asked the same at about the same time.
        self._turns = lru_cache(maxsize=1024)(lambda number: rows.turns(self.reader, number))
        self._facts = lru_cache(maxsize=4096)(
            lambda number: rows.scenarios(self.reader, [number])[number]
        )
        self._alerts = alerts.Alerts.of(self.reader, self.setup.rules, self.pairs.matching)
        self.judges = JudgeQueue(self.setup.grading)
        self.pauses = Pauses(self.queues, self.setup.gates, self.gate, self.setup.tries, self.log)

    @property
    def in_flight(self) -> int:
        """Attempts whose call is out."""
        return sum(q.in_flight for q in self.queues.values())

    def gate(self, queue: TargetQueue) -> Gate:
        """The gate of the target's account."""
        return self.setup.lines[queue.target].gate

    def wake(self) -> None:
        """Look again what can be sent."""
        self._wake.set()

    async def run(self) -> None:
        """Until every target is over, or until told to stop and the calls in flight are done.

        Raises what broke a task: an error of ours is never swallowed.
        """
        self._take_up_grading()
        self._dirty.update(self.queues)
        before = time.time()
        while True:
            self._wake.clear()
            if self._error is not None:
                raise self._error
            now = time.time()
            if now < before - _JUMP_S:
                self._clock_was_put_back(before - now)
            before = now
            self._review(now)
            while self._may_send() and self._send_one(now):
                pass
            if self._finished():
                self._read_first()
                return
            await self._sleep(now)

    def _clock_was_put_back(self, by: float) -> None:
        """What waits was told for how long by a clock that was ahead: it would wait for longer."""
        self._reviewed = {target: at - by for target, at in self._reviewed.items()}
        for queue in self.queues.values():
            queue.earlier(by)
        self.judges.earlier(by)

    def _may_send(self) -> bool:
        return not (self.paused or self.stopping or self.writer.trouble)

    def _finished(self) -> bool:
        if self._tasks:
            return False
        looked = self.setup.grade_only and not self._dirty
        over = looked or all(q.state.over for q in self.queues.values())
        return self.stopping or (over and not (self._owed or self._layers or len(self.judges)))

    async def _sleep(self, now: float) -> None:
        until = [self._review_due(target) for target in self._dirty]
        if self._may_send():
            judge = self.judges.opens_at(now)
            until += [] if judge is None else [judge]
            for queue in self.queues.values():
                if (opens := self.opens_at(queue, now)) is not None:
                    until.append(opens)
                elif (look := queue.next_look()) is not None:
                    until.append(look)
        elif self.writer.trouble:
            until.append(now + 1.0)
        later = [at for at in until if now < at < math.inf]
        try:
            async with asyncio.timeout(max(0.001, min(later) - now) if later else None):
                await self._wake.wait()
        except TimeoutError:
            return

    # What goes out

    def _send_one(self, now: float) -> bool:
        if self._grade_next(self._owed, now, planned=True):
            return True
        if self._attempt_next(now):
            return True
        return self._grade_next(self._layers, now, planned=False)

    def _grade_next(self, owed: deque[int], now: float, *, planned: bool) -> bool:
        if owed and self.judges.waiting(planned=planned) < 64 and len(self._tasks) < _MOST_TASKS:
            self._start(self._grade(self._load(owed.popleft())))
            return True
        waiting = self.judges.take(now, planned=planned)
        if waiting is not None:
            self._start(self._ask_judge(waiting))
        return waiting is not None

    def _attempt_next(self, now: float) -> bool:
        if self.setup.grade_only or self.judges.backlog():
            return False
        open_answers = self._open_answers()
        queue = pick(
            self.queues.values(), lambda q, at: self._is_open(q, at, open_answers, now), now
        )
        if queue is None:
            return False
        ordinal = queue.take(now)
        need = self._need(queue, ordinal)
        self.gate(queue).take(need)
        self._start(self._attempt(queue, ordinal, need))
        return True

    def _is_open(self, queue: TargetQueue, ordinal: int, open_answers: int, now: float) -> bool:
        gate = self.gate(queue)
        keep = self.judges.keep(gate, open_answers)
        return gate.is_open(now, self._need(queue, ordinal), keep)

    def _open_answers(self) -> int:
        """Answers that a judge has to be asked of, those that one more attempt gives included."""
        return self.in_flight + self.judges.waiting(planned=True) + len(self._owed) + 1

    def _need(self, queue: TargetQueue, ordinal: int) -> Need:
        known = self._needs.get(queue.target)
        if known is not None and known[0] == ordinal:
            return known[1]
        target = self.setup.targets[queue.target]
        scenario, _ = self.reader.order.at(ordinal)
        messages = [*opening(target), Message("user", self._turns(scenario)[0])]
        line = self.setup.lines[queue.target]
        need = need_of(line.endpoint, messages, target.sampling.max_tokens)
        self._needs[queue.target] = (ordinal, need)
        return need

    def opens_at(self, queue: TargetQueue, now: float) -> float | None:
        """When the target's account lets its next attempt out; `None` where none is ready."""
        asking = self.asking(queue, now)
        return None if asking is None else self.gate(queue).opens_at(now, *asking)

    def why_waiting(self, queue: TargetQueue, now: float) -> str:
        """Why a ready attempt of the target is not sent, in one line; empty when it may be."""
        asking = self.asking(queue, now)
        return "" if asking is None else self.gate(queue).why(now, *asking)

    def asking(self, queue: TargetQueue, now: float) -> tuple[Need, Need] | None:
        """What the next attempt takes of its account and what it must leave; `None`: none ready."""
        ordinal = None if self.setup.grade_only else queue.ready(now)
        if ordinal is None:
            return None
        keep = self.judges.keep(self.gate(queue), self._open_answers())
        return self._need(queue, ordinal), keep

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = self._error or task.exception()
        self._wake.set()

    # One attempt

    async def _attempt(self, queue: TargetQueue, ordinal: int, need: Need) -> None:
        scenario, repeat = self.reader.order.at(ordinal)
        key = AttemptKey(queue.target, scenario, repeat)
        line = self.setup.lines[queue.target]
        turns = self._turns(scenario)

        async def called(turn: int, call: Call) -> None:
            record = AddCall(
                key, turn, None, call.started_at, call.duration_ms, call.ttfb_ms, call.outcome
            )
            self._warn_of_echo(queue.target, line, call)
            queue.health.note(call.outcome, call.started_at)
            if turn + 1 < len(turns) or call.outcome.kind is not OutcomeClass.ANSWERED:
                await self.writer.submit(record)
            else:
                # The attempt's end follows, and is not durable before it.
                self.writer.post(record)

        try:
            outcome, answers = await self.setup.asker.converse(
                line,
                self.setup.targets[queue.target],
                turns,
                request_seed(self.setup.seed, repeat),
                need,
                called,
                lambda: self.paused or self.stopping,
            )
            answered = await self._conclude(queue, ordinal, key, outcome, answers, turns)
        except HeldError:
            # Begun anew later: half a conversation is no attempt.
            queue.put_back(ordinal, time.time())
            return
        finally:
            # Not before the commit: what a kill repeats is bounded by the places at the gate.
            line.gate.give_back()
        if answered is not None:
            await self._grade(answered)

    def _warn_of_echo(self, target: int, line: Line, call: Call) -> None:
        """A key that comes back was seen by whoever wrote the reply; said once per target."""
        if call.outcome.echoed and target not in self._leaky:
            self._leaky.add(target)
            words = (
                f"a reply of {line.endpoint.platform} repeated the key that it was sent; it is"
                f" stored as {REDACTED}: replace the key if you do not trust who answers"
            )
            self.log("error", words, "error", target)

    async def _conclude(
        self,
        queue: TargetQueue,
        ordinal: int,
        key: AttemptKey,
        outcome: Outcome,
        answers: tuple[str, ...],
        turns: tuple[str, ...],
    ) -> Answered | None:
        """Bring the attempt to its committed end, or open it again; what is left to grade."""
        now = time.time()
        ready_at = self.pauses.open_again(queue, ordinal, outcome, now)
        self.pauses.after(queue, ordinal, outcome, now)
        if ready_at is not None:
            queue.put_back(ordinal, ready_at)
            return None
        name, _, benign = self._facts(key.scenario)
        grading = self.setup.grading
        attempt = Drawn(key.target, queue.name, name, key.repeat)
        record = CloseAttempt.of(
            key, outcome, answers, at=now, compress=self.setup.compress,
            place=None if benign else grading.summons(attempt, outcome),
            readings=grading.wanted(attempt),
        )  # fmt: skip
        outcome_id = await self.writer.submit(record)
        answered = outcome.kind is OutcomeClass.ANSWERED and outcome_id is not None
        queue.grading += int(answered)
        queue.close(ordinal)
        self._dirty.add(queue.target)
        if not answered or outcome_id is None:
            return None
        return Answered(
            outcome_id, key.target, queue.name, key.scenario, name, key.repeat, benign,
            outcome.cut, turns, answers[-1],
        )  # fmt: skip

    def log(self, kind: str, text: str, severity: str = "info", target: int | None = None) -> None:
        """A line in the run's log, without waiting for it."""
        if kind in _NOTIFIED:
            self.untold.append((_NOTIFIED[kind], text))
        self.writer.post(AddEvent(time.time(), kind, text, severity, target))

    # Grading

    def _take_up_grading(self) -> None:
        """What an earlier engine left ungraded."""
        for outcome, target, *_ in self.reader.ungraded():
            if not self._owed or self._owed[-1] != outcome:
                self._owed.append(outcome)
                self.queues[target].grading += 1
        planned = set(self._owed)
        self._layers.extend(o for o in self.reader.layered() if o not in planned)

    def _load(self, outcome_id: int) -> Answered:
        row = rows.outcome(self.reader, outcome_id)
        if row is None:
            raise KeyError(outcome_id)
        name, _, benign = self._facts(row.scenario)
        answers, _ = rows.answer(self.reader, outcome_id)
        return Answered(
            outcome_id, row.target, self.queues[row.target].name, row.scenario, name, row.repeat,
            benign, row.cut, self._turns(row.scenario), answers[-1],
            dict(rows.heard(self.reader, outcome_id)),
        )  # fmt: skip

    async def _grade(self, answered: Answered) -> None:
        """Let every grader that needs no call speak; queue for the first one that does."""
        for grader in self.setup.grading.owed(answered):
            if grader.id in self.setup.grading.lines:
                self.judges.add(answered, grader, time.time())
                self._wake.set()
                return
            await self._hear(answered, grader, self.setup.grading.heuristic(answered))

    async def _ask_judge(self, waiting: Waiting) -> None:
        answered, grader = waiting.answered, waiting.grader
        gate = self.judges.gate(grader)
        key = AttemptKey(answered.target, answered.scenario, answered.repeat)

        async def called(call: Call) -> None:
            self._warn_of_echo(answered.target, self.setup.grading.lines[grader.id], call)
            await self.writer.submit(
                AddCall(
                    key, 0, grader.id, call.started_at, call.duration_ms, call.ttfb_ms, call.outcome
                )
            )

        try:
            try:
                result = await self.setup.grading.judge(
                    answered, grader, self.setup.asker, waiting.need, called,
                    lambda: self.paused or self.stopping,
                    lambda words: self.log("judge", f"{grader.name}: {words}", "warning"),
                )  # fmt: skip
                self.judges.heard(waiting, time.time())
                self._complained.discard(grader.name)
            except PutBackError as error:
                now = time.time()
                why = self.judges.given_up(waiting, error.outcome, self.setup.tries, now)
                if not why:
                    self._judge_later(waiting, error.outcome, now)
                    return
                result = Unusable(why)
            await self._hear(answered, grader, result)
        finally:
            # Not before the commit, as with attempts.
            gate.give_back()
        await self._grade(answered)

    def _judge_later(self, waiting: Waiting, outcome: Outcome, now: float) -> None:
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
            self._dirty.add(answered.target)

    # Stops

    def _read_first(self) -> None:
        """Give people before all else what the differences rest on that this run has told of.

        Not with each answer that is added: a rate is withheld while such an answer is unread.
        """
        found = [o for pair in self._alerts.differing for o in self.pairs.matching.discordant(pair)]
        if found:
            self.writer.post(ReadFirst(found, time.time()))

    def _review_due(self, target: int) -> float:
        # One sum for both who waits and who acts: a difference of clocks rounds otherwise, and a
        # wake-up on exactly this moment would then find nothing to do, for ever.
        return self._reviewed.get(target, 0.0) + _REVIEW_S

    def _review(self, now: float) -> None:
        """Read the settled counts of targets that moved, and close those whose rule is met."""
        for target in [t for t in self._dirty if self._review_due(t) <= now]:
            queue = self.queues[target]
            before = queue.state
            counts = self.reader.counts(target)
            grown = self.pairs.matching.take_up(target, counts.settled)
            told = len(self._alerts.differing)
            for claim in self._alerts.claims(target, queue.name, counts):
                self.log(alerts.KIND, claim, "warning", target)
            if len(self._alerts.differing) > told:
                self._read_first()
            stopping.review(queue, counts, self.setup.rules, self.pairs)
            if queue.state is not before and queue.state.over:
                self.log(queue.state.value, f"{queue.name} {queue.state.value}: {queue.reason}",
                         target=target)  # fmt: skip
            self._dirty.discard(target)
            self._reviewed[target] = now
            if grown or queue.state is not before:
                # What the others wait for may have come, or may never come.
                self._dirty.update(p.target for p in self.pairs.partners(queue)
                                   if not p.state.over)  # fmt: skip
