"""Who stands behind each target's address: asked before the first call, and again and again.

A name such as `qwen3:4b` can point to other weights tomorrow. What the server tells is joined to
each answer's identity, so that answers of other weights are never pooled with the first ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from fftui.domain.outcomes import Identity
from fftui.domain.targets import Target
from fftui.engine.ask import Line
from fftui.platforms.client import Client
from fftui.platforms.served import Served, served

_DEADLINE_S = 8.0
WATCH_S = 60.0
"""Between two looks at servers that tell what they serve; a look sends no prompt."""
_TOLD = ("digest", "quantisation", "parameters", "template", "server")
"""Parts of an identity that servers tell beforehand; the rest comes with each reply."""
Log = Callable[[str, str, str, int], None]
"""(kind, text, severity, target) of a line in the run's log."""


@dataclass
class Identities:
    """What the servers of a run's targets told."""

    client: Client
    targets: Mapping[int, Target]
    lines: dict[int, Line]
    """Changed in place: each line learns who is behind it."""
    log: Log
    _first: dict[int, Served] = field(default_factory=dict)
    _looked_at: float = 0.0

    async def ask(self, known: Mapping[int, frozenset[Identity]]) -> None:
        """Ask all servers at once; `known` are the identities that answered in earlier engines."""
        self._looked_at = time.time()
        self._first = await self._all()
        for number, found in self._first.items():
            self.lines[number] = replace(self.lines[number], served=found.identity)
            name = self.targets[number].name
            if found.problem:
                self.log("warning", f"{name}: who serves it is not known: {found.problem}",
                         "warning", number)  # fmt: skip
            for note in found.notes:
                self.log("warning", f"{name}: {note}", "warning", number)
            before = known.get(number, frozenset())
            if before and not any(_agree(one, found.identity) for one in before):
                was = _difference(next(iter(before)), found.identity)
                self.log("warning", f"{name}: served otherwise than before: {was}; its answers"
                         " are counted apart", "error", number)  # fmt: skip

    async def watch(self, every_s: float = WATCH_S) -> None:
        """Ask again and again: answers after a change are counted apart from those before it."""
        while any(found.identity != Identity() for found in self._first.values()):
            await asyncio.sleep(every_s)
            await self.ask_again()

    async def ask_again(self) -> None:
        """Say what has changed since the last look, and tell the lines."""
        since, self._looked_at = self._looked_at, time.time()
        now = await self._all()
        for number, before in self._first.items():
            after = now[number]
            if after.problem or before.problem:
                # A server that was busy for a moment has not changed.
                now[number] = after if before.problem else before
                continue
            what = _difference(before.identity, after.identity)
            if not what:
                continue
            self.lines[number] = replace(self.lines[number], served=after.identity)
            name, clock = (
                self.targets[number].name,
                time.strftime("%H:%M:%S", time.localtime(since)),
            )
            self.log("warning", f"{name}: changed while the run went on: {what}; answers since"
                     f" {clock} may be of either, later ones are counted apart",
                     "error", number)  # fmt: skip
        self._first = now

    async def _all(self) -> dict[int, Served]:
        places = {line.endpoint: line.key() for line in self.lines.values()}
        found = await asyncio.gather(
            *(served(self.client, at, key, _DEADLINE_S) for at, key in places.items())
        )
        by_place = dict(zip(places, found, strict=True))
        return {number: by_place[line.endpoint] for number, line in self.lines.items()}


def _agree(answered: Identity, told: Identity) -> bool:
    """Nothing that the server tells contradicts who answered before."""
    return not _contradictions(answered, told)


def _contradictions(one: Identity, other: Identity) -> list[str]:
    return [n for n in _TOLD if getattr(other, n) and getattr(one, n) != getattr(other, n)]


def _difference(before: Identity, after: Identity) -> str:
    changed = _contradictions(before, after) or _contradictions(after, before)
    return ", ".join(
        f"{n} {_short(getattr(before, n))} -> {_short(getattr(after, n))}" for n in changed
    )


def _short(value: str) -> str:
    return value[:24] or "unknown"
