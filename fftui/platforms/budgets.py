"""Budget readings: what a reply's headers say about the limits of an account."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from fftui.domain.outcomes import BudgetReading
from fftui.platforms.body import items, note, part
from fftui.platforms.retry_after import go_duration, number, reset_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MINUTE_HORIZON = 90.0
"""A reset further away than this many seconds belongs to a window longer than a minute."""
_ANTHROPIC = "anthropic-ratelimit-"
_ANTHROPIC_KINDS = {
    "requests": "requests/minute",
    "tokens": "tokens/minute",
    "input-tokens": "tokens/minute",
    "output-tokens": "tokens/minute",
}
_HINT = re.compile(r"(requests|tokens)[ -]per[ -](min|day)|free-models-per-(min|day)", re.ASCII)
_SAID = re.compile(
    r"(requests|tokens) per (min|day)\w*(?: \([a-z]{2,5}\))?: ?limit ([0-9]{1,12}),? ?"
    r"used ([0-9]{1,12})",
    re.ASCII,
)
_TRY_AGAIN = re.compile(r"try again in ([0-9.]{1,12}(?:ms|h|m|s)[0-9hms.]{0,20})", re.ASCII)
_QUOTA = re.compile(r"(Request|Token)s?(?:Count)?Per(Minute|Day)", re.ASCII)
_PERIODS = {"min": "minute", "day": "day"}


def readings(
    headers: Mapping[str, str], received_at: float, hint: str = ""
) -> tuple[BudgetReading, ...]:
    """Every limit stated in `headers` (names in lower case), one reading a window.

    `hint` is the error message, if any: OpenRouter names the window only there
    (`free-models-per-day`), and its successful replies state no limit at all; Groq tells its
    tokens a day nowhere else. Where a window is stated twice, the more pessimistic statement wins.
    """
    stated = _Stated(headers, received_at, hint.casefold()[:1000])
    found: dict[str, BudgetReading] = {}
    for reading in stated.all():
        known = found.get(reading.kind)
        if known is None or _left(reading) < _left(known):
            found[reading.kind] = reading
    return tuple(found.values())


def full_windows(error: object) -> tuple[BudgetReading, ...]:
    """The windows that Gemini's error names as full. Their days end at midnight in California,
    which is no epoch-aligned time, so their resets stay unknown."""
    found: dict[str, BudgetReading] = {}
    for detail in items(part(error).get("details"))[:16]:
        for violation in map(part, items(part(detail).get("violations"))[:16]):
            name = _QUOTA.search(note(violation.get("quotaId")))
            if name:
                kind = f"{name[1]}s/{name[2]}".lower()
                most = number(note(violation.get("quotaValue")))
                found[kind] = BudgetReading(kind, most, 0.0, None)
    return tuple(found.values())


def _left(reading: BudgetReading) -> float:
    stated = [x for x in (reading.remaining, reading.limit) if x is not None]
    return min(stated, default=math.inf)


class _Stated:
    """The statements of one reply."""

    def __init__(self, headers: Mapping[str, str], received_at: float, hint: str) -> None:
        # LiteLLM hands the headers of the platform behind it on under a prefix.
        behind = {n.removeprefix("llm_provider-"): v for n, v in headers.items()}
        self._headers = {**behind, **headers}
        self._at = received_at
        self._hint = hint

    def all(self) -> Iterable[BudgetReading]:
        """Each reading, a window perhaps more than once."""
        if any("limit" in name or "litellm" in name for name in self._headers):
            yield from self._in_headers()
        yield from self._said()

    def _in_headers(self) -> Iterable[BudgetReading]:
        if any(name.startswith("x-tokenlimit-") for name in self._headers):
            yield from self._together()
        else:
            daily = any(name.startswith("x-groq-") for name in self._headers)
            yield from self._reading("requests", "-requests", "day" if daily else "")
            yield from self._reading("tokens", "-tokens", "minute" if daily else "")
            yield from self._reading("requests", "")
        for noun in ("requests", "tokens"):
            for period in ("minute", "day"):
                yield from self._reading(noun, f"-{noun}-{period}", period)
        for name, kind in _ANTHROPIC_KINDS.items():
            yield from self._one(kind, *(f"{_ANTHROPIC}{name}-{x}" for x in _PARTS))
        yield from self._litellm()

    def _reading(self, noun: str, suffix: str, period: str = "") -> Iterable[BudgetReading]:
        names = [f"x-ratelimit-{x}{suffix}" for x in _PARTS]
        period = period or self._period(noun, names[2])
        return self._one(f"{noun}/{period}", *names)

    def _period(self, noun: str, reset_name: str) -> str:
        """The length of a window that its header does not name."""
        named = _HINT.search(self._hint)
        if named and (named[1] or "requests") == noun:
            return _PERIODS[named[2] or named[3]]
        reset = self._reset(reset_name)
        far = reset is not None and reset - self._at > _MINUTE_HORIZON
        return "day" if far else "minute"

    def _one(self, kind: str, limit: str, remaining: str, reset: str) -> Iterable[BudgetReading]:
        most, left = self._number(limit), self._number(remaining)
        if most is not None and most <= 0:
            # Azure writes -1 or 0 where a deployment has no such limit.
            return
        if left is not None and left < 0:
            left = None
        if most is not None or left is not None:
            yield BudgetReading(kind, most, left, self._reset(reset))

    def _together(self) -> Iterable[BudgetReading]:
        """Together states its limits a second; what is left of one second tells of no minute."""
        for noun, name in (("requests", "ratelimit"), ("tokens", "tokenlimit")):
            most = self._number(f"x-{name}-limit")
            if most is None or most <= 0:
                continue
            spent = self._number(f"x-{name}-remaining") == 0
            reset = self._reset(f"x-{name}-reset") if spent else None
            left = 0.0 if reset is not None else None
            yield BudgetReading(f"{noun}/minute", most * 60, left, reset)

    def _litellm(self) -> Iterable[BudgetReading]:
        most, spent = self._number("x-litellm-key-max-budget"), self._number("x-litellm-key-spend")
        if most is not None and most >= 0 and spent is not None:
            yield BudgetReading("usd", most, max(most - spent, 0.0), None)

    def _said(self) -> Iterable[BudgetReading]:
        """What OpenAI's and Groq's messages say of the window that is full."""
        said = _SAID.search(self._hint)
        if said is None:
            return
        most, used = float(said[3]), float(said[4])
        again = _TRY_AGAIN.search(self._hint)
        wait = go_duration(again[1].rstrip(".")) if again else None
        yield BudgetReading(
            f"{said[1]}/{_PERIODS[said[2]]}",
            most,
            max(most - used, 0.0),
            None if wait is None else self._at + wait,
        )

    def _number(self, name: str) -> float | None:
        text = self._headers.get(name)
        return None if text is None else number(text)

    def _reset(self, name: str) -> float | None:
        text = self._headers.get(name)
        return None if text is None else reset_time(text, self._headers, self._at)


_PARTS = ("limit", "remaining", "reset")
