"""The engine of one run, from its lock to its end: what is set up, driven, and taken up anew."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fftui.domain.outcomes import Identity
from fftui.domain.plan import PlanError, RunPlan
from fftui.domain.states import RunState, TargetState
from fftui.engine import again
from fftui.engine.appended import Appended, cannot_take_up
from fftui.engine.ask import Asker
from fftui.engine.control import Control
from fftui.engine.dispatch import Dispatcher
from fftui.engine.identities import Identities
from fftui.engine.keys import poll_keys
from fftui.engine.notify import Notices, notify
from fftui.engine.pairs import Pairs
from fftui.engine.pulse import Pulse, tell_trouble
from fftui.engine.run_log import RunLog
from fftui.engine.servers import ServerError
from fftui.engine.setup import Setup
from fftui.engine.wiring import Wiring, plan_in_force, queues, wire
from fftui.platforms.client import Client
from fftui.results.machine import proxy_mistakes
from fftui.results.summary import rules_of
from fftui.store.folder import database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.now import AddEvent
from fftui.store.reader import Reader
from fftui.store.rows import identities as answered_by
from fftui.store.sqlite import SAFE, VERSION, StoreError
from fftui.store.writer import Writer


@dataclass
class Engine:
    """Drives one run from where it stands to its end, or until it is told to stop."""

    folder: Path
    environ: Mapping[str, str]
    log: Callable[[str], None]
    grade_only: bool = False
    """It grades stored answers, asks no target, and ends."""
    _ending: str = ""
    """Why it was told to stop."""
    _taken: Appended = field(init=False)
    _dispatcher: Dispatcher | None = None
    _pulse: Pulse = field(init=False)
    _notices: Notices = field(init=False)

    async def run(self) -> RunState:
        """Returns the state in which the run was left: done or stopped.

        Raises StoreError when another engine holds the run or its file cannot be used.
        """
        lock = EngineLock(lock_file(self.folder))
        if not lock.acquire():
            raise StoreError(f"{self.folder}: an engine is working on this run already")
        try:
            with Reader(self.folder) as reader:
                async with Writer(database(self.folder)) as writer:
                    teller = asyncio.create_task(tell_trouble(writer, lock))
                    try:
                        return await self._locked(reader, writer)
                    finally:
                        teller.cancel()
        finally:
            lock.release()

    def stop(self, why: str) -> None:
        """Finish the calls in flight, send no new ones, and end."""
        self._ending = self._ending or why
        if self._dispatcher is not None:
            self._dispatcher.stopping = True
            self._dispatcher.wake()

    async def _locked(self, reader: Reader, writer: Writer) -> RunState:
        self._pulse, self._notices = Pulse(writer), Notices(self.folder, writer)
        await self._pulse.beat(None)
        final: RunState | None = None
        try:
            while final is None:
                # Before anything is read: what is appended from here on is taken up later.
                self._taken = Appended.of(reader)
                reader.reread()
                plan = plan_in_force(reader)
                self._notices.plan = plan.notify
                final = await self._wired(plan, reader, writer)
        except (ServerError, StoreError, PlanError) as error:
            await self._fail(writer, str(error), str(error))
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            await self._fail(writer, f"the engine failed: {words}; see engine.log", words)
            raise
        await self._notices.sent()
        await self._notices.tell("finish", self._pulse.reason)
        return final

    async def _fail(self, writer: Writer, reason: str, words: str) -> None:
        await self._end(writer, RunState.FAILED, reason)
        await notify(self._notices.plan, "death", self.folder, words)

    async def _wired(self, plan: RunPlan, reader: Reader, writer: Writer) -> RunState | None:
        """Work with one plan's servers and gates; `None` when there is a newer plan."""
        wiring = await wire(
            plan, reader, self.folder, self.environ, self.log, grade_only=self.grade_only
        )
        try:
            if mistakes := proxy_mistakes(self.environ):
                raise PlanError(mistakes[0])
            async with Client(connections=wiring.connections) as client:
                asker = Asker(client, plan.engine.deadline_s)
                identities = await self._who(client, wiring, reader, writer)
                lookouts = [
                    asyncio.create_task(poll_keys(client, identities.lines)),
                    asyncio.create_task(identities.watch()),
                ]
                try:
                    while True:
                        final = await self._work(plan, reader, writer, wiring, asker, identities)
                        now = Appended.of(reader)
                        if final is not None or now.rewires(self._taken):
                            return final
                        self._taken = now
                finally:
                    for task in lookouts:
                        task.cancel()
                    await asyncio.gather(*lookouts, return_exceptions=True)
        finally:
            await wiring.close()

    async def _who(
        self, client: Client, wiring: Wiring, reader: Reader, writer: Writer
    ) -> Identities:
        """The servers' own word on what they serve, before the first call."""
        known = {
            target: frozenset(row.who for row in found if row.who != Identity())
            for target, found in answered_by(reader).items()
        }
        lines = {} if self.grade_only else wiring.lines
        identities = Identities(client, reader.targets(), lines, RunLog(writer))
        await identities.ask(known)
        return identities

    async def _work(
        self,
        plan: RunPlan,
        reader: Reader,
        writer: Writer,
        wiring: Wiring,
        asker: Asker,
        identities: Identities,
    ) -> RunState | None:
        """Send what is open; `None` when something was appended that has to be taken up first."""
        rules, before = rules_of(reader), self._dispatcher
        setup = Setup(
            seed=plan.seed,
            tries=plan.engine.tries,
            compress=plan.storage.compress,
            rules=rules,
            targets=reader.targets(),
            lines=wiring.lines,
            gates=wiring.gates,
            grading=wiring.grading,
            asker=asker,
            grade_only=self.grade_only,
        )
        open_ = queues(reader, rules, setup.targets, plan.engine)
        pairs = Pairs.of(reader, rules, setup.targets, open_)
        again.take_up(open_.values(), reader, rules, pairs)
        dispatcher = Dispatcher(setup, reader, writer, open_, pairs)
        dispatcher.paused = before is not None and before.paused
        dispatcher.stopping = bool(self._ending)
        self._dispatcher = dispatcher
        self._pulse.tell_anew()
        wiring.on_change(dispatcher.wake, self._server_died)
        first = writer.submit(AddEvent(time.time(), *self._greeting(reader, before is not None)))
        if not SAFE and before is None:
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
            self._pulse.hurry.set,
            plan.notify,
            self._pulse.started_at,
        )
        await self._drive(dispatcher, control.run(), self._beats(reader, dispatcher))
        self._notices.send(dispatcher.log.untold)
        await identities.ask_again()
        if not self._unseen(reader):
            final = await self._finish(writer, dispatcher)
            if not self._unseen(reader):
                return final
        # What a person has paused is read back from the file.
        await self._pulse.beat(dispatcher)
        return None

    async def _drive(self, dispatcher: Dispatcher, *others: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.create_task(work) for work in others]
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

    async def _beats(self, reader: Reader, dispatcher: Dispatcher) -> None:
        while True:
            if self._unseen(reader):
                self._take_up(reader, dispatcher)
            self._pulse.look(dispatcher, self._ending)
            self._notices.send(dispatcher.log.untold)
            await self._pulse.beat(dispatcher)
            await self._pulse.rest()

    # What other processes append

    def _unseen(self, reader: Reader) -> bool:
        """Something was appended that this engine would still take up."""
        return not self._ending and Appended.of(reader) != self._taken

    def _take_up(self, reader: Reader, dispatcher: Dispatcher) -> None:
        """Finish the calls in flight; then the run goes on with what was appended."""
        why = cannot_take_up(reader, self.environ)
        if why:
            self.stop(why)
        else:
            dispatcher.stopping = True
            dispatcher.wake()

    def _greeting(self, reader: Reader, again: bool) -> tuple[str, str]:
        if again:
            return "resumed", f"engine {os.getpid()} has taken up what was changed"
        if self.grade_only:
            return "started", f"engine {os.getpid()} grades stored answers and asks no target"
        if reader.engine().worked_s > 0:
            return "resumed", f"engine {os.getpid()} goes on where the run was left"
        return "started", f"engine {os.getpid()} started"

    async def _finish(self, writer: Writer, dispatcher: Dispatcher) -> RunState:
        if dispatcher.reader.header().imported:
            # Nothing more can come of a log, whatever a rule would have asked for.
            for queue in dispatcher.queues.values():
                if not queue.state.over:
                    queue.state, queue.reason = TargetState.EXHAUSTED, "the log holds no more"
        over = all(q.state.over for q in dispatcher.queues.values())
        state = RunState.DONE if over else RunState.STOPPED
        graded = "stored answers were graded; `fftui resume` goes on" if self.grade_only else ""
        await self._end(writer, state, "" if over else self._ending or graded)
        return state

    async def _end(self, writer: Writer, state: RunState, reason: str) -> None:
        self._pulse.state, self._pulse.reason = state, reason
        kind = {RunState.DONE: "finished", RunState.STOPPED: "stopped"}.get(state, "error")
        severity = "error" if state is RunState.FAILED else "info"
        text = f"run {state.value}" + (f": {reason}" if reason else "")
        RunLog(writer)(kind, text, severity)
        await self._pulse.beat(self._dispatcher)

    async def _server_died(self, name: str, why: str) -> None:
        dispatcher = self._dispatcher
        if dispatcher is None:
            return
        dispatcher.log("error", f"{name} {why}", "error")
        for queue in dispatcher.queues.values():
            if dispatcher.setup.lines[queue.target].child == name:
                dispatcher.pauses.target(queue, f"{name} {why}; resume starts it again")
        dispatcher.wake()
