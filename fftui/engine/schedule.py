"""Which attempt is sent next. Pure: it knows counts and clocks, and sends nothing.

Widest interval first among targets whose account has budget; among equally wide ones the earliest
scenario. Targets that are compared count as one, as wide as the widest of them, so that matched
scenarios are filled together and missing pairs stay few.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fftui.domain.states import TargetState
from fftui.engine.health import Health
from fftui.store.order import PlanOrder

_WIDTH_STEP = 0.02
"""Intervals closer than this count as equally wide."""


BY_PERSON = "by "
"""How the reason of a pause begins that only a person ends."""


def by_person(reason: str) -> bool:
    """A person paused the target, not the engine."""
    return reason.startswith(BY_PERSON)


@dataclass
class TargetQueue:
    """The open attempts of one target, computed from the plan order minus committed rows."""

    target: int
    name: str
    account: str
    order: PlanOrder
    planned: int
    width: float = 1.0
    """Of the settled prefix's interval; 1 where there is no data."""
    group: tuple[TargetQueue, ...] = ()
    """The targets that are compared with one another, this one among them; empty: with none."""
    partners: tuple[TargetQueue, ...] = ()
    """Narrow enough itself, it goes on for the pairs with these, and not ahead of them."""
    state: TargetState = TargetState.OPEN
    reason: str = ""
    in_flight: int = 0
    """Attempts whose call is out."""
    grading: int = 0
    """Attempts that were answered and are not yet closed."""
    health: Health = field(default_factory=lambda: Health(0.0, 20))
    held_until: float = 0.0
    """Nothing is sent before: the target's upstream asked to wait."""
    _done: bytearray = field(default_factory=bytearray)
    _next: int = 0
    _back: list[tuple[float, int]] = field(default_factory=list)
    _tries: Counter[int] = field(default_factory=Counter)
    _failing_since: dict[int, float] = field(default_factory=dict)
    _trial: int | None = None
    """Place of the attempt with which a paused target is being tried."""

    def load(self, done: Iterable[tuple[int, int]]) -> None:
        """Take the committed attempts out. What was begun before and left open comes first."""
        self._done = bytearray(self.planned)
        last = -1
        for scenario, repeat in done:
            ordinal = self.order.ordinal(scenario, repeat)
            if ordinal < self.planned:
                self._done[ordinal] = 1
                last = max(last, ordinal)
        self._back = [(0.0, i) for i in range(last) if not self._done[i]]
        self._next = last + 1

    @property
    def begun_open(self) -> int:
        """Attempts that were begun and have no outcome yet."""
        return self.in_flight + len(self._back)

    @property
    def used_up(self) -> bool:
        """Every attempt of the plan was begun."""
        return self._next >= self.planned

    @property
    def reach(self) -> int:
        """Place of the first attempt that was never begun."""
        return self._next

    @property
    def rank(self) -> float:
        """How wide the interval is for which the next call is sent: the widest of the group's.

        So that what is compared goes through the scenarios together.
        """
        busy = (TargetState.OPEN, TargetState.CLOSING, TargetState.WAITING)
        return max([self.width, *(q.width for q in self.group if q.state in busy)])

    @property
    def drained(self) -> bool:
        """Every attempt that was begun is closed."""
        return not (self._back or self.in_flight or self.grading)

    def ready(self, now: float) -> int | None:
        """Place of the attempt that would be sent next, `None` when there is none right now.

        A closing target finishes only what it had begun.
        """
        if self.state.over or now < self.held_until:
            return None
        if self.state is TargetState.PAUSED:
            return self._for_trial(now)
        if self._back and self._back[0][0] <= now:
            return self._back[0][1]
        if self.state is TargetState.CLOSING or self._next >= self.planned:
            return None
        if self.partners and all(p.reach < self._next for p in self.partners):
            return None
        return self._next

    def _for_trial(self, now: float) -> int | None:
        at = self.health.trial_at
        if at is None or now < at or self._trial is not None:
            return None
        if self._back:
            return self._back[0][1]
        return self._next if self._next < self.planned else None

    def next_look(self) -> float | None:
        """Epoch seconds at which something that has to wait becomes ready."""
        if self.state is TargetState.PAUSED:
            return self.health.trial_at if self._trial is None else None
        return max(self._back[0][0], self.held_until) if self._back else self.held_until or None

    def take(self, now: float) -> int:
        """Send the attempt that `ready` named; returns its place."""
        self.in_flight += 1
        trial = self.state is TargetState.PAUSED
        if self._back and (trial or self._back[0][0] <= now):
            ordinal = heapq.heappop(self._back)[1]
        else:
            ordinal, self._next = self._next, self._next + 1
        if trial:
            self._trial = ordinal
        return ordinal

    def pause(self, reason: str, *, trial_from: float | None = None) -> None:
        """Send nothing more; with `trial_from` (now) a trial call later may end the pause."""
        self.state, self.reason, self._trial = TargetState.PAUSED, reason, None
        self.health.trial_at = None
        if trial_from is not None:
            self.trial_later(trial_from)

    def trial_later(self, now: float) -> None:
        """Set the time of the next trial call, and say it in the reason."""
        self.reason = self.reason.removesuffix(self.health.promise)
        self.health.plan_trial(now)
        self.reason += self.health.promise

    def reopen(self) -> None:
        """Go on after a pause."""
        self.state, self.reason, self._trial, self.held_until = TargetState.OPEN, "", None, 0.0
        self.health.clear()

    def trial_ended(self, ordinal: int) -> bool:
        """The call of this attempt was the trial of a paused target."""
        if self._trial != ordinal:
            return False
        self._trial = None
        return self.state is TargetState.PAUSED

    def earlier(self, by: float) -> None:
        """Whatever waits is ready so many seconds before its time."""
        self._back = [(at - by, ordinal) for at, ordinal in self._back]
        self.held_until = max(0.0, self.held_until - by)

    def put_back(self, ordinal: int, ready_at: float) -> None:
        """The call gave nothing about the model; the attempt is open again."""
        self.in_flight -= 1
        heapq.heappush(self._back, (ready_at, ordinal))

    def failed_once_more(self, ordinal: int, now: float) -> int:
        """Count a failed call of an attempt; returns how many it has had in this process."""
        self._failing_since.setdefault(ordinal, now)
        self._tries[ordinal] += 1
        return self._tries[ordinal]

    def fails_alone(self, ordinal: int) -> bool:
        """Other attempts did well since this one began to fail: it is not the target's trouble."""
        return self.health.last_usable >= self._failing_since.get(ordinal, math.inf)

    def close(self, ordinal: int) -> None:
        """The attempt has its terminal outcome."""
        self.in_flight -= 1
        self._done[ordinal] = 1
        self._tries.pop(ordinal, None)
        self._failing_since.pop(ordinal, None)


def pick(
    queues: Iterable[TargetQueue], is_open: Callable[[TargetQueue, int], bool], now: float
) -> TargetQueue | None:
    """The target to send for next, `None` when nothing can be sent now."""
    best: TargetQueue | None = None
    best_key: tuple[float, int] | None = None
    for queue in queues:
        ordinal = queue.ready(now)
        if ordinal is None:
            continue
        key = (-round(queue.rank / _WIDTH_STEP), ordinal)
        if (best_key is None or key < best_key) and is_open(queue, ordinal):
            best, best_key = queue, key
    return best
