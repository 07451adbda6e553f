"""Whether a target still gives something usable: what pauses it, and when it is tried again."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.platforms.rulings import Scope, scope

_IN_A_ROW = 10
"""Unusable calls one after another that pause a target whatever its share was."""
_PROBE_S = (2.0, 300.0)
"""Wait before the first trial call of a paused target, and the longest one."""


def usable(outcome: Outcome) -> bool | None:
    """A call taught something of the model or its platform's filters; `None` tells nothing.

    A limit of the account is no fault of the target; one of its upstream is.
    """
    if outcome.kind.puts_back and scope(outcome) is Scope.ACCOUNT:
        return None
    return outcome.kind is OutcomeClass.ANSWERED or outcome.kind.blocked


@dataclass
class Health:
    """The recent calls of one target."""

    share: float
    """The least usable share, 0 to 1 …"""
    window: int
    """… among so many calls."""
    last_usable: float = 0.0
    """Epoch seconds at which the latest of the usable calls was sent."""
    trial_at: float | None = None
    """When a paused target is tried again; `None`: only a person resumes it."""
    _recent: deque[bool] = field(default_factory=deque)
    _in_a_row: int = 0
    _last: str = ""
    _trials: int = 0

    def note(self, outcome: Outcome, started_at: float) -> None:
        """Take the outcome of a call in that was sent at `started_at`, epoch seconds."""
        good = usable(outcome)
        if good is None:
            return
        self._recent.append(good)
        while len(self._recent) > self.window:
            self._recent.popleft()
        self._in_a_row = 0 if good else self._in_a_row + 1
        if good:
            self.last_usable = max(self.last_usable, started_at)
        else:
            self._last = outcome.signal

    def complaint(self) -> str:
        """Why the target should not go on, in one line; empty when it should."""
        if self._in_a_row >= _IN_A_ROW:
            return f"{self._in_a_row} calls in a row gave nothing usable, last: {self._last}"
        full = len(self._recent) == self.window
        if full and sum(self._recent) < self.share * self.window:
            return f"{sum(self._recent)} of the last {self.window} calls usable, last: {self._last}"
        return ""

    def plan_trial(self, now: float) -> None:
        """Set the time of the next trial call, each time later."""
        low, high = _PROBE_S
        wait = float(low * 2.0 ** min(self._trials, 10))
        self.trial_at = now + min(high, wait)
        self._trials += 1

    @property
    def promise(self) -> str:
        """When the next trial is, for people; empty where there will be none."""
        if self.trial_at is None:
            return ""
        return time.strftime("; tried again at %H:%M:%S", time.localtime(self.trial_at))

    def clear(self) -> None:
        """Begin anew: the target goes on."""
        self._recent.clear()
        self._in_a_row = self._trials = 0
        self.trial_at = None
