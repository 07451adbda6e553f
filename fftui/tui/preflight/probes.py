"""Probes from the screen: `fftui preflight --probe` in a process of its own, and its answer."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_S = 600.0
_MOST_BYTES = 4_000_000


class Reply(Struct, frozen=True):
    """What one target or judge said. The lines are untrusted."""

    ok: bool
    lines: tuple[str, ...]


class Replies(Struct, frozen=True):
    """All of them, or one line of why there are none."""

    found: tuple[Reply, ...]
    error: str = ""


async def ask(plan: Path) -> Replies:
    """Probe every target and judge of a plan. The screens hold no engine, so a child does it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fftui", "preflight", str(plan), "--probe", "--json",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_PATIENCE_S):
            out, err = await child.communicate()
    except TimeoutError:
        return Replies((), "the probes have not come back; try fftui preflight --probe")
    finally:
        if child.returncode is None:
            child.terminate()
    said = err[-2000:].decode(errors="replace").strip().splitlines()
    try:
        data: Any = json.loads(out[:_MOST_BYTES])
        replies = [Reply(bool(one["ok"]), tuple(map(str, one["lines"]))) for one in data["probes"]]
    except (ValueError, KeyError, TypeError):
        problems = _problems(out)
        return Replies((), problems or (said[-1] if said else "the probes failed without a word"))
    return Replies(tuple(replies))


def _problems(out: bytes) -> str:
    try:
        found = json.loads(out[:_MOST_BYTES])["problems"]
        return str(found[0]) if found else ""
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
