"""What a gate learns from a refusal."""

from __future__ import annotations

import pytest

from fftui.domain.outcomes import BudgetReading, Outcome, OutcomeClass
from fftui.domain.parts import AccountPlan
from fftui.engine.budget import Gate


def gate() -> Gate:
    return Gate(AccountPlan(name="a"), None, 32, lambda: None)


def refused(**more: object) -> Outcome:
    return Outcome(OutcomeClass.RATE_LIMITED, "http 429", **more)  # type: ignore[arg-type]


def test_calls_that_were_out_together_are_one_refusal() -> None:
    one = gate()
    for i in range(30):
        one.heard(refused(), 1000.0 + i / 1000)
    assert one.opens_at(1000.5) == pytest.approx(1001.03, abs=0.05)


def test_each_further_refusal_makes_the_wait_longer_until_an_answer_comes() -> None:
    one, now, waits = gate(), 1000.0, []
    for _ in range(8):
        one.heard(refused(), now)
        waits.append(one.opens_at(now) - now)
        now = one.opens_at(now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    one.heard(Outcome(OutcomeClass.ANSWERED, "stop"), now)
    one.heard(refused(), now)
    assert one.opens_at(now) - now == 1


def test_what_the_platform_says_of_itself_goes_before_a_guess() -> None:
    one = gate()
    one.heard(refused(retry_after=7.0), 1000.0)
    assert one.opens_at(1000.0) == 1007.0
    other = gate()
    reading = BudgetReading("requests/minute", 20, 0, 1042.0)
    other.heard(refused(budget=(reading,)), 1000.0)
    assert other.opens_at(1000.0) == 1042.0
    # A reset that is over already does not mean "now, and at once again".
    late = gate()
    late.heard(refused(budget=(reading,)), 1050.0)
    assert late.opens_at(1050.0) == 1051.0
