"""The one order in which a run takes its scenarios, the same for all its targets."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence

from fftui.domain.scenarios import Scenario


def plan_order(scenarios: Sequence[Scenario], seed: int) -> list[Scenario]:
    """A permutation that depends on `seed` and the keys alone.

    Neither the file's order nor Python's version enters it, so a run can be planned again on
    another machine. Keys must be unique; equal ones keep the given order.
    """
    return sorted(scenarios, key=lambda scenario: _rank(seed, scenario.key))


class First:
    """The first `limit` scenarios of that order among all that it is given; no more are held."""

    def __init__(self, seed: int, limit: int | None) -> None:
        self._seed = seed
        self._limit = limit
        self._all: list[Scenario] = []
        self._best: list[tuple[int, int, Scenario]] = []
        """A heap with the last of them on top: (minus its rank, its number, itself)."""
        self._given = 0

    def add(self, scenario: Scenario) -> None:
        """One more of the file."""
        self._given += 1
        if self._limit is None:
            self._all.append(scenario)
            return
        entry = (-int.from_bytes(_rank(self._seed, scenario.key), "big"), self._given, scenario)
        if len(self._best) < self._limit:
            heapq.heappush(self._best, entry)
        elif self._best and entry > self._best[0]:
            heapq.heapreplace(self._best, entry)

    def kept(self) -> tuple[Scenario, ...]:
        """In the order in which they were given."""
        if self._limit is None:
            return tuple(self._all)
        return tuple(entry[2] for entry in sorted(self._best, key=lambda entry: entry[1]))


def _rank(seed: int, key: str) -> bytes:
    data = f"{seed}:{key}".encode("utf-8", "backslashreplace")
    return hashlib.blake2b(data, digest_size=16).digest()
