"""Runs the user's own command when a run finishes, pauses, raises an alert or dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fftui.credentials import childs_environ
from fftui.domain.parts import NotifyPlan

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
