"""Budget readings: what a reply's headers say about the limits of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.domain.outcomes import BudgetReading
from fftui.platforms.retry_after import number, reset_time

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE_HORIZON = 90.0
"""A reset further away than this many seconds belongs to a window longer than a minute."""


def readings(
    headers: Mapping[str, str], received_at: float, hint: str = ""
) -> tuple[BudgetReading, ...]:
    """Every limit stated in `headers` (names in lower case).

    `hint` is the error message, if any: OpenRouter names the window only there
    (`free-models-per-day`), and its successful replies state no limit at all.
    """
    daily = any(name.startswith("x-groq-") for name in headers)
    found = (
        _reading(headers, received_at, "-requests", "requests/day" if daily else "requests/minute"),
        _reading(headers, received_at, "-tokens", "tokens/minute"),
        _reading(headers, received_at, "", _window(headers, received_at, hint)),
    )
    return tuple(reading for reading in found if reading is not None)


def _window(headers: Mapping[str, str], received_at: float, hint: str) -> str:
    hint = hint.casefold()
    if "per-day" in hint or "per day" in hint:
        return "requests/day"
    if "per-min" in hint or "per min" in hint:
        return "requests/minute"
    reset = reset_time(headers.get("x-ratelimit-reset", ""), headers, received_at)
    far = reset is not None and reset - received_at > _MINUTE_HORIZON
    return "requests/day" if far else "requests/minute"


def _reading(
    headers: Mapping[str, str], received_at: float, suffix: str, kind: str
) -> BudgetReading | None:
    limit = number(headers.get(f"x-ratelimit-limit{suffix}", ""))
    remaining = number(headers.get(f"x-ratelimit-remaining{suffix}", ""))
    if limit is not None and limit <= 0:
        # Azure writes -1 or 0 where a deployment has no such limit.
        return None
    if remaining is not None and remaining < 0:
        remaining = None
    if limit is None and remaining is None:
        return None
    reset = headers.get(f"x-ratelimit-reset{suffix}", "")
    return BudgetReading(kind, limit, remaining, reset_time(reset, headers, received_at))
