"""The plan order: which attempt comes when. It is computed, never stored as a list."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from fftui.store.sqlite import Connection


class Block(Struct, frozen=True):
    """Scenarios added together. Their ids are consecutive and already in seeded order."""

    first: int
    size: int


class PlanOrder(Struct, frozen=True, dict=True):
    """Order of every target's attempts: block by block, repeat by repeat, then by scenario id."""

    blocks: tuple[Block, ...]
    repeats: int

    @cached_property
    def length(self) -> int:
        """Attempts per target."""
        return sum(block.size for block in self.blocks) * self.repeats

    def at(self, ordinal: int) -> tuple[int, int]:
        """(scenario id, repeat) of the attempt at this place, counted from 0.

        Raises IndexError behind the end.
        """
        rest = ordinal
        for block in self.blocks:
            span = block.size * self.repeats
            if 0 <= rest < span:
                repeat, offset = divmod(rest, block.size)
                return block.first + offset, repeat
            rest -= span
        raise IndexError(ordinal)

    def first_repeats(self, start: int, end: int) -> list[tuple[int, int]]:
        """Scenarios whose first repeat lies at a place from `start` to before `end`.

        As stretches of ids, each from its first to before its end.
        """
        found, before = [], 0
        for block in self.blocks:
            low, high = max(start, before), min(end, before + block.size)
            if low < high:
                found.append((block.first + low - before, block.first + high - before))
            before += block.size * self.repeats
        return found

    def ordinal(self, scenario: int, repeat: int) -> int:
        """Place of an attempt, counted from 0. Raises KeyError for a foreign scenario."""
        before = 0
        for block in self.blocks:
            if block.first <= scenario < block.first + block.size:
                return before + repeat * block.size + scenario - block.first
            before += block.size * self.repeats
        raise KeyError(scenario)


def plan_order(db: Connection) -> PlanOrder:
    """The run's plan order, from its blocks."""
    repeats = db.execute("SELECT repeats FROM run").fetchone()[0]
    rows = db.execute("SELECT first, size FROM block ORDER BY id").fetchall()
    return PlanOrder(tuple(Block(first, size) for first, size in rows), repeats)
