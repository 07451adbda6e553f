"""Brings an attempt from its first call to its committed end, or opens it again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.engine.ask import request_seed
from fftui.engine.budget import HeldError
from fftui.engine.grade import Answered, Drawn
from fftui.engine.hearing import Hearing
from fftui.engine.needs import Need
from fftui.engine.pauses import Pauses
from fftui.engine.run_log import RunLog
from fftui.engine.scenario_cache import ScenarioCache
from fftui.engine.schedule import TargetQueue
from fftui.engine.setup import Setup
from fftui.platforms.client import Call
from fftui.store.order import PlanOrder
from fftui.store.records import AddCall, AttemptKey, CloseAttempt
from fftui.store.writer import Writer


@dataclass
class Attempts:
    """Carries out the attempts of a run."""

    setup: Setup
    order: PlanOrder
    writer: Writer
    scenarios: ScenarioCache
    pauses: Pauses
    hearing: Hearing
    log: RunLog
    hold: Callable[[], bool]
    """Nothing new is to go out."""
    moved: Callable[[int], None]
    """Told of the target, by its id, when an attempt has its outcome."""

    async def carry_out(self, queue: TargetQueue, ordinal: int, need: Need) -> None:
        """One attempt, whose first call has its place at the gate, taken with `need`."""
        scenario, repeat = self.order.at(ordinal)
        key = AttemptKey(queue.target, scenario, repeat)
        line = self.setup.lines[queue.target]
        turns = self.scenarios.turns(scenario)

        async def called(turn: int, call: Call) -> None:
            record = AddCall(
                key, turn, None, call.started_at, call.duration_ms, call.ttfb_ms, call.outcome
            )
            if call.outcome.echoed:
                self.log.echoed(queue.target, line.endpoint.platform)
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
                self.hold,
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
            await self.hearing.grade(answered)

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
        name, _, benign = self.scenarios.facts(key.scenario)
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
        self.moved(queue.target)
        if not answered or outcome_id is None:
            return None
        return Answered(
            outcome_id, key.target, queue.name, key.scenario, name, key.repeat, benign,
            outcome.cut, turns, answers[-1],
        )  # fmt: skip
