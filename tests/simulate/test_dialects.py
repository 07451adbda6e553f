"""The wire shapes of both dialects."""

from __future__ import annotations

import json
import socket

import pytest

from fftui.simulate.server import listen, running
from tests.simulate.support import MODEL, chat, client, profile, prompt, request, said


async def test_openai_shape() -> None:
    async with running(profile()) as sim, client() as http:
        reply = await chat(http, sim, request(prompt(1)))
        models = (await http.get(f"{sim.url}/direct/v1/models")).json()
    body = reply.json()
    assert reply.headers["x-simulated"] == "fftui"
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"] == body["id"]
    assert body["object"] == "chat.completion"
    assert body["model"] == MODEL
    assert body["system_fingerprint"].startswith("fp_")
    assert isinstance(body["created"], int)
    assert "provider" not in body
    assert body["choices"][0]["message"]["role"] == "assistant"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert [entry["id"] for entry in models["data"]] == [MODEL, "sim-judge"]


async def test_router_names_its_upstream_and_obeys_a_pin() -> None:
    async with (
        running(profile(platform='upstream = ["Sim Cloud", "Sim Metal"]')) as sim,
        client() as http,
    ):
        free = [(await chat(http, sim, request(prompt(n)))).json() for n in range(30)]
        again = [(await chat(http, sim, request(prompt(n)))).json() for n in range(30)]
        pinned = [
            (await chat(http, sim, request(prompt(n), provider={"only": ["Sim Metal"]}))).json()
            for n in range(10)
        ]
    assert {body["provider"] for body in free} == {"Sim Cloud", "Sim Metal"}
    assert [body["provider"] for body in free] == [body["provider"] for body in again]
    assert {body["provider"] for body in pinned} == {"Sim Metal"}
    assert free[0]["choices"][0]["native_finish_reason"] == "stop"
    assert free[0]["id"].startswith("gen-")


async def test_openai_stream_carries_the_same_answer() -> None:
    async with running(profile(platform='upstream = "Sim Cloud"')) as sim, client() as http:
        whole = await chat(http, sim, request(prompt(1)))
        body = request(prompt(1), stream=True, stream_options={"include_usage": True})
        stream = await chat(http, sim, body)
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.text.startswith(":")
    events = [line[6:] for line in stream.text.splitlines() if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
    assert text == said(whole)
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == whole.json()["usage"]
    assert sim.ledger.attempts()[0].times == 2


async def test_ollama_shape() -> None:
    messages = request(prompt(1))["messages"]
    body = {"model": f"{MODEL}:latest", "messages": messages, "options": {"seed": 1}}
    async with running(profile(model='digest = "abc"\nquantisation = "Q8_0"')) as sim:
        root = f"{sim.url}/ollama"
        async with client() as http:
            compatible = await chat(http, sim, request(prompt(1)), "ollama")
            whole = (await http.post(f"{root}/api/chat", json=body | {"stream": False})).json()
            stream = await http.post(f"{root}/api/chat", json=body)
            limited = body | {"stream": False, "options": {"seed": 1, "num_predict": 10}}
            cut = (await http.post(f"{root}/api/chat", json=limited)).json()
            version = (await http.get(f"{root}/api/version")).json()
            tags = (await http.get(f"{root}/api/tags")).json()["models"]
            show = (await http.post(f"{root}/api/show", json={"model": MODEL})).json()
            missing = await http.post(f"{root}/api/show", json={"name": "nothing"})
    assert whole["model"] == MODEL
    assert whole["done"] is True
    assert whole["done_reason"] == "stop"
    assert whole["message"]["content"] == said(compatible)
    assert whole["eval_count"] == compatible.json()["usage"]["completion_tokens"]
    assert stream.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in stream.text.splitlines()]
    assert "".join(line["message"]["content"] for line in lines) == said(compatible)
    assert [line["done"] for line in lines][-2:] == [False, True]
    assert cut["done_reason"] == "length"
    assert cut["eval_count"] == 10
    assert version["version"]
    assert tags[0]["name"] == f"{MODEL}:latest"
    assert tags[0]["digest"] == show["digest"] == "abc"
    assert show["details"]["quantization_level"] == "Q8_0"
    assert missing.status_code == 404


async def test_unknown_model_is_404_in_the_dialect_s_words() -> None:
    async with running(profile()) as sim, client() as http:
        body = request(prompt(1), model="nothing")
        openai = await chat(http, sim, body)
        ollama = await http.post(f"{sim.url}/ollama/api/chat", json=body)
    assert (openai.status_code, ollama.status_code) == (404, 404)
    assert "does not exist" in openai.json()["error"]["message"]
    assert ollama.json()["error"] == 'model "nothing" not found, try pulling it first'
    assert sim.ledger.snapshot()["rejected"] == {"unknown_model": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"messages": []}',
        b'{"model": "sim-test"}',
        b'{"model": "sim-test", "messages": []}',
        b'{"model": "sim-test", "messages": [{"role": "system", "content": "x"}]}',
        b'{"model": "sim-test", "messages": [{"role": "user"}]}',
        b'{"model": "sim-test", "messages": [{"role": "user", "content": "x"}], "seed": "1"}',
        b'{"model": "sim-test", "messages": [{"role": "user", "content": "x"}], "max_tokens": 0}',
        b"\xff\xfe",
    ],
)
async def test_malformed_requests_are_400(body: bytes) -> None:
    async with running(profile()) as sim, client() as http:
        reply = await http.post(f"{sim.url}/direct/v1/chat/completions", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]


async def test_addresses_that_are_not_there() -> None:
    async with running(profile()) as sim, client() as http:
        assert (await http.get(f"{sim.url}/nowhere/v1/models")).status_code == 404
        assert (await http.get(f"{sim.url}/direct/api/version")).status_code == 404
        assert (await http.get(f"{sim.url}/ollama/api/nothing")).json()["error"]
        front = (await http.get(sim.url)).json()
    assert front["simulated"] is True
    assert [one["name"] for one in front["platforms"]] == ["ollama", "direct"]
    assert sim.base_url("direct") == f"{sim.url}/direct/v1"
    assert sim.base_url("ollama") == f"{sim.url}/ollama"


async def test_replies_do_not_wait_for_nagle() -> None:
    with listen(0) as server:
        server.listen()
        # asyncio sets TCP_NODELAY on accepted sockets only where they say that they are TCP.
        with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
            assert accepted.proto == socket.IPPROTO_TCP
