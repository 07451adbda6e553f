"""What the lists and the traces need of a run: pages of attempts, and one attempt in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from fftui.domain.labels import Label

if TYPE_CHECKING:
    from fftui.results.traces import AttemptRow, Trace

ONLY = (
    "", "flagged", "answered", "empty", "input_filter", "output_filter", "failed", "cut", "alike",
    *(label.value for label in Label),
)  # fmt: skip
"""Filters of a list, in the order in which a key goes through them; the first is none."""
_WORDS = {"input_filter": "input block", "output_filter": "output block", "alike": "same words"}


class Attempts(Protocol):
    """The part of `Source` that these screens use. All reads happen in its own thread."""

    async def attempts(
        self, target_id: int, start: int, count: int, only: str
    ) -> tuple[AttemptRow, ...]:
        """Rows `start … start+count-1` of the filtered list, in plan order."""

    async def attempt_count(self, target_id: int, only: str) -> int:
        """Length of the filtered list."""

    async def trace(self, outcome_id: int) -> Trace:
        """One attempt in full."""


class Place(Struct, frozen=True):
    """Where an attempt stands in a list."""

    target_id: int
    index: int
    only: str


def said(only: str) -> str:
    """A filter as a person reads it."""
    return _WORDS.get(only) or only.lower().replace("_", " ") or "all"
