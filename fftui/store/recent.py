"""What the engine's writer has just written and will need again in a moment.

An attempt is closed, graded and settled within a second, by commits of one process. Read back from
the file each time, that cost more than writing it. Everything here can be read there as well, so
what is not here is no error: see `Context`.
"""

from __future__ import annotations

from msgspec import Struct

_MOST = 4096


class Known(Struct, gc=False):
    """One outcome as the file has it, with what was heard of it since it was written."""

    target: int
    ordinal: int
    """Place of its attempt in the plan order."""
    scenario: int
    repeat: int
    identity: int
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
        self._by_place: dict[tuple[int, int], int] = {}

    def add(self, outcome: int, known: Known) -> None:
        """The outcome was inserted in the transaction that is open."""
        self._by_id[outcome] = known
        self._by_place[known.target, known.ordinal] = outcome

    def get(self, outcome: int) -> Known | None:
        """The outcome, if it is among the recent ones."""
        return self._by_id.get(outcome)

    def at(self, target: int, ordinal: int) -> Known | None:
        """The outcome in force at a place, if it is among the recent ones."""
        outcome = self._by_place.get((target, ordinal))
        return None if outcome is None else self._by_id[outcome]

    def drop(self, target: int, ordinal: int) -> None:
        """The place is settled, or opened again."""
        outcome = self._by_place.pop((target, ordinal), None)
        if outcome is not None:
            del self._by_id[outcome]

    def clear(self) -> None:
        """Forget all: a transaction was rolled back, or another process has written."""
        self._by_id.clear()
        self._by_place.clear()

    def trim(self) -> None:
        """Forget all where there are many, between two transactions."""
        if len(self._by_id) > _MOST:
            self.clear()
