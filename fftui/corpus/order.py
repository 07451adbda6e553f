"""The one order in which a run takes its scenarios, the same for all its targets."""

from __future__ import annotations

import hashlib
import heapq
import json
import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence

from fftui.corpus.sorting import Sorting
from fftui.domain.scenarios import Scenario

_SPOOLED = 1024 * 1024
"""Bytes of texts that are held in memory before a file takes them."""


def plan_order(scenarios: Sequence[Scenario], seed: int) -> list[Scenario]:
    """A permutation that depends on `seed` and the keys alone.

    Neither the file's order nor Python's version enters it, so a run can be planned again on
    another machine. Keys must be unique; equal ones keep the given order.
    """
    return sorted(scenarios, key=lambda scenario: _rank(seed, scenario.key))


class Scenarios(Collection[Scenario]):
    """Scenarios in a fixed order. Their texts lie in a file without a name, a place each here."""

    def __init__(self, given: Iterable[Scenario] = ()) -> None:
        self._file = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115
        self._places = array("Q")
        """Twice where it begins in the file, and one more where it is harmless."""
        self._end = 0
        for scenario in given:
            self._places.append(self.put(scenario))

    @property
    def benign(self) -> int:
        """Harmless ones among them."""
        return sum(place & 1 for place in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Scenario]:
        return map(self._at, self._places)

    def __getitem__(self, number: int) -> Scenario:
        return self._at(self._places[number])

    def __contains__(self, scenario: object) -> bool:
        return any(one == scenario for one in self)

    def __del__(self) -> None:
        self._file.close()

    def put(self, scenario: Scenario) -> int:
        """Store a scenario outside the order; returns the place that `arrange` takes."""
        place = 2 * self._end + scenario.benign
        record = (scenario.key, scenario.turns, scenario.family, scenario.benign)
        body = json.dumps(record).encode() + b"\n"
        self._file.seek(self._end)
        self._file.write(body)
        self._end += len(body)
        return place

    def arrange(self, places: Iterable[int]) -> None:
        """Make those at `places` the scenarios, in that order."""
        self._places = array("Q", places)

    def _at(self, place: int) -> Scenario:
        self._file.seek(place // 2)
        key, turns, family, benign = json.loads(self._file.readline())
        return Scenario(key, tuple(turns), family, benign)


class First:
    """The first `limit` scenarios of that order among all that it is given; `None`: all."""

    def __init__(self, seed: int, limit: int | None) -> None:
        self._seed = seed
        self._limit = limit
        self._found = Scenarios()
        self._all = Sorting(24)
        self._best: list[tuple[int, int, int]] = []
        """A heap with the last of them on top: (minus its rank, minus its number, its place)."""
        self._given = 0

    def add(self, scenario: Scenario) -> None:
        """One more of the file."""
        self._given += 1
        rank = _rank(self._seed, scenario.key)
        if self._limit is None:
            self._all.add(rank + self._found.put(scenario).to_bytes(8, "big"))
            return
        before = (-int.from_bytes(rank, "big"), -self._given)
        if len(self._best) < self._limit:
            heapq.heappush(self._best, (*before, self._found.put(scenario)))
        elif self._best and before > self._best[0][:2]:
            heapq.heapreplace(self._best, (*before, self._found.put(scenario)))

    def kept(self) -> Scenarios:
        """In that order."""
        if self._limit is None:
            self._found.arrange(int.from_bytes(record[16:], "big") for record in self._all)
        else:
            self._found.arrange(entry[2] for entry in sorted(self._best, reverse=True))
        return self._found


def _rank(seed: int, key: str) -> bytes:
    data = f"{seed}:{key}".encode("utf-8", "backslashreplace")
    return hashlib.blake2b(data, digest_size=16).digest()
