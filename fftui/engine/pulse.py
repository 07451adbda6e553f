"""The engine's sign of life once a second: its state, and what is new of targets and accounts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass, field

from fftui.domain.states import RunState
from fftui.engine.dispatch import Dispatcher
from fftui.engine.telling import Telling
from fftui.store.lock import EngineLock
from fftui.store.now import AddEvent, Heartbeat
from fftui.store.writer import WAL_ALARM, Writer

_BEAT_S = 1.0


@dataclass
class Pulse:
    """What an engine says of itself."""

    writer: Writer
    state: RunState = RunState.STARTING
    reason: str = ""
    started_at: float = field(default_factory=time.time)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """A person has asked for something: its effect is told at once."""
    _beaten: float = field(default_factory=time.monotonic)
    _telling: Telling = field(default_factory=Telling)

    def tell_anew(self) -> None:
        """All is told again: another process may have written what stands there."""
        self._telling = Telling()

    def look(self, dispatcher: Dispatcher, ending: str) -> None:
        """Bring the state up to what the dispatcher does; `ending` says why it is to stop."""
        self.state, self.reason = self._now(dispatcher, ending)
        self._telling.waits(dispatcher, time.time())

    def _now(self, dispatcher: Dispatcher, ending: str) -> tuple[RunState, str]:
        if self.writer.trouble:
            return RunState.WAITING, f"nothing can be stored: {self.writer.trouble}"
        if dispatcher.stopping:
            return RunState.DRAINING, ending or "what was changed is taken up next"
        if dispatcher.paused:
            return RunState.PAUSED, self.reason if self.state is RunState.PAUSED else ""
        return self._telling.state(dispatcher)

    async def beat(self, dispatcher: Dispatcher | None) -> None:
        """Store a heartbeat; returns when it is committed."""
        now, clock = time.time(), time.monotonic()
        working = self.state in (RunState.RUNNING, RunState.DRAINING)
        worked = clock - self._beaten if working else 0.0
        self._beaten = clock
        over = self.state.over
        targets, accounts = self._telling.news(dispatcher, now) if dispatcher else ((), ())
        await self.writer.submit(
            Heartbeat(now, None if over else os.getpid(), self.state, self.reason,
                      self.started_at, worked, targets, accounts)
        )  # fmt: skip

    async def rest(self) -> None:
        """Until the next beat is due, or a person has asked for something."""
        self.hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BEAT_S):
                await self.hurry.wait()


async def tell_trouble(writer: Writer, lock: EngineLock) -> None:
    """A heartbeat that cannot be stored is told beside the file, for as long as that lasts."""
    told, warned = "", False
    while True:
        if writer.trouble or told:
            told = writer.trouble
            lock.note(told)
        if warned is not (writer.wal_bytes > WAL_ALARM):
            warned = not warned
            size = f"run.db-wal has {writer.wal_bytes >> 20} MB"
            why = f"{size}: some program looks at the run in one transaction without end"
            text = why if warned else f"{size} again"
            writer.post(AddEvent(time.time(), "warning", text, "warning" if warned else "info"))
        await asyncio.sleep(_BEAT_S)
