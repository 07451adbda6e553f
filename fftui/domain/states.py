"""The states of a run and of a target, as shown and as stored."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """State of a run. `DEAD` is never stored: it is seen when nobody holds the engine's lock."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    """Nothing to send until some account's budget comes back."""
    DRAINING = "draining"
    """No new calls; those in flight are being finished."""
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    DEAD = "dead"

    @property
    def over(self) -> bool:
        """No engine is expected to be alive."""
        return self in _RUN_OVER


class TargetState(StrEnum):
    """State of one target within a run."""

    OPEN = "open"
    """Calls are sent as the schedule says."""
    WAITING = "waiting"
    """Its account has no budget right now."""
    PAUSED = "paused"
    CLOSING = "closing"
    """Its stop rule is met; open attempts are being drained."""
    FINISHED = "finished"
    """Its stop rule is met and every attempt that was begun is closed."""
    EXHAUSTED = "exhausted"
    """The corpus ended before the stop rule was met."""
    FAILED = "failed"
    """Its configuration is wrong; see the reason."""

    @property
    def over(self) -> bool:
        """Nothing more will be sent for it."""
        return self in _TARGET_OVER


_RUN_OVER = frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED, RunState.DEAD})
_TARGET_OVER = frozenset({TargetState.FINISHED, TargetState.EXHAUSTED, TargetState.FAILED})
