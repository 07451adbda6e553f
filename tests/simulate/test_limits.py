"""Rate limits: three regimes, periods aligned to the epoch, shortened where asked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fftui.simulate.limits import Limiter, go_duration
from fftui.simulate.profile import Limits
from fftui.simulate.server import running
from tests.simulate.support import MODEL, chat, client, profile, prompt, request

MIDNIGHT = 1_795_392_000.0


@dataclass
class Clock:
    """Epoch seconds that a test sets."""

    now: float

    def __call__(self) -> float:
        return self.now


def limits(kind: str, **numbers: int) -> str:
    lines = [f"{name} = {value}" for name, value in numbers.items()]
    return "\n".join(["[platforms.limits]", f'kind = "{kind}"', *lines])


async def test_announced_limits_stand_in_the_headers_of_each_reply() -> None:
    clock = Clock(MIDNIGHT + 30.5)
    setup = profile(platform=limits("announced", requests_per_minute=2))
    async with running(setup, clock=clock) as sim, client() as http:
        first, second, third = [await chat(http, sim, request(prompt(n))) for n in range(3)]
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert first.headers["x-ratelimit-reset-requests"] == "29.5s"
        assert second.headers["x-ratelimit-remaining-requests"] == "0"
        assert third.status_code == 429
        assert third.headers["retry-after"] == "30"
        assert third.headers["retry-after-ms"] == "29500"
        assert third.json()["error"]["type"] == "rate_limit_exceeded"
        clock.now = MIDNIGHT + 59.99
        assert (await chat(http, sim, request(prompt(2)))).status_code == 429
        clock.now = MIDNIGHT + 60
        assert (await chat(http, sim, request(prompt(2)))).status_code == 200
    tally = sim.ledger.tally("direct", MODEL)
    assert (tally.calls, tally.answered, tally.rate_limited) == (5, 3, 2)


async def test_silent_limits_are_seen_on_the_429_only() -> None:
    clock = Clock(MIDNIGHT + 10)
    setup = profile(platform=limits("silent", requests_per_minute=2, requests_per_day=3))
    async with running(setup, clock=clock) as sim, client() as http:
        good = await chat(http, sim, request(prompt(0)))
        await chat(http, sim, request(prompt(1)))
        minute = await chat(http, sim, request(prompt(2)))
        clock.now += 60
        assert (await chat(http, sim, request(prompt(2)))).status_code == 200
        day = await chat(http, sim, request(prompt(3)))
        clock.now = MIDNIGHT + 86_399
        still = await chat(http, sim, request(prompt(3)))
        clock.now = MIDNIGHT + 86_400
        fresh = await chat(http, sim, request(prompt(3)))
    assert not [name for name in good.headers if "ratelimit" in name]
    assert (minute.status_code, day.status_code, still.status_code) == (429, 429, 429)
    assert fresh.status_code == 200
    error = minute.json()["error"]
    assert error["code"] == 429
    assert error["message"] == "Rate limit exceeded: free-models-per-min."
    assert minute.headers["x-ratelimit-limit"] == "2"
    assert minute.headers["x-ratelimit-remaining"] == "0"
    assert minute.headers["x-ratelimit-reset"] == str(int((MIDNIGHT + 60) * 1000))
    assert error["metadata"]["headers"]["X-RateLimit-Reset"] == minute.headers["x-ratelimit-reset"]
    assert "retry-after" not in minute.headers
    assert day.json()["error"]["message"] == "Rate limit exceeded: free-models-per-day."
    assert day.headers["x-ratelimit-reset"] == str(int((MIDNIGHT + 86_400) * 1000))


async def test_shortened_periods_are_aligned_to_the_epoch_too() -> None:
    period = 86.4
    start = 20_780_000 * period
    clock = Clock(start + 1)
    setup = profile(top="period_scale = 0.001", platform=limits("announced", requests_per_day=1))
    async with running(setup, clock=clock) as sim, client() as http:
        good = await chat(http, sim, request(prompt(0)))
        turned_away = await chat(http, sim, request(prompt(1)))
        clock.now = start + period + 0.001
        fresh = await chat(http, sim, request(prompt(1)))
    assert good.headers["x-ratelimit-reset-requests"] == "1m25.4s"
    assert turned_away.status_code == 429
    assert float(turned_away.headers["retry-after"]) == pytest.approx(85.4, abs=0.002)
    assert fresh.status_code == 200


async def test_no_limits_say_nothing() -> None:
    async with running(profile()) as sim, client() as http:
        reply = await chat(http, sim, request(prompt(0)))
    assert not [name for name in reply.headers if "ratelimit" in name]


def test_a_call_turned_away_by_the_minute_spends_nothing_of_the_day() -> None:
    clock = Clock(MIDNIGHT)
    limiter = Limiter(
        Limits(kind="announced", requests_per_minute=1, requests_per_day=2), 1.0, clock
    )
    assert [limiter.admit().allowed for _ in range(5)] == [True, False, False, False, False]
    clock.now += 60
    assert limiter.admit().allowed
    clock.now += 60
    assert "per day" in limiter.admit().message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.012, "12ms"),
        (1, "1s"),
        (1.2, "1.2s"),
        (59.9996, "1m0s"),
        (360, "6m0s"),
        (86_399, "23h59m59s"),
    ],
)
def test_durations_are_written_as_go_does(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text
