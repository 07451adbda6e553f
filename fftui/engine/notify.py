"""Runs the user's own command when a run finishes, pauses, raises an alert or dies."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from fftui.credentials import childs_environ
from fftui.domain.parts import NotifyPlan
from fftui.store.now import AddEvent
from fftui.store.writer import Writer

_LIMIT_S = 30.0


async def notify(plan: NotifyPlan | None, event: str, folder: Path, reason: str) -> str:
    """Tell the user's command; returns what went wrong in one line, or an empty string.

    The run's name and the reason go through the environment: they are untrusted text and must
    never be parsed by a shell. Keys do not.
    """
    if plan is None or event not in plan.on:
        return ""
    environ = {
        **childs_environ(),
        "FFTUI_EVENT": event,
        "FFTUI_RUN": str(folder),
        "FFTUI_REASON": reason.replace("\0", ""),
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *plan.command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        return f"notify: {plan.command[0]}: {error}"
    try:
        async with asyncio.timeout(_LIMIT_S):
            code = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"notify: {plan.command[0]}: took longer than {_LIMIT_S:.0f} s and was ended"
    return f"notify: {plan.command[0]}: exit code {code}" if code else ""


@dataclass
class Notices:
    """What the user's command is told while the engine goes on."""

    folder: Path
    writer: Writer
    plan: NotifyPlan | None = None
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def send(self, untold: list[tuple[str, str]]) -> None:
        """Tell each (event, words), and take it off the list; the command may take its time."""
        while untold:
            told = asyncio.create_task(self.tell(*untold.pop(0)))
            self._under_way.add(told)
            told.add_done_callback(self._under_way.discard)

    async def tell(self, event: str, words: str) -> None:
        """Tell of one event; what goes wrong stands in the run's log."""
        trouble = await notify(self.plan, event, self.folder, words)
        if trouble:
            await self.writer.submit(AddEvent(time.time(), "error", trouble, "warning"))

    async def sent(self) -> None:
        """Until the command has ended for all that it was told."""
        await asyncio.gather(*self._under_way)
