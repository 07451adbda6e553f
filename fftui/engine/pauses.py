"""Pauses that the engine decides on by itself, and what becomes of an attempt whose call failed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from msgspec import Struct

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.states import TargetState
from fftui.engine.budget import Gate
from fftui.engine.health import usable
from fftui.engine.run_log import RunLog
from fftui.engine.schedule import TargetQueue, by_person
from fftui.platforms.rulings import Scope, scope

_BACKOFF_S = (0.5, 30.0)


class Pauses(Struct, frozen=True):
    """The targets and accounts of a run, as far as trouble goes."""

    queues: Mapping[int, TargetQueue]
    gates: Mapping[str, Gate]
    gate: Callable[[TargetQueue], Gate]
    """The gate of a target's account."""
    tries: int
    """Calls per attempt before a failure may become its outcome."""
    log: RunLog

    def open_again(
        self, queue: TargetQueue, ordinal: int, outcome: Outcome, now: float
    ) -> float | None:
        """When to send the attempt again; `None`: this outcome is its end."""
        if outcome.kind is OutcomeClass.RATE_LIMITED:
            if scope(outcome) is Scope.TARGET:
                tries = queue.failed_once_more(ordinal, now)
                queue.held_until = now + _wait(outcome, tries)
            return now
        if outcome.kind in (OutcomeClass.QUOTA, OutcomeClass.CONFIG):
            reach = scope(outcome)
            if reach is Scope.ITEM:
                return None
            if reach is Scope.ACCOUNT:
                self.account(self.gate(queue), outcome.signal)
            else:
                self.target(queue, outcome.signal)
            return now
        if outcome.kind not in (OutcomeClass.INFRA, OutcomeClass.EMPTY):
            return None
        tries = queue.failed_once_more(ordinal, now)
        # While nothing else does well either it is the target's trouble, not this attempt's.
        alone = outcome.kind is OutcomeClass.EMPTY or queue.fails_alone(ordinal)
        if alone and tries >= min(self.tries, outcome.retries + 1):
            return None
        return now if outcome.at_once and tries == 1 else now + _wait(outcome, tries)

    def after(self, queue: TargetQueue, ordinal: int, outcome: Outcome, now: float) -> None:
        """Pause a target that gives nothing usable, try it again later, let it go on."""
        if queue.trial_ended(ordinal):
            good = usable(outcome)
            if good:
                queue.reopen()
                self.log("resumed", f"{queue.name}: answers again", target=queue.target)
            elif good is False:
                queue.trial_later(now)
            return
        complaint = queue.health.complaint()
        if complaint:
            self.target(queue, complaint, trial_from=now)

    def target(self, queue: TargetQueue, reason: str, *, trial_from: float | None = None) -> None:
        """Pause a target that cannot go on.

        With `trial_from` (now) it is tried again by itself; otherwise a person resumes it.
        """
        if queue.state in (TargetState.OPEN, TargetState.CLOSING):
            queue.pause(reason, trial_from=trial_from)
            self.log("paused", f"{queue.name}: {reason}", "warning", queue.target)

    def account(self, gate: Gate, reason: str) -> None:
        """Send nothing on an account until a person has mended it and says resume."""
        if not gate.paused:
            gate.paused = reason
            self.log("paused", f"account {gate.plan.name}: {reason}", "error")

    def reopen(self, queue: TargetQueue | None = None) -> bool:
        """Take back the engine's pauses: of one target and its account, or of all.

        False when there were none.
        """
        chosen = self.queues.values() if queue is None else [queue]
        gates = self.gates.values() if queue is None else [self.gate(queue)]
        paused = [
            q for q in chosen
            if q.state is TargetState.PAUSED and (queue is not None or not by_person(q.reason))
        ]  # fmt: skip
        shut = [gate for gate in gates if gate.paused]
        for one in paused:
            one.reopen()
        for gate in shut:
            gate.paused = ""
        return bool(paused or shut)


def _wait(outcome: Outcome, tries: int) -> float:
    """Seconds until the same call is sent again: as the platform asks, or ever longer."""
    if outcome.retry_after is not None:
        return outcome.retry_after
    low, high = _BACKOFF_S
    # Jitter only spreads load; no result depends on it.
    return min(high, low * 2.0 ** (min(tries, 10) - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
