"""Decides what goes out: attempts and questions to judges, as budgets allow.

One coroutine decides; every call is a task of its own. It sleeps until something happens: a call
ends, a gate opens, a person says so. Nothing here polls a clock.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import InitVar, dataclass, field
from typing import Any

from fftui.domain.scenarios import Message
from fftui.engine.ask import opening
from fftui.engine.attempts import Attempts
from fftui.engine.budget import Gate
from fftui.engine.hearing import Hearing
from fftui.engine.needs import Need, need_of
from fftui.engine.pairs import Pairs
from fftui.engine.pauses import Pauses
from fftui.engine.run_log import RunLog
from fftui.engine.scenario_cache import ScenarioCache
from fftui.engine.schedule import TargetQueue, pick
from fftui.engine.settling import Settling
from fftui.engine.setup import Setup
from fftui.store.reader import Reader
from fftui.store.writer import Writer

_JUMP_S = 1.0
"""Seconds back that are more than a clock's correction in passing."""
_MOST_TASKS = 512
"""Tasks above which no further stored answer is taken up for grading."""


@dataclass
class Dispatcher:
    """The running part of an engine."""

    setup: Setup
    reader: Reader
    writer: Writer
    queues: dict[int, TargetQueue]
    pairs: InitVar[Pairs]
    paused: bool = False
    stopping: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _needs: dict[int, tuple[int, Need]] = field(default_factory=dict)
    """What the next attempt of a target takes, with its place in the plan order."""
    _error: BaseException | None = None

    def __post_init__(self, pairs: Pairs) -> None:
        setup, reader, writer, queues = self.setup, self.reader, self.writer, self.queues
        self.log = RunLog(writer)
        self.pauses = Pauses(queues, setup.gates, self.gate, setup.tries, self.log)
        self._scenarios = ScenarioCache(reader)
        self._settling = Settling(reader, writer, setup.rules, queues, pairs, self.log)
        self.hearing = Hearing(
            setup, reader, writer, queues, self._scenarios, self.pauses, self.log,
            hold=self._hold, wake=self.wake, moved=self._settling.moved,
        )  # fmt: skip
        self._attempts = Attempts(
            setup, reader.order, writer, self._scenarios, self.pauses, self.hearing, self.log,
            hold=self._hold, moved=self._settling.moved,
        )  # fmt: skip

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
        self.hearing.take_up()
        self._settling.begin()
        before = time.time()
        while True:
            self._wake.clear()
            if self._error is not None:
                raise self._error
            now = time.time()
            if now < before - _JUMP_S:
                self._clock_was_put_back(before - now)
            before = now
            self._settling.review(now)
            while self._may_send() and self._send_one(now):
                pass
            if self._finished():
                self._settling.read_first()
                return
            await self._sleep(now)

    def _clock_was_put_back(self, by: float) -> None:
        """What waits was told for how long by a clock that was ahead: it would wait for longer."""
        self._settling.earlier(by)
        for queue in self.queues.values():
            queue.earlier(by)
        self.hearing.judges.earlier(by)

    def _may_send(self) -> bool:
        return not (self._hold() or self.writer.trouble)

    def _hold(self) -> bool:
        """People want nothing new to go out."""
        return self.paused or self.stopping

    def _finished(self) -> bool:
        if self._tasks:
            return False
        looked = self.setup.grade_only and self._settling.up_to_date
        over = looked or all(q.state.over for q in self.queues.values())
        return self.stopping or (over and self.hearing.over)

    async def _sleep(self, now: float) -> None:
        until = self._settling.due()
        if self._may_send():
            judge = self.hearing.judges.opens_at(now)
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
        if self._grade_next(now, planned=True):
            return True
        if self._attempt_next(now):
            return True
        return self._grade_next(now, planned=False)

    def _grade_next(self, now: float, *, planned: bool) -> bool:
        more = len(self._tasks) < _MOST_TASKS
        work = self.hearing.next_work(now, planned=planned, more=more)
        if work is not None:
            self._start(work)
        return work is not None

    def _attempt_next(self, now: float) -> bool:
        if self.setup.grade_only or self.hearing.judges.backlog():
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
        self._start(self._attempts.carry_out(queue, ordinal, need))
        return True

    def _is_open(self, queue: TargetQueue, ordinal: int, open_answers: int, now: float) -> bool:
        gate = self.gate(queue)
        keep = self.hearing.judges.keep(gate, open_answers)
        return gate.is_open(now, self._need(queue, ordinal), keep)

    def _open_answers(self) -> int:
        """Answers that a judge has to be asked of, those that one more attempt gives included."""
        return self.in_flight + self.hearing.unasked + 1

    def _need(self, queue: TargetQueue, ordinal: int) -> Need:
        known = self._needs.get(queue.target)
        if known is not None and known[0] == ordinal:
            return known[1]
        target = self.setup.targets[queue.target]
        scenario, _ = self.reader.order.at(ordinal)
        messages = [*opening(target), Message("user", self._scenarios.turns(scenario)[0])]
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
        keep = self.hearing.judges.keep(self.gate(queue), self._open_answers())
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
