"""The engine of one run: lock, child servers, dispatcher, heartbeat, commands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fftui.domain.plan import RunPlan
from fftui.domain.states import RunState
from fftui.engine.ask import Asker
from fftui.engine.control import Control
from fftui.engine.dispatch import Dispatcher, Setup
from fftui.engine.notify import notify
from fftui.engine.servers import ServerError
from fftui.engine.setup import Wiring, queues, wire
from fftui.engine.telling import Telling
from fftui.platforms.client import Client
from fftui.results.summary import rules_of
from fftui.store.folder import database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.reader import Reader
from fftui.store.records import AddEvent, Heartbeat
from fftui.store.sqlite import SAFE, VERSION, StoreError
from fftui.store.writer import Writer

_BEAT_S = 1.0


@dataclass
class Engine:
    """Drives one run from where it stands to its end, or until it is told to stop."""

    folder: Path
    environ: Mapping[str, str]
    log: Callable[[str], None]
    _state: RunState = RunState.STARTING
    _reason: str = ""
    _ending: str = ""
    _started_at: float = 0.0
    _worked: float = 0.0
    _beaten: float = 0.0
    _telling: Telling = field(default_factory=Telling)
    _dispatcher: Dispatcher | None = None
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """A person has asked for something: its effect is told at once."""

    async def run(self) -> RunState:
        """Returns the state in which the run was left: done or stopped.

        Raises StoreError when another engine holds the run or its file cannot be used.
        """
        lock = EngineLock(lock_file(self.folder))
        if not lock.acquire():
            raise StoreError(f"{self.folder}: an engine is working on this run already")
        try:
            with Reader(self.folder) as reader:
                plan = RunPlan.from_json(reader.plan_json())
                async with Writer(database(self.folder)) as writer:
                    return await self._locked(plan, reader, writer)
        finally:
            lock.release()

    def stop(self, why: str) -> None:
        """Finish the calls in flight, send no new ones, and end."""
        self._ending = self._ending or why
        if self._dispatcher is not None:
            self._dispatcher.stopping = True
            self._dispatcher.wake()

    async def _locked(self, plan: RunPlan, reader: Reader, writer: Writer) -> RunState:
        self._started_at, self._beaten = time.time(), time.monotonic()
        await self._beat(writer, None)
        wiring: Wiring | None = None
        try:
            wiring = await wire(plan, reader, self.folder, self.environ, self.log)
            final = await self._work(plan, reader, writer, wiring)
        except (ServerError, StoreError) as error:
            await self._end(writer, RunState.FAILED, str(error))
            await notify(plan.notify, "death", self.folder, str(error))
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            await self._end(writer, RunState.FAILED, f"the engine failed: {words}; see engine.log")
            await notify(plan.notify, "death", self.folder, words)
            raise
        finally:
            if wiring is not None:
                await wiring.close()
        trouble = await notify(plan.notify, "finish", self.folder, self._reason)
        if trouble:
            await writer.submit(AddEvent(time.time(), "error", trouble, "warning"))
        return final

    async def _work(
        self, plan: RunPlan, reader: Reader, writer: Writer, wiring: Wiring
    ) -> RunState:
        rules = rules_of(reader)
        async with Client(connections=wiring.connections) as client:
            setup = Setup(
                seed=plan.seed,
                tries=plan.engine.tries,
                compress=plan.storage.compress,
                rules=rules,
                targets=reader.targets(),
                lines=wiring.lines,
                gates=wiring.gates,
                grading=wiring.grading,
                asker=Asker(client, plan.engine.deadline_s),
            )
            dispatcher = Dispatcher(
                setup, reader, writer, queues(reader, rules, setup.targets, plan.engine)
            )
            self._dispatcher = dispatcher
            wiring.on_change(dispatcher.wake, self._server_died)
            if self._ending:
                dispatcher.stopping = True
            first = writer.submit(AddEvent(time.time(), *self._greeting(reader)))
            if not SAFE:
                dispatcher.log(
                    "warning",
                    f"SQLite {'.'.join(map(str, VERSION))} can corrupt a file that several"
                    " processes write; only the engine tidies it up",
                    "warning",
                )
            await first
            control = Control(
                self.folder,
                reader,
                dispatcher,
                wiring,
                self.stop,
                self._hurry.set,
                plan.notify,
                self._started_at,
            )
            tasks = [
                asyncio.create_task(control.run()),
                asyncio.create_task(self._beats(writer, dispatcher)),
            ]
            main = asyncio.create_task(dispatcher.run())
            try:
                await asyncio.wait([main, *tasks], return_when=asyncio.FIRST_COMPLETED)
                for task in (main, *tasks):
                    if task.done() and task.exception() is not None:
                        task.result()
                await main
            finally:
                for task in (main, *tasks):
                    task.cancel()
                await asyncio.gather(main, *tasks, return_exceptions=True)
            return await self._finish(writer, dispatcher)

    def _greeting(self, reader: Reader) -> tuple[str, str]:
        if reader.engine().worked_s > 0:
            return "resumed", f"engine {os.getpid()} goes on where the run was left"
        return "started", f"engine {os.getpid()} started"

    async def _finish(self, writer: Writer, dispatcher: Dispatcher) -> RunState:
        over = all(q.state.over for q in dispatcher.queues.values())
        state = RunState.DONE if over else RunState.STOPPED
        await self._end(writer, state, "" if over else self._ending)
        return state

    async def _end(self, writer: Writer, state: RunState, reason: str) -> None:
        self._state, self._reason = state, reason
        kind = {RunState.DONE: "finished", RunState.STOPPED: "stopped"}.get(state, "error")
        severity = "error" if state is RunState.FAILED else "info"
        text = f"run {state.value}" + (f": {reason}" if reason else "")
        writer.submit(AddEvent(time.time(), kind, text, severity))
        await self._beat(writer, self._dispatcher)

    # Heartbeat

    async def _beats(self, writer: Writer, dispatcher: Dispatcher) -> None:
        while True:
            self._state, self._reason = self._now(dispatcher)
            self._telling.waits(dispatcher, time.time())
            await self._beat(writer, dispatcher)
            self._hurry.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_S):
                    await self._hurry.wait()

    def _now(self, dispatcher: Dispatcher) -> tuple[RunState, str]:
        if dispatcher.writer.trouble:
            return RunState.WAITING, f"nothing can be stored: {dispatcher.writer.trouble}"
        if dispatcher.stopping:
            return RunState.DRAINING, self._ending
        if dispatcher.paused:
            return RunState.PAUSED, self._reason if self._state is RunState.PAUSED else ""
        return self._telling.state(dispatcher)

    async def _beat(self, writer: Writer, dispatcher: Dispatcher | None) -> None:
        now, clock = time.time(), time.monotonic()
        working = self._state in (RunState.RUNNING, RunState.DRAINING)
        worked = clock - self._beaten if working else 0.0
        self._beaten = clock
        over = self._state.over
        targets, accounts = self._telling.news(dispatcher, now) if dispatcher else ((), ())
        await writer.submit(
            Heartbeat(now, None if over else os.getpid(), self._state, self._reason,
                      self._started_at, worked, targets, accounts)
        )  # fmt: skip

    async def _server_died(self, name: str, why: str) -> None:
        dispatcher = self._dispatcher
        if dispatcher is None:
            return
        dispatcher.log("error", f"{name} {why}", "error")
        for queue in dispatcher.queues.values():
            if dispatcher.setup.lines[queue.target].child == name:
                dispatcher.pause_target(queue, f"{name} {why}; resume starts it again")
        dispatcher.wake()
