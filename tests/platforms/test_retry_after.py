"""Waits and resets in every form seen in the wild."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.domain.outcomes import BudgetReading
from fftui.platforms.budgets import readings
from fftui.platforms.retry_after import go_duration, reset_time, retry_after

NOW = 1_790_000_000.0
DATE = "Mon, 21 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize(
    ("wish", "wait"),
    [
        ("5", 5.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("9999999999", 600.0),
        ("1e3", 600.0),
        ("1e309", None),
        ("nan", None),
        ("inf", None),
        ("²", None),
        ("٣", None),
        ("1_0", None),
        ("", None),
        ("soon", None),
        ("2m", 120.0),
        ("5, 9", 9.0),
        ("soon, 4", 4.0),
        ("Mon, 21 Sep 2026 14:13:50 GMT", 30.0),
        ("Mon, 21 Sep 2026 14:13:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 00:00:00 GMT", 600.0),
        ("2026-09-21T14:13:25Z", 5.0),
        ("Mon, 99 Sep 2026 14:13:50 GMT", None),
        ("9" * 5000, None),
    ],
)
def test_retry_after(wish: str, wait: float | None) -> None:
    # Our own clock is an hour off: dates count from the reply's `Date`.
    assert retry_after({"retry-after": wish, "date": DATE}, NOW + 3600) == wait


def test_milliseconds_come_first() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}, NOW) == 1.5
    assert retry_after({}, NOW) is None


@settings(deadline=None)
@given(st.text() | st.text("0123456789.eE+-,hms :GMT", max_size=70))
def test_no_text_breaks_the_parsers(text: str) -> None:
    wait = retry_after({"retry-after": text, "date": text}, NOW)
    assert wait is None or 0 <= wait <= 600
    reset_time(text, {"date": text}, NOW)
    readings({f"x-ratelimit-{n}{s}": text for n in ("limit", "reset") for s in ("", "-tokens")}, 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("12ms", 0.012), ("1h2m3.5s", 3723.5), ("2m59.56s", 179.56)],
)
def test_go_durations(text: str, seconds: float) -> None:
    assert go_duration(text) == pytest.approx(seconds)


def test_resets_in_all_forms_are_the_same_moment() -> None:
    forms = ("60", "60.0", "1m0s", f"{NOW + 60:.0f}", f"{(NOW + 60) * 1000:.0f}")
    for form in (*forms, "Mon, 21 Sep 2026 14:14:20 GMT", "2026-09-21T14:14:20Z"):
        assert reset_time(form, {"date": DATE}, NOW) == NOW + 60
    assert reset_time("99999999999999999", {}, NOW) is None


def test_openai_headers() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-tokens": "-1",
    }
    assert readings(headers, NOW) == (
        BudgetReading("requests/minute", 500, 499, NOW + 0.12),
        BudgetReading("tokens/minute", 30000, None, None),
    )
    groq = readings({**headers, "x-groq-region": "r"}, NOW)
    assert groq[0].kind == "requests/day"


def test_limits_that_azure_does_not_have() -> None:
    headers = {"x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "0"}
    assert readings(headers, NOW) == ()
