"""Numbers and times as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fftui.exchange.report.document import Cell

if TYPE_CHECKING:
    from fftui.stats.interval import Interval

NO_DATA = "no data"
MOST_DRAWN = 40
"""Targets or pairs that one chart shows."""
MOST_ROWS = 200
"""Rows of a long table that a document shows; its CSV file has all."""


def text(value: str) -> Cell:
    """A cell of words."""
    return Cell(value, value)


def count(value: int) -> Cell:
    """A cell with a whole number."""
    return Cell(f"{value:,}", value)


def flag(value: bool) -> Cell:
    """A cell that says yes or no."""
    return Cell("yes" if value else "no", value)


def share(rate: float | None) -> Cell:
    """A rate in percent; the CSV has the fraction."""
    return Cell(NO_DATA if rate is None else percent(rate), rate)


def ends(found: Interval | None) -> tuple[Cell, Cell]:
    """Both ends for the CSV; people read the interval in the first, the second is empty."""
    if found is None:
        return Cell("", None), Cell("", None)
    return Cell(between(found), found.low), Cell("", found.high)


def of(successes: int, n: int) -> str:
    """`12/200`, or that there is nothing."""
    return f"{successes:,}/{n:,}" if n else NO_DATA


def percent(rate: float) -> str:
    """`12.5 %`."""
    return f"{rate * 100:.1f} %"


def between(found: Interval) -> str:
    """`[9.1, 16.3]`, in percent."""
    return f"[{found.low * 100:.1f}, {found.high * 100:.1f}]"


def usd(amount: float | None) -> str:
    """Money, or that nobody told it."""
    return "unknown" if amount is None else f"${amount:,.4g}"


def when(at: float) -> str:
    """`2026-11-23 14:05:09 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def several(n: int, noun: str) -> str:
    """`1 target`, `3 targets`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def first_of(n: int, what: str) -> str:
    """That a chart shows the first ones only; empty where it shows all."""
    return f" The first {MOST_DRAWN} of {n:,} {what}." if n > MOST_DRAWN else ""
