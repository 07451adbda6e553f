"""A stretch of the number line."""

from __future__ import annotations

from msgspec import Struct


class Span(Struct, frozen=True):
    """From `low` to `high`: of a difference -1 to 1, of a ratio 0 to infinity, of a p̂ unclipped."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """`high` minus `low`."""
        return self.high - self.low
