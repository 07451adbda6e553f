"""The ledger: equal to what a client saw."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from fftui.simulate.conversations import message_hash
from fftui.simulate.server import running
from fftui.simulate.texts import truth_of
from tests.simulate.support import MODEL, RATES, chat, client, each, profile, prompt, request, said

if TYPE_CHECKING:
    from fftui.domain.labels import Label

EVERYTHING = """
upstream = "Sim Cloud"
input_filter = 0.1
output_filter = 0.1
limits = { kind = "announced", requests_per_minute = 350 }
[[platforms.faults]]
kind = "http_500"
probability = 0.1
[[platforms.faults]]
kind = "empty"
probability = 0.1
[[platforms.faults]]
kind = "reset"
probability = 0.1
"""


async def test_the_ledger_equals_what_the_client_saw() -> None:
    families = f"[models.families.default]\n{RATES}\n[models.families.direct]\nREFUSAL = 1.0"
    seen: Counter[str] = Counter()
    labels: dict[tuple[str, int], Label] = {}
    frozen = 1_795_392_000.0
    async with (
        running(profile(platform=EVERYTHING, families=families), clock=lambda: frozen) as sim,
        client() as http,
    ):

        async def call(number: int) -> None:
            family = ("persona", "direct")[number % 2]
            # Every prompt is sent twice, as by a client that was killed.
            body = request(prompt(number % 200, family), max_tokens=70)
            try:
                reply = await chat(http, sim, body)
            except httpx.TransportError:
                seen["reset"] += 1
                return
            if reply.status_code != 200:
                seen[str(reply.status_code)] += 1
                return
            choice = reply.json()["choices"][0]
            if choice["finish_reason"] == "content_filter":
                seen["output_filter"] += 1
            elif not choice["message"]["content"]:
                seen["empty"] += 1
            else:
                seen["answered"] += 1
                labels[family, number % 200] = truth_of(said(reply))

        await each(call(number) for number in range(400))
        ledger = (await http.get(f"{sim.url}/ledger")).json()
        rows = (await http.get(f"{sim.url}/ledger/attempts?model={MODEL}")).json()["attempts"]
        none = (await http.get(f"{sim.url}/ledger/attempts?model=other")).json()["attempts"]
    assert ledger["simulated"] is True
    (total,) = ledger["totals"]
    assert total == {
        "platform": "direct",
        "model": MODEL,
        "calls": 400,
        "answered": seen["answered"],
        "rate_limited": seen["429"],
        "input_filter": seen["403"],
        "output_filter": seen["output_filter"],
        "empty": seen["empty"],
        "abandoned": 0,
        "faults": {"http_500": seen["500"], "reset": seen["reset"]},
        "in_flight": 0,
    }
    assert seen["429"] == 50
    assert all(seen[kind] for kind in ("answered", "403", "output_filter", "empty", "500", "reset"))
    truth = {(row["family"], row["label"]): row["attempts"] for row in ledger["truth"]}
    assert truth == Counter((family, label.value) for (family, _), label in labels.items())
    assert len(rows) == len(labels)
    assert sum(row["times"] for row in rows) == seen["answered"]
    assert none == []


async def test_attempts_are_known_by_conversation_and_seed() -> None:
    async with running(profile()) as sim, client() as http:
        await chat(http, sim, request(prompt(1), seed=5, max_tokens=10))
        await chat(http, sim, request(prompt(1), seed=5, max_tokens=10))
        await chat(http, sim, request(prompt(1), seed=None))
        await chat(http, sim, request(prompt(1, extra=" | benign"), seed=-3))
    first, second, third = sim.ledger.attempts(MODEL)
    assert first.sha == second.sha == message_hash([("user", prompt(1))]).hex()
    assert (first.seed, first.times, first.cut) == (5, 2, True)
    assert (second.seed, second.times, second.benign) == (None, 1, False)
    assert (third.seed, third.family, third.benign) == (-3, "persona", True)
    assert sim.ledger.labels("direct", MODEL).total() == 3


async def test_a_further_turn_supersedes_the_one_before() -> None:
    async with running(profile()) as sim, client() as http:
        messages = request(prompt(1, "multi-turn"))["messages"]
        body = request("") | {"messages": messages}
        answer = said(await chat(http, sim, body))
        assert sim.ledger.labels("direct", MODEL).total() == 1
        assistant = {"role": "assistant", "content": answer}
        more = [*messages, assistant, {"role": "user", "content": "go on"}]
        for _ in range(2):
            last = said(await chat(http, sim, body | {"messages": more}))
    assert sim.ledger.labels("direct", MODEL, "multi-turn") == {truth_of(last): 1}
    assert [one.superseded for one in sim.ledger.attempts()] == [True, False]


async def test_a_client_that_hangs_up_is_not_answered() -> None:
    setup = profile(model="latency_s = 0.4")
    async with running(setup) as sim:
        async with client() as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(
                    f"{sim.url}/direct/v1/chat/completions",
                    json=request(prompt(1)),
                    timeout=0.15,
                )
        tally = sim.ledger.tally("direct", MODEL)
        assert tally.in_flight == 1
        async with asyncio.timeout(5):
            while tally.in_flight:
                await asyncio.sleep(0.02)
    assert (tally.abandoned, tally.answered) == (1, 0)
    assert sim.ledger.attempts() == []


async def test_a_server_that_ends_leaves_no_call_waiting() -> None:
    async with client() as http, asyncio.timeout(5):
        async with running(profile(model="latency_s = 60.0")) as sim:
            call = asyncio.create_task(chat(http, sim, request(prompt(1))))
            while not sim.ledger.tally("direct", MODEL).calls:
                await asyncio.sleep(0.01)
        with pytest.raises(httpx.TransportError):
            await call
