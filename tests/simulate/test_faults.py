"""Faults as they look on the wire, and the answer that is still there afterwards."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fftui.simulate.server import running
from tests.simulate.support import MODEL, chat, client, profile, prompt, request, said


def fault(kind: str, more: str = "to_call = 1") -> str:
    return f'[[platforms.faults]]\nkind = "{kind}"\n{more}'


@pytest.mark.parametrize(
    ("kind", "status"), [("http_500", 500), ("http_503", 503), ("error_200", 200)]
)
async def test_errors_in_the_dialect_s_shape(kind: str, status: int) -> None:
    async with running(profile(platform=fault(kind))) as sim, client() as http:
        bad = await chat(http, sim, request(prompt(1)))
        good = await chat(http, sim, request(prompt(1)))
    assert bad.status_code == status
    assert bad.json()["error"]["message"]
    assert "choices" not in bad.json()
    assert bad.headers["x-simulated"] == "fftui"
    assert said(good)
    assert sim.ledger.tally("direct", MODEL).faults == {kind: 1}


async def test_a_page_in_place_of_json() -> None:
    async with running(profile(platform=fault("html_200"))) as sim, client() as http:
        page = await chat(http, sim, request(prompt(1)))
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")


async def test_broken_json_and_broken_utf8() -> None:
    both = fault("bad_json") + "\n" + fault("bad_utf8", "from_call = 2\nto_call = 2")
    async with running(profile(platform=both)) as sim, client() as http:
        broken = await chat(http, sim, request(prompt(1)))
        garbled = await chat(http, sim, request(prompt(1)))
    with pytest.raises(ValueError, match="Expecting"):
        broken.json()
    with pytest.raises(UnicodeDecodeError):
        garbled.content.decode()


async def test_an_empty_answer() -> None:
    async with running(profile(platform=fault("empty"))) as sim, client() as http:
        empty = await chat(http, sim, request(prompt(1)))
        good = await chat(http, sim, request(prompt(1)))
    assert said(empty) == ""
    assert empty.json()["choices"][0]["finish_reason"] == "stop"
    assert said(good)
    assert sim.ledger.tally("direct", MODEL).empty == 1


async def test_a_reset_and_a_truncated_body_are_transport_errors() -> None:
    both = fault("reset") + "\n" + fault("truncated", "from_call = 2\nto_call = 2")
    async with running(profile(platform=both)) as sim, client() as http:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await chat(http, sim, request(prompt(1)))
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
            await chat(http, sim, request(prompt(1)))
        assert said(await chat(http, sim, request(prompt(1))))
    assert sim.ledger.tally("direct", MODEL).faults == {"reset": 1, "truncated": 1}
    assert len(sim.ledger.attempts()) == 1


async def test_a_reset_is_one_on_the_wire() -> None:
    body = b'{"model":"sim-test","messages":[{"role":"user","content":"x"}]}'
    head = b"POST /direct/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    async with running(profile(platform=fault("reset"))) as sim:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.url.rpartition(":")[2]))
        writer.write(head % len(body) + body)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_a_hang_ends_when_the_client_does() -> None:
    async with running(profile(platform=fault("hang"))) as sim, client() as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(
                f"{sim.url}/direct/v1/chat/completions", json=request(prompt(1)), timeout=0.1
            )
        assert said(await chat(http, sim, request(prompt(1))))
    assert sim.ledger.tally("direct", MODEL).faults == {"hang": 1}


async def test_a_slow_drip_read_to_its_end_is_an_answer() -> None:
    drip = fault("slow_drip", "seconds = 0.1\nto_call = 2")
    async with running(profile(platform=drip)) as sim, client() as http:
        slow = await chat(http, sim, request(prompt(1)))
        swift = await chat(http, sim, request(prompt(1), seed=1))
        steady = await chat(http, sim, request(prompt(1), seed=1))
    assert slow.elapsed.total_seconds() >= 0.09
    assert said(slow) == said(swift) == said(steady)
    tally = sim.ledger.tally("direct", MODEL)
    assert (tally.answered, tally.faults.total()) == (3, 0)


async def test_a_slow_drip_left_early_is_a_fault() -> None:
    drip = fault("slow_drip", "seconds = 30.0")
    async with running(profile(platform=drip)) as sim, client() as http:
        async with http.stream(
            "POST", f"{sim.url}/direct/v1/chat/completions", json=request(prompt(1))
        ) as reply:
            assert reply.status_code == 200
        tally = sim.ledger.tally("direct", MODEL)
        async with asyncio.timeout(5):
            while tally.in_flight:
                await asyncio.sleep(0.01)
    assert tally.faults == {"slow_drip": 1}
    assert sim.ledger.attempts() == []


async def test_an_outage_begins_and_ends_where_scripted_and_may_be_one_model_s() -> None:
    window = fault("http_503", f'from_call = 3\nto_call = 5\nmodel = "{MODEL}"')
    async with running(profile(platform=window)) as sim, client() as http:
        statuses = []
        for number in range(7):
            judged = await chat(http, sim, request("x", model="sim-judge"))
            assert judged.status_code == 200
            statuses.append((await chat(http, sim, request(prompt(number)))).status_code)
    assert statuses == [200, 200, 503, 503, 503, 200, 200]


async def test_chance_faults_come_at_their_rate_and_pass_on_a_retry() -> None:
    chance = fault("http_500", "probability = 0.2")
    async with running(profile(platform=chance)) as sim, client() as http:
        statuses = [(await chat(http, sim, request(prompt(1)))).status_code for _ in range(300)]
    assert 0.12 < statuses.count(500) / 300 < 0.29
    assert len(sim.ledger.attempts()) == 1


async def test_ollama_errors_are_texts() -> None:
    setup = profile()
    ollama = setup.platforms[0].model_copy(
        update={"faults": profile(platform=fault("error_200")).platforms[1].faults}
    )
    setup = setup.model_copy(update={"platforms": (ollama,)})
    async with running(setup) as sim, client() as http:
        body = {"model": MODEL, "messages": request("x")["messages"], "stream": False}
        bad = await http.post(f"{sim.url}/ollama/api/chat", json=body)
    assert bad.json() == {"error": "Provider returned error"}
