"""A closed interval of rates."""

from __future__ import annotations

from msgspec import Struct


class Interval(Struct, frozen=True):
    """From `low` to `high`, both within 0 to 1."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """`high` minus `low`, 0 to 1."""
        return self.high - self.low
