"""Limits as each platform states them, in its own names and forms."""

from __future__ import annotations

import pytest

from fftui.domain.outcomes import BudgetReading
from fftui.platforms.budgets import full_windows, readings

NOW = 1_790_000_000.0
HALF_A_DAY = 43_200.0

# platform: (headers, error message, readings)
STATED: dict[str, tuple[dict[str, str], str, tuple[BudgetReading, ...]]] = {
    "openai": (
        {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499",
         "x-ratelimit-reset-requests": "6m0s"},
        "", (BudgetReading("requests/day", 500, 499, NOW + 360),),
    ),
    "groq": (
        {"x-groq-region": "r", "x-ratelimit-limit-requests": "1000",
         "x-ratelimit-remaining-requests": "999", "x-ratelimit-reset-requests": "1m26.4s",
         "x-ratelimit-limit-tokens": "6000", "x-ratelimit-remaining-tokens": "5000",
         "x-ratelimit-reset-tokens": "7.66s"},
        "",
        (BudgetReading("requests/day", 1000, 999, NOW + 86.4),
         BudgetReading("tokens/minute", 6000, 5000, NOW + 7.66)),
    ),
    "groq, tokens a day in words": (
        {}, ("Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used 99000,"
             " Requested 2000. Please try again in 14m24s."),
        (BudgetReading("tokens/day", 100_000, 1000, NOW + 864),),
    ),
    "openrouter's day": (
        {"x-ratelimit-limit": "50", "x-ratelimit-remaining": "0",
         "x-ratelimit-reset": f"{(NOW + HALF_A_DAY) * 1000:.0f}"},
        "Rate limit exceeded: free-models-per-day.",
        (BudgetReading("requests/day", 50, 0, NOW + HALF_A_DAY),),
    ),
    "openrouter's minute": (
        {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0",
         "x-ratelimit-reset": f"{(NOW + 30) * 1000:.0f}"},
        "Rate limit exceeded: free-models-per-min.",
        (BudgetReading("requests/minute", 20, 0, NOW + 30),),
    ),
    "anthropic": (
        {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "1",
         "anthropic-ratelimit-requests-reset": "2026-09-21T14:14:20Z"},
        "", (BudgetReading("requests/minute", 50, 1, NOW + 60),),
    ),
    "together": (
        {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1",
         "x-tokenlimit-limit": "100", "x-tokenlimit-remaining": "50", "x-tokenlimit-reset": "1"},
        "",
        (BudgetReading("requests/minute", 600, 0, NOW + 1),
         BudgetReading("tokens/minute", 6000, None, None)),
    ),
    "litellm's own key": (
        {"x-litellm-key-max-budget": "2.5", "x-litellm-key-spend": "1.0"},
        "", (BudgetReading("usd", 2.5, 1.5, None),),
    ),
    "behind litellm": (
        {"llm_provider-x-ratelimit-limit-requests": "9",
         "llm_provider-x-ratelimit-remaining-requests": "8"},
        "", (BudgetReading("requests/minute", 9, 8, None),),
    ),
    "an unlimited deployment": ({"x-ratelimit-limit-tokens": "-1"}, "", ()),
    "nonsense": (
        {"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "nan",
         "x-ratelimit-reset-requests": "soon"}, "", (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", STATED)
def test_what_is_stated_is_read(platform: str) -> None:
    headers, hint, expected = STATED[platform]
    assert readings(headers, NOW, hint) == expected


def test_of_two_statements_the_more_pessimistic_is_believed() -> None:
    headers = {
        "anthropic-ratelimit-tokens-limit": "9000",
        "anthropic-ratelimit-tokens-remaining": "8000",
        "anthropic-ratelimit-output-tokens-limit": "2000",
        "anthropic-ratelimit-output-tokens-remaining": "500",
    }
    (found,) = readings(headers, NOW)
    assert (found.kind, found.remaining) == ("tokens/minute", 500)


def test_gemini_names_full_windows_in_its_error() -> None:
    violations = [
        {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"},
        {"quotaId": "GenerateContentInputTokensCountPerMinute-FreeTier", "quotaValue": "x"},
    ]
    found = full_windows({"details": [{"violations": violations}]})
    assert found == (
        BudgetReading("requests/day", 50, 0.0, None),
        BudgetReading("tokens/minute", None, 0.0, None),
    )
    assert full_windows({"details": [None, {"violations": "x"}]}) == ()
