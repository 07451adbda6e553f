"""What a gate lets out, and what it learns from replies."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.outcomes import BudgetReading, Outcome, OutcomeClass, Usage
from fftui.domain.parts import AccountPlan
from fftui.domain.targets import Endpoint, Price
from fftui.engine.budget import Gate
from fftui.engine.needs import Need, need_of, priced
from fftui.engine.purse import Purse
from fftui.store.ledger import Ledger
from fftui.store.windows import Window

ONE: Need = {"requests": 1.0}
ANSWER = Outcome(OutcomeClass.ANSWERED, "stop", status=200)


def gate(folder: Path, *windows: Window, concurrency: int = 32) -> Gate:
    purse = Purse("a", windows, lambda: Ledger(folder))
    return Gate(AccountPlan(name="a"), purse, concurrency, lambda: None)


def day(limit: float) -> Window:
    return Window("requests/day", "requests", limit, 1e7, "plan")


def refused(**more: object) -> Outcome:
    return Outcome(OutcomeClass.RATE_LIMITED, "http 429 platform", status=429, **more)  # type: ignore[arg-type]


async def opened(one: Gate, need: Need = ONE, keep: Need | None = None) -> bool:
    """Ask as the dispatcher does: once more when a purchase was under way."""
    if one.is_open(time.time(), need, keep or {}):
        return True
    if one.purse._buying is not None:
        await one.purse._buying
    return one.is_open(time.time(), need, keep or {})


async def answered(one: Gate, outcome: Outcome = ANSWER, need: Need = ONE) -> None:
    """One call out and back."""
    assert await opened(one, need)
    begun = time.time()
    one.take(need)
    one.heard(outcome, need, begun, time.time())
    one.give_back()


def test_calls_that_were_out_together_are_one_refusal(tmp_path: Path) -> None:
    one = gate(tmp_path)
    for i in range(30):
        one.heard(refused(), ONE, 999.0, 1000.0 + i / 1000)
    assert one.opens_at(1000.5, ONE) == pytest.approx(1001.03, abs=0.05)
    assert one.places == 16


def test_each_further_refusal_makes_the_wait_longer_until_an_answer_comes(tmp_path: Path) -> None:
    one, now, waits = gate(tmp_path), 1000.0, []
    for _ in range(8):
        one.heard(refused(), ONE, now, now)
        waits.append(one.opens_at(now, ONE) - now)
        now = one.opens_at(now, ONE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert one.places == 1
    one.heard(ANSWER, ONE, now, now)
    one.heard(refused(), ONE, now, now)
    assert one.opens_at(now, ONE) - now == 1


def test_what_the_platform_says_of_itself_goes_before_a_guess(tmp_path: Path) -> None:
    one = gate(tmp_path)
    one.heard(refused(retry_after=7.0), ONE, 999.0, 1000.0)
    assert one.opens_at(1000.0, ONE) == 1007.0
    other = gate(tmp_path / "other")
    reading = BudgetReading("requests/minute", 20, 0, 1042.0)
    other.heard(refused(budget=(reading,)), ONE, 999.0, 1000.0)
    assert other.opens_at(1000.0, ONE) == 1042.0
    # A reset that is over already does not mean "now, and at once again".
    late = gate(tmp_path / "late")
    late.heard(refused(budget=(reading,)), ONE, 999.0, 1050.0)
    assert late.opens_at(1050.0, ONE) == 1051.0


def test_an_upstreams_refusal_does_not_close_the_account(tmp_path: Path) -> None:
    one = gate(tmp_path)
    outcome = Outcome(OutcomeClass.RATE_LIMITED, "http 429 upstream Chutes", status=429)
    one.heard(outcome, ONE, 999.0, 1000.0)
    assert one.opens_at(1000.0, ONE) == 0.0


async def test_one_call_goes_ahead_while_nothing_is_known(tmp_path: Path) -> None:
    one = gate(tmp_path, concurrency=8)
    assert await opened(one)
    one.take(ONE)
    assert not await opened(one)
    one.heard(ANSWER, ONE, time.time(), time.time())
    assert await opened(one)


async def test_a_stated_limit_is_kept_with_calls_in_flight(tmp_path: Path) -> None:
    one = gate(tmp_path)
    reset = time.time() + 50
    reading = BudgetReading("requests/minute", 20, 3, reset)
    await answered(one, Outcome(OutcomeClass.ANSWERED, "stop", status=200, budget=(reading,)))
    out = 0
    while await opened(one):
        one.take(ONE)
        out += 1
    assert out == 3
    assert one.opens_at(time.time(), ONE) == reset
    assert one.why(time.time(), ONE) == "requests/minute spent"
    # A reply that was written before the others were counted says 2, and opens nothing.
    late = BudgetReading("requests/minute", 20, 2, reset)
    one.heard(Outcome(OutcomeClass.ANSWERED, "", status=200, budget=(late,)), ONE, 0, time.time())
    one.give_back()
    assert not await opened(one)
    await one.close()


async def test_after_a_stated_window_one_call_asks_what_the_next_one_is(tmp_path: Path) -> None:
    one = gate(tmp_path, concurrency=8)
    reset = time.time() + 0.3
    spent = BudgetReading("requests/minute", 20, 0, reset)
    await answered(one, Outcome(OutcomeClass.ANSWERED, "stop", status=200, budget=(spent,)))
    assert not await opened(one)
    await asyncio.sleep(max(0.0, reset - time.time()))
    assert await opened(one)
    one.take(ONE)
    assert not await opened(one)
    await one.close()


async def test_a_window_that_ends_after_the_minute_is_the_days(tmp_path: Path) -> None:
    one = gate(tmp_path)
    for remaining, ends in ((20, 40.0), (9, 3000.0)):
        reading = BudgetReading("requests/minute", 50, remaining, time.time() + ends)
        await answered(one, Outcome(OutcomeClass.ANSWERED, "", status=200, budget=(reading,)))
    kinds = {w.kind: w.remaining for w in one.now(time.time(), ONE).windows}
    assert kinds == {"requests/minute": 19, "requests/day": 9}
    await one.close()


async def test_two_gates_on_one_account_share_what_is_left(tmp_path: Path) -> None:
    one, two = gate(tmp_path, day(10)), gate(tmp_path, day(10))
    sent = 0
    for turn in range(40):
        mine = (one, two)[turn % 2]
        if await opened(mine):
            await answered(mine)
            sent += 1
    await one.close()
    await two.close()
    left = Ledger(tmp_path).standings("a", [day(10)], time.time())[0].left(time.time())
    # What one had bought ahead and not sent comes back when it closes.
    assert sent + left == 10
    assert sent >= 1


async def test_a_share_is_kept_for_the_judge(tmp_path: Path) -> None:
    one = gate(tmp_path, day(10))
    asked = judged = 0
    while await opened(one, ONE, {"requests": float(asked - judged + 1)}):
        await answered(one)
        asked += 1
    assert one.why(time.time(), ONE, {"requests": asked + 1.0}) == "requests/day kept for the judge"
    while await opened(one):
        await answered(one)
        judged += 1
    assert (asked, judged) == (5, 5)
    await one.close()


async def test_a_window_too_small_to_keep_anything_still_lets_calls_out(tmp_path: Path) -> None:
    one = gate(tmp_path, day(1))
    assert await opened(one, ONE, {"requests": 1.0})
    await one.close()


async def test_money_is_reserved_at_its_most_and_settled_at_its_cost(tmp_path: Path) -> None:
    cap = Window("usd", "usd", 1.0, math.inf, "plan", scope="run")
    endpoint = Endpoint("openai", "openai", "http://x", "m", "a", price=Price(0.0, 1e6))
    need = need_of(endpoint, [], 1)  # at most one token out: 1 USD
    assert need["usd"] == pytest.approx(1.0)
    one = gate(tmp_path, cap)
    assert await opened(one, need)
    one.take(need)
    assert not await opened(one, need)
    cheap = priced(Outcome(OutcomeClass.ANSWERED, "stop", status=200, usage=Usage(5, 0)), endpoint)
    assert cheap.usage.cost_usd == 0
    one.heard(cheap, need, time.time(), time.time())
    one.give_back()
    assert await opened(one, need)
    one.take(need)
    # A time-out may have been billed: its reservation stays, its cost is unknown.
    lost = priced(Outcome(OutcomeClass.INFRA, "deadline 120 s after http 200"), endpoint)
    assert lost.usage.cost_usd is None
    one.heard(lost, need, time.time(), time.time())
    one.give_back()
    assert one.opens_at(time.time(), need) == math.inf
    assert one.spent_usd is None
    assert "spending limit" in one.now(time.time(), need).paused
    # Without a price nothing can be promised, so nothing is sent.
    assert one.opens_at(time.time(), {"requests": 1.0}) == math.inf
    await one.close()


async def test_places_halve_once_for_calls_sent_together_and_come_back_slowly(
    tmp_path: Path,
) -> None:
    one = gate(tmp_path, concurrency=16)
    overloaded = Outcome(OutcomeClass.INFRA, "http 503", status=503)
    begun = time.time()
    for i in range(16):
        one.heard(overloaded, ONE, begun, begun + 1 + i / 100)
    assert one.places == 8
    one.heard(overloaded, ONE, begun + 5, begun + 6)
    assert one.places == 4
    for _ in range(4):
        one.heard(ANSWER, ONE, begun + 7, begun + 8)
    assert one.places == pytest.approx(5, abs=0.3)
    for _ in range(500):
        one.heard(ANSWER, ONE, begun + 7, begun + 8)
    assert one.places == 16


async def test_a_paused_account_sends_nothing_until_a_person_mends_it(tmp_path: Path) -> None:
    one = gate(tmp_path)
    one.paused = "http 401"
    assert not await opened(one)
    assert one.now(time.time(), ONE).paused == "http 401"
    one.paused = ""
    assert await opened(one)


def test_a_refused_call_costs_nothing_and_an_unpriced_answer_is_not_free() -> None:
    endpoint = Endpoint("openai", "openai", "http://x", "m", "a")
    assert priced(refused(), endpoint).usage.cost_usd == 0
    assert priced(Outcome(OutcomeClass.INFRA, "connect refused"), endpoint).usage.cost_usd == 0
    assert priced(ANSWER, endpoint).usage.cost_usd is None


async def test_a_ledger_that_cannot_be_written_sends_nothing_and_forgets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.engine.purse._RETRY_S", 0.2)
    one = gate(tmp_path, day(100))
    assert one.purse._ledger is not None
    db = one.purse._ledger._db
    await answered(one, replace(ANSWER, budget=(BudgetReading("requests/day", 50, 40, 1e11),)))
    one.purse._credit.clear()
    db.execute("PRAGMA query_only=1")
    for _ in range(2):
        before = time.monotonic()
        assert not await opened(one)
        if one.purse._buying is not None:
            await one.purse._buying
        assert time.monotonic() - before >= 0.2, "it is not tried again at once"
    one.heard(refused(retry_after=0.0), ONE, 0.0, time.time())
    db.execute("PRAGMA query_only=0")
    assert await opened(one)
    # What the platform had said meanwhile reached the ledger in the end.
    told = db.execute("SELECT most FROM heard WHERE account = 'a'").fetchall()
    assert told == [(50.0,)]
    db.execute("PRAGMA query_only=1")
    await one.close()
