"""Numbers and times in few, steady columns."""

from __future__ import annotations

import time

NO_DATA = "no data"


def count(n: float) -> str:
    """A count in at most five cells: `999`, `12.3k`, `4.1M`."""
    if n < 10_000:
        return f"{n:.0f}"
    for size, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        if n < size * 999.5:
            scaled = n / size
            return f"{scaled:.0f}{unit}" if scaled >= 99.95 else f"{scaled:.1f}{unit}"
    return f"{n / 1e12:.0f}T"


RATIO = 11
"""Cells of a `ratio` at most."""


def ratio(successes: int, n: int) -> str:
    """So many of so many: `8/40`; in thousands where it would not fit otherwise."""
    exact = f"{successes}/{n}"
    return exact if len(exact) <= RATIO else f"{count(successes)}/{count(n)}"


def percent(rate: float | None, digits: int = 1) -> str:
    """A rate of 0 to 1 in percent, or `no data`; never `0 %` for what was not measured."""
    return NO_DATA if rate is None else f"{rate * 100:.{digits}f} %"


def points(width: float | None) -> str:
    """The width of an interval in percentage points."""
    return "" if width is None else f"{width * 100:.1f}"


def limits(low: float, high: float, digits: int = 1) -> str:
    """An interval of rates in percent."""
    return f"[{low * 100:.{digits}f}, {high * 100:.{digits}f}]"


def span(seconds: float) -> str:
    """How long, coarsely: seconds only below two minutes, so that it seldom changes."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h{minutes:02}"
    return f"{hours // 24}d{hours % 24:02}h"


def clock(at: float, *, seconds: bool = False) -> str:
    """Wall-clock time of this machine."""
    return time.strftime("%H:%M:%S" if seconds else "%H:%M", time.localtime(at))


def day_and_clock(at: float, now: float) -> str:
    """Wall-clock time, with the date where it is not today's."""
    then, today = time.localtime(at), time.localtime(now)
    same = then[:3] == today[:3]
    return time.strftime("%H:%M" if same else "%d %b %H:%M", then)


def money(usd: float | None) -> str:
    """Cost; what a platform did not state is unknown, not free."""
    if usd is None:
        return "cost unknown"
    return f"${usd:.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"


def plural(n: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
