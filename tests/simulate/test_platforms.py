"""What the simulator's platforms do beside answering: tokens, clocks, replies word for word."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from fftui.simulate.loading import ProfileError
from fftui.simulate.server import running
from tests.simulate.support import MODEL, chat, client, profile, prompt, request, said
from tests.simulate.test_limits import MIDNIGHT, Clock, limits


async def test_tokens_are_counted_for_prompt_and_answer() -> None:
    clock = Clock(MIDNIGHT + 30)
    setup = profile(platform=limits("announced", tokens_per_minute=200), model="tokens = 60")
    async with running(setup, clock=clock) as sim, client() as http:
        first = await chat(http, sim, request(prompt(1)))
        used = first.json()["usage"]["total_tokens"]
        assert first.headers["x-ratelimit-limit-tokens"] == "200"
        assert first.headers["x-ratelimit-remaining-tokens"] == str(200 - used)
        assert first.headers["x-ratelimit-reset-tokens"] == "30s"
        later = [await chat(http, sim, request(prompt(n))) for n in range(2, 8)]
        turned_away = [one for one in later if one.status_code == 429]
        assert turned_away
        assert "tokens per min" in turned_away[0].json()["error"]["message"]
        clock.now += 30
        assert (await chat(http, sim, request(prompt(1)))).status_code == 200


async def test_a_platform_lives_by_its_own_clock_and_says_so() -> None:
    clock = Clock(MIDNIGHT - 3600)
    platform = "clock_skew_s = 3540.0\n" + limits("announced", requests_per_day=1)
    async with running(profile(platform=platform), clock=clock) as sim, client() as http:
        good = await chat(http, sim, request(prompt(1)))
        # Its day ends a minute from now, ours in an hour.
        assert good.headers["x-ratelimit-reset-requests"] == "1m0s"
        assert parsedate_to_datetime(good.headers["date"]).timestamp() == MIDNIGHT - 60
        assert (await chat(http, sim, request(prompt(2)))).status_code == 429
        clock.now += 60
        assert (await chat(http, sim, request(prompt(2)))).status_code == 200


async def test_a_reply_is_sent_word_for_word_and_then_the_answer_is_there() -> None:
    fault = """
[[platforms.faults]]
kind = "reply"
status = 418
body = "<short and stout>"
headers = { Content-Type = "text/html", Retry-After = "7" }
to_call = 1
[[platforms.faults]]
kind = "reply"
status = 402
from_call = 2
to_call = 2
"""
    async with running(profile(platform=fault)) as sim, client() as http:
        odd = await chat(http, sim, request(prompt(1)))
        paid = await chat(http, sim, request(prompt(1)))
        good = await chat(http, sim, request(prompt(1)))
    assert (odd.status_code, odd.text) == (418, "<short and stout>")
    assert (odd.headers["content-type"], odd.headers["retry-after"]) == ("text/html", "7")
    assert (paid.status_code, paid.json()["error"]["type"]) == (402, "insufficient_quota")
    assert said(good)
    tally = sim.ledger.tally("direct", MODEL)
    assert (tally.faults, tally.answered) == ({"reply": 2}, 1)


def test_words_for_another_kind_of_fault_are_a_mistake() -> None:
    with pytest.raises(ProfileError, match="status, headers and body go with kind reply"):
        profile(platform='[[platforms.faults]]\nkind = "http_500"\nstatus = 418')


async def test_the_messages_dialect_refuses_what_the_real_one_does() -> None:
    setup = profile(platform='dialect = "anthropic"')
    async with running(setup) as sim, client() as http:
        url = f"{sim.url}/direct/v1/messages"
        endless = await http.post(url, json={"model": MODEL, "messages": []})
        unknown = await http.post(url, json={**request("x"), "model": "absent"})
    assert endless.status_code == 400
    assert endless.json()["error"]["type"] == "invalid_request_error"
    assert unknown.status_code == 404
    assert unknown.json()["error"]["type"] == "not_found_error"
