"""When a platform wants to be asked again, in every form that platforms write it.

The forms are free text in practice: seconds, floats, Go durations, epoch seconds and milliseconds,
RFC 3339, HTTP dates, and nonsense. Nothing here raises; what cannot be read is `None`.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 600.0
"""Seconds. A longer wish is a matter for the budget's reset time, never for a sleep."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_GO = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|ms|s|m|h|d))+")
_GO_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h|d)")
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DAY = 86400.0
_LONGEST_TEXT = 64
_EPOCH_S = 1e9
_EPOCH_MS = 1e11
_LATEST = 4e9
"""Epoch seconds of the year 2096: a reset further away is a mistake of the platform's."""


def number(text: str) -> float | None:
    """A finite decimal number in ASCII digits, or `None`."""
    text = text.strip()
    if len(text) > _LONGEST_TEXT or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def go_duration(text: str) -> float | None:
    """Seconds of a Go duration such as `6m0s`, `1m30.5s` or `12ms`, or `None`."""
    text = text.strip()
    if len(text) > _LONGEST_TEXT or not _GO.fullmatch(text):
        return None
    total = 0.0
    for amount, unit in _GO_PART.findall(text):
        total += float(amount) * _GO_UNITS.get(unit, _DAY)
    return total if math.isfinite(total) else None


def moment(text: str) -> float | None:
    """Epoch seconds of an HTTP date or an RFC 3339 time, or `None`."""
    text = text.strip()
    if not text or len(text) > _LONGEST_TEXT:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = read(text)
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None


def server_now(headers: Mapping[str, str], received_at: float) -> float:
    """The platform's own clock at the reply, from `Date`, else ours. Epoch seconds."""
    return received_at + (clock_skew(headers, received_at) or 0.0)


def clock_skew(headers: Mapping[str, str], received_at: float) -> float | None:
    """Seconds by which the platform's clock is ahead of ours, or `None` without a `Date`.

    A `Date` has whole seconds and its reply takes time: what is off by two says nothing.
    """
    stated = moment(headers.get("date", ""))
    return None if stated is None else stated - received_at


def retry_after(headers: Mapping[str, str], received_at: float) -> float | None:
    """Seconds to wait, 0 to `LONGEST_WAIT`, or `None` where the platform says nothing readable.

    Dates are taken relative to the reply's own `Date`, since local clocks are off. Where the header
    came several times, the longest wish counts. Negative and past wishes are 0.
    """
    exact = number(headers.get("retry-after-ms", ""))
    if exact is not None:
        return _clamped(exact / 1000)
    wish = headers.get("retry-after", "")
    date = moment(wish) if number(wish) is None else None
    if date is not None:
        return _clamped(date - server_now(headers, received_at))
    waits = [w for part in wish.split(",", 16)[:16] for w in [_seconds(part)] if w is not None]
    return _clamped(max(waits)) if waits else None


def reset_time(text: str, headers: Mapping[str, str], received_at: float) -> float | None:
    """Epoch seconds by our own clock of a limit's reset, or `None`.

    A number is epoch milliseconds above 1e11, epoch seconds above 1e9, and seconds from now below.
    """
    wait = go_duration(text)
    value = number(text)
    if value is not None and value < _EPOCH_S:
        wait = value
    if wait is not None:
        return received_at + wait if wait >= 0 else None
    if value is not None:
        when: float | None = value / 1000 if value > _EPOCH_MS else value
    else:
        when = moment(text)
    if when is None or not 0 < when < _LATEST:
        return None
    return received_at + (when - server_now(headers, received_at))


def _seconds(text: str) -> float | None:
    value = number(text)
    return value if value is not None else go_duration(text)


def _clamped(wait: float) -> float:
    return min(max(wait, 0.0), LONGEST_WAIT)
