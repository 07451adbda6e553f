"""Who stands behind each target's address: asked before the first call, and again at the end.

A name such as `qwen3:4b` can point to other weights tomorrow. What the server tells is joined to
each answer's identity, so that answers of other weights are never pooled with the first ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fftui.domain.outcomes import Identity
from fftui.domain.targets import Target
from fftui.engine.ask import Line
from fftui.platforms.client import Client
from fftui.platforms.served import Served, served

_DEADLINE_S = 8.0
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

    async def ask(self, known: Mapping[int, frozenset[Identity]]) -> None:
        """Ask all servers at once; `known` are the identities that answered in earlier engines."""
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

    async def ask_again(self) -> None:
        """Say what has changed since `ask`."""
        now = await self._all()
        for number, before in self._first.items():
            after = now[number]
            what = _difference(before.identity, after.identity)
            if after.problem or before.problem or not what:
                continue
            name = self.targets[number].name
            self.log("warning", f"{name}: changed while the run went on: {what}; its answers are"
                     " of both", "error", number)  # fmt: skip
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
