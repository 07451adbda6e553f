"""A conflict before one reader: how all read the item, and what is to stand of it. No screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fftui.domain.labels import Label
from fftui.domain.readings import Cause, Confidence, Source, counted, standing
from fftui.grading.sentences import sentences

if TYPE_CHECKING:
    from fftui.store.conflicts import Reading

LETTERS = "ABCDEFGHI"
"""What the readers are called, in the order of their readings."""


@dataclass
class Case:
    """One item's, from its taking to its decision."""

    readings: tuple[Reading, ...] = ()
    """Of all; empty until the own label is given."""
    choice: Label | None = None
    """What is to stand."""
    sure: Confidence = Confidence.MEDIUM
    cause: Cause | None = None

    @property
    def labels(self) -> list[Label | None]:
        """Those that count."""
        return counted((one.label, one.blind) for one in self.readings)

    @property
    def settled(self) -> Label | None:
        """What stands without a decision: the word of a majority."""
        found = standing(self.labels, 1)
        return found.final if found.source is Source.MAJORITY else None

    @property
    def unheard(self) -> bool:
        """No reader gave the label that is chosen: it needs a note."""
        return self.choice not in {one.label for one in self.readings}

    def next_cause(self) -> None:
        """Of the reasons why they may differ, the next."""
        order = list(Cause)
        at = -1 if self.cause is None else order.index(self.cause)
        self.cause = order[(at + 1) % len(order)]

    def next_confidence(self) -> None:
        """The next of how sure one can be."""
        order = list(Confidence)
        self.sure = order[(order.index(self.sure) + 1) % len(order)]

    def marks(self, answer: str) -> dict[int, str]:
        """Sentence by sentence, the letters of those who pointed at it.

        Each who pointed at any sentence has their place in every mark, a blank where not at this.
        """
        with_evidence = [i for i, one in enumerate(self.readings) if one.evidence]
        marks = {}
        for number in range(len(sentences(answer)) if with_evidence else 0):
            mark = "".join(
                LETTERS[i] if number in self.readings[i].evidence else " " for i in with_evidence
            )
            if mark.strip():
                marks[number] = mark
        return marks


def split(marks: Mapping[int, str]) -> set[int]:
    """Sentences that not all pointed at who pointed at any: what there is to look at."""
    return {number for number, mark in marks.items() if " " in mark}
