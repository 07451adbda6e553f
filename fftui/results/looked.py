"""Families of attack of those targets that somebody looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from fftui.store.counts import FamilyCounts, TargetCounts
from fftui.store.reader import Reader

Looked = int | Literal["all"] | None
"""Id of the one target whose families are looked at; or those of all are, or of none."""


class Families:
    """What was read of them, each with the totals that it adds up to."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[TargetCounts, FamilyCounts]] = {}

    def of(self, target: int) -> FamilyCounts | None:
        """A target's, of the moment of its totals; `None`: nobody looks at it."""
        held = self._held.get(target)
        return held and held[1]

    def read(
        self,
        reader: Reader,
        looked: Looked,
        targets: Iterable[int],
        totals: Mapping[int, TargetCounts],
    ) -> None:
        """Have those that are looked at, and only those; what has the same totals is kept.

        To be called in the snapshot in which the totals were read.
        """
        chosen = [t for t in targets if looked in ("all", t)]
        kept = {t: held for t in chosen if (held := self._held.get(t)) and held[0] is totals[t]}
        found = reader.family_counts([t for t in chosen if t not in kept])
        self._held = kept | {t: (totals[t], families) for t, families in found.items()}
