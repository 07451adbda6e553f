"""Carries out what people ask of a running engine, within a quarter of a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from fftui.domain.parts import NotifyPlan
from fftui.domain.states import TargetState
from fftui.engine.dispatch import Dispatcher
from fftui.engine.notify import notify
from fftui.engine.schedule import BY_PERSON, TargetQueue
from fftui.engine.servers import ServerError
from fftui.engine.wiring import Wiring
from fftui.store import commands
from fftui.store.commands import Command
from fftui.store.now import AddEvent, CommandDone
from fftui.store.reader import Reader
from fftui.text import line

_LOOK_S = 0.2


class Control:
    """Reads the command table of a run and acts on it."""

    def __init__(
        self,
        folder: Path,
        reader: Reader,
        dispatcher: Dispatcher,
        wiring: Wiring,
        stop: Callable[[str], None],
        tell: Callable[[], None],
        plan: NotifyPlan | None,
        since: float,
    ) -> None:
        self._folder = folder
        self._reader = reader
        self._dispatcher = dispatcher
        self._wiring = wiring
        self._stop = stop
        self._tell = tell
        self._notify = plan
        self._since = since
        self._version = -1

    async def run(self) -> None:
        """For as long as the engine lives. A file nobody wrote to is not read.

        What was asked of an engine that is gone is closed first: a `stop` from last week must not
        end today's resume.
        """
        for command in commands.pending(self._reader.db):
            if command.at < self._since:
                done = CommandDone(command.id, time.time(), "the engine it was meant for is gone")
                await self._dispatcher.writer.submit(done)
        while True:
            version = self._reader.data_version()
            if version != self._version:
                self._version = version
                for command in commands.pending(self._reader.db):
                    await self._carry_out(command)
            await asyncio.sleep(_LOOK_S)

    async def _carry_out(self, command: Command) -> None:
        result, event = await self._do(command)
        writer = self._dispatcher.writer
        if event is not None:
            writer.post(event)
        await writer.submit(CommandDone(command.id, time.time(), result))
        self._dispatcher.wake()
        self._tell()

    async def _do(self, command: Command) -> tuple[str, AddEvent | None]:
        dispatcher, by = self._dispatcher, command.by
        if command.kind not in commands.KINDS:
            # Of a newer fftui, or of nobody: what is not understood is not guessed at.
            return f"this engine knows no {line(command.kind, 40)!r}", None
        queue = dispatcher.queues.get(command.target) if command.target is not None else None
        if command.kind == "pause":
            if dispatcher.paused:
                return "was paused already", None
            dispatcher.paused = True
            trouble = await notify(self._notify, "pause", self._folder, f"paused by {by}")
            return trouble or "paused", self._event("paused", f"run paused by {by}")
        if command.kind == "resume":
            return await self._resume(by)
        if command.kind == "stop":
            self._stop(f"stopped by {by}")
            return "draining", self._event("draining", f"{by} asked the run to stop")
        if command.kind == "reload":
            # The engine looks by itself at what was appended: as soon as it is told, see `run`.
            return "the calls in flight are finished, then it is taken up", None
        if queue is None:
            return "no such target", None
        if command.kind == "pause_target":
            return self._pause_target(queue, by)
        return await self._resume_target(queue, by)

    async def _resume(self, by: str) -> tuple[str, AddEvent | None]:
        dispatcher = self._dispatcher
        try:
            await self._wiring.restart()
        except ServerError as error:
            return str(error), self._event("error", str(error), "error")
        mended = dispatcher.pauses.reopen()
        if not dispatcher.paused and not mended:
            return "was running already", None
        dispatcher.paused = False
        return "resumed", self._event("resumed", f"run resumed by {by}")

    def _pause_target(self, queue: TargetQueue, by: str) -> tuple[str, AddEvent | None]:
        if queue.state.over:
            return f"{queue.name} is {queue.state.value}", None
        queue.pause(f"{BY_PERSON}{by}")
        return "paused", self._event("paused", f"{queue.name} paused by {by}", target=queue.target)

    async def _resume_target(self, queue: TargetQueue, by: str) -> tuple[str, AddEvent | None]:
        dispatcher = self._dispatcher
        if queue.state is not TargetState.PAUSED and not dispatcher.gate(queue).paused:
            return f"{queue.name} is {queue.state.value}", None
        try:
            await self._wiring.restart()
        except ServerError as error:
            return str(error), self._event("error", str(error), "error", queue.target)
        dispatcher.pauses.reopen(queue)
        return "resumed", self._event(
            "resumed", f"{queue.name} resumed by {by}", target=queue.target
        )

    def _event(
        self, kind: str, text: str, severity: str = "info", target: int | None = None
    ) -> AddEvent:
        return AddEvent(time.time(), kind, text, severity, target)
