"""Every row of each dialect's table, and every fault of the wire, over real sockets.

The simulator sends the replies word for word; the client and the dialect are those of a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling
from fftui.platforms.client import Client
from fftui.platforms.dialect import dialect
from fftui.simulate.profile import Family, Fault, Model, Platform, Profile
from fftui.simulate.server import running
from tests.platforms import test_anthropic, test_ollama, test_openai

A, INFRA, CONFIG = OutcomeClass.ANSWERED, OutcomeClass.INFRA, OutcomeClass.CONFIG
RATE = OutcomeClass.RATE_LIMITED
DIALECTS = ("openai", "anthropic", "ollama")
TABLES: dict[str, dict[str, Any]] = {
    "openai": test_openai.TABLE,
    "anthropic": test_anthropic.TABLE,
    "ollama": test_ollama.TABLE,
}


def rows() -> Iterator[tuple[str, str]]:
    for name in DIALECTS:
        yield from ((name, row) for row in TABLES[name])


def profile(speaks: str, *faults: Fault) -> Profile:
    refuses = Family(REFUSAL=1.0)
    return Profile(
        platforms=(Platform(name="p", dialect=speaks, faults=faults),),
        models=(Model(name="m", families={"default": refuses}),),
    )


async def call(
    speaks: str, *faults: Fault, deadline_s: float = 5.0, stream: bool = False
) -> Outcome:
    """One call of a run to a simulated platform."""
    wire = dialect(speaks)
    async with running(profile(speaks, *faults)) as sim, Client() as client:
        endpoint = Endpoint("sim", speaks, sim.base_url("p"), "m", "a", stream=stream)
        request = wire.request(endpoint, [Message("user", "[placeholder]")], Sampling(), 1, "")
        return (await client.call(wire, request, "sk-placeholder-0000", deadline_s)).outcome


def sends(status: int, body: Any, **headers: str) -> Fault:
    if isinstance(body, bytes):
        body = body.decode()
    elif body is not None:
        body = json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(kind="reply", status=status, body=body, headers=named)


@pytest.mark.parametrize(("speaks", "row"), rows())
async def test_each_row_of_the_table(speaks: str, row: str) -> None:
    status, body, kind, retryable, *signal = TABLES[speaks][row]
    if isinstance(body, bytes) and not _is_text(body):
        fault = Fault(kind="bad_utf8")
    else:
        fault = sends(status, body)
    found = await call(speaks, fault)
    assert (found.kind, found.retryable) == (kind, retryable), found.signal
    assert found.status == status
    assert all(part in found.signal for part in signal)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# kind of fault: (seconds of the deadline, outcome, retries at least, part of the signal)
WIRE: dict[str, tuple[float, int, str]] = {
    "http_500": (5, 2, "http 500"),
    "http_503": (5, 2, "http 503"),
    "html_200": (5, 1, "html in place of json"),
    "bad_json": (5, 1, "bad json"),
    "bad_utf8": (5, 1, "bad utf-8"),
    "reset": (5, 2, "connection reset"),
    "truncated": (5, 2, "short body"),
    "slow_drip": (0.3, 1, "deadline 0.3 s"),
    "hang": (0.3, 1, "deadline 0.3 s"),
    "gzip_bomb": (5, 0, "body too large"),
    "bad_gzip": (5, 1, "content-encoding gzip"),
    "huge_header": (5, 1, "not http"),
    "not_http": (5, 1, "not http"),
}


@pytest.mark.parametrize("speaks", DIALECTS)
@pytest.mark.parametrize("kind", WIRE)
async def test_each_fault_of_the_wire_is_infrastructure(kind: str, speaks: str) -> None:
    deadline_s, retries, signal = WIRE[kind]
    found = await call(speaks, Fault(kind=kind), deadline_s=deadline_s)
    assert found.kind is INFRA
    assert signal in found.signal
    assert found.retries >= retries
    assert bool(found.retries) == bool(retries)
    assert found.text == ""


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_text_that_no_file_could_hold_is_made_storable(speaks: str) -> None:
    words = '"a\\ud800b\\u0000c"'
    body = {
        "openai": '{"choices":[{"message":{"content":%s},"finish_reason":"stop"}]}',
        "anthropic": '{"content":[{"type":"text","text":%s}],"stop_reason":"end_turn"}',
        "ollama": '{"message":{"content":%s},"done":true,"done_reason":"stop"}',
    }[speaks]
    found = await call(speaks, sends(200, (body % words).encode()))
    assert (found.kind, found.text) == (A, "a\\ud800b\x00c")
    found.text.encode()


@pytest.mark.parametrize("speaks", DIALECTS)
@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"x": NaN}', b'{"x": ' + b"9" * 5000 + b"}", b"null", b"[]", b"7"]
)
async def test_json_that_breaks_parsers_is_infrastructure(speaks: str, body: bytes) -> None:
    found = await call(speaks, sends(200, body))
    assert found.kind is INFRA


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_a_body_over_the_cap_is_not_read_to_its_end(speaks: str) -> None:
    found = await call(speaks, sends(200, b" " * (5 << 20)))
    assert (found.kind, found.retries) == (INFRA, 0)
    assert "body too large" in found.signal


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_the_wrong_content_type_is_no_matter_and_no_content_is(speaks: str) -> None:
    good = await call(speaks)
    assert good.kind is A
    table = TABLES[speaks]["answer"][1]
    assert (await call(speaks, sends(200, table, content_type="text/plain"))).kind is A
    assert (await call(speaks, sends(204, b""))).kind is INFRA


# What a platform may write there, and the seconds that are waited.
WISHES: dict[str, float | None] = {
    "7": 7, "1.5": 1.5, "0": 0, "-3": 0, "9999999999": 600, "1e309": None, "nan": None,
    "²": None, "soon": None, "": None, "Thu, 01 Jan 1970 00:00:00 GMT": 0,
    "Fri, 31 Dec 9999 23:59:59 GMT": 600, "5, 9": 9, "1m30s": 90, "9" * 400: None,
}  # fmt: skip


@pytest.mark.parametrize("speaks", DIALECTS)
@pytest.mark.parametrize("wish", WISHES)
async def test_absurd_wishes_to_wait(speaks: str, wish: str) -> None:
    found = await call(speaks, sends(429, None, retry_after=wish))
    assert (found.kind, found.status) == (RATE, 429)
    assert found.retry_after == WISHES[wish]


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_a_redirect_is_never_followed(speaks: str) -> None:
    found = await call(speaks, sends(307, b"", location="http://127.0.0.1:9/elsewhere"))
    assert found.kind is CONFIG
    assert "redirect to 127.0.0.1" in found.signal


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_a_streamed_answer_is_the_same_answer(speaks: str) -> None:
    whole = await call(speaks)
    streamed = await call(speaks, stream=True)
    assert streamed.kind is A
    assert (streamed.text, streamed.finish, streamed.identity) == (
        whole.text, whole.finish, whole.identity,
    )  # fmt: skip
    assert streamed.usage == whole.usage


STREAMS = {
    "openai": b'data: {"choices":[{"delta":{"content":"half"}}]}\n\n',
    "anthropic": b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"half"}}\n\n',
    "ollama": b'{"message":{"content":"half"},"done":false}\n',
}
FAILS = {
    "openai": b'data: {"error":{"code":502},"choices":[{"finish_reason":"error"}]}\n\n',
    "anthropic": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
    "ollama": b'{"error":"placeholder"}\n',
}


@pytest.mark.parametrize("speaks", DIALECTS)
@pytest.mark.parametrize("end", [b"", "fails"])
async def test_half_a_stream_is_no_answer(speaks: str, end: bytes | str) -> None:
    body = STREAMS[speaks] + (FAILS[speaks] if end else b"")
    kind = "application/x-ndjson" if speaks == "ollama" else "text/event-stream"
    found = await call(speaks, sends(200, body, content_type=kind), stream=True)
    assert found.kind is INFRA, found.signal
    assert found.retryable
