"""What the engine's writer has just written and will need again in a moment.

An attempt is closed, graded and settled within a second, by commits of one process. Read back from
the file each time, that cost more than writing it. Everything here can be read there as well, so
what is not here is no error: see `Context`.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

_MOST = 4096


class Known(Struct, gc=False):
    """One outcome as the file has it, with what was heard of it since it was written."""

    id: int
    target: int
    ordinal: int
    """Place of its attempt in the plan order."""
    scenario: int
    repeat: int
    identity: int
    family: int
    benign: int
    kind: str
    cut: int
    mark: int | None
    heard: dict[int, str] = {}
    """Labels by grader; empty for an unusable reply."""
    rules: frozenset[str] = frozenset()
    """Those that flag it."""
    has_item: bool = False


class Recent:
    """Outcomes of this process that are not settled yet, by row id and by place in the plan."""

    def __init__(self) -> None:
        self._by_id: dict[int, Known] = {}
        self._by_place: dict[int, dict[int, Known]] = defaultdict(dict)

    def add(self, known: Known) -> None:
        """The outcome was inserted in the transaction that is open."""
        self._by_id[known.id] = known
        self._by_place[known.target][known.ordinal] = known

    def get(self, outcome: int) -> Known | None:
        """The outcome, if it is among the recent ones."""
        return self._by_id.get(outcome)

    def at(self, target: int, ordinal: int) -> Known | None:
        """The outcome in force at a place, if it is among the recent ones."""
        return self._by_place[target].get(ordinal)

    def drop(self, known: Known) -> None:
        """It is settled, or opened again."""
        if self._by_id.pop(known.id, None) is not None:
            del self._by_place[known.target][known.ordinal]

    def clear(self) -> None:
        """Forget all: a transaction was rolled back, or another process has written."""
        self._by_id.clear()
        self._by_place.clear()

    def trim(self) -> None:
        """Forget all where there are many, between two transactions."""
        if len(self._by_id) > _MOST:
            self.clear()
