"""The client against servers that misbehave, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from fftui.credentials import REDACTED
from fftui.domain.outcomes import OutcomeClass
from fftui.platforms.client import BODY_CAP, Call, Client
from fftui.platforms.dialect import dialect
from fftui.platforms.rulings import Scope, scope
from fftui.platforms.wire import HttpRequest
from tests.platforms.raw import Behaviour, reply, request_head, reset, says, server

OK = json.dumps({"choices": [{"finish_reason": "stop", "message": {"content": "hi"}}]}).encode()
KEY = "sk-sentinel-key"
INFRA, CONFIG = OutcomeClass.INFRA, OutcomeClass.CONFIG


async def call(url: str, deadline_s: float = 5.0, key: str | None = KEY) -> Call:
    request = HttpRequest("POST", f"{url}/chat/completions", {}, b"{}")
    async with Client(4) as client:
        return await client.call(dialect("openai"), request, key, deadline_s)


async def _reset_mid_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc")
    await writer.drain()
    reset(writer)


async def _reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    reset(writer)


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    await asyncio.Event().wait()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


BOMB = gzip.compress(b"a" * 50_000_000)
FAULTS: dict[str, tuple[Behaviour, OutcomeClass, bool, str]] = {
    "reset before a reply": (_reset_at_once, INFRA, True, "connection reset"),
    "hang-up": (_hang_up, INFRA, True, "disconnected"),
    "short body": (
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n" + OK),
        INFRA,
        True,
        "short body after http 200",
    ),
    "short chunk": (
        says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc"),
        INFRA,
        True,
        "short body after http 200",
    ),
    "other protocol": (says(b"SSH-2.0-placeholder\r\n"), INFRA, True, "not http"),
    "noise": (says(b"\x00\xff\x01" * 99 + b"\r\n\r\n"), INFRA, True, "not http"),
    "300 KB header": (
        says(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 300_000 + b"\r\n\r\n"),
        INFRA,
        True,
        "not http",
    ),
    "gzip bomb": (
        says(reply(BOMB, "content-encoding: gzip")),
        INFRA,
        False,
        "body too large after http 200",
    ),
    "endless body": (_endless, INFRA, False, "body too large after http 200"),
    "announced giant": (
        says(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\nabc" % (BODY_CAP + 1)),
        INFRA,
        False,
        "body too large after http 200",
    ),
    "damaged gzip": (
        says(reply(b"no gzip", "content-encoding: gzip")),
        INFRA,
        True,
        "content-encoding gzip damaged after http 200",
    ),
    "cut gzip": (
        says(reply(gzip.compress(OK, mtime=0)[:-12], "content-encoding: gzip")),
        INFRA,
        True,
        "content-encoding gzip cut short after http 200",
    ),
    "unknown packing": (
        says(reply(b"x", "content-encoding: br")),
        INFRA,
        True,
        "content-encoding unknown after http 200",
    ),
    "redirect": (
        says(reply(b"", "location: http://elsewhere.test/x", status="307 Moved")),
        CONFIG,
        False,
        "http 307 redirect to elsewhere.test",
    ),
    "no content": (says(reply(b"", status="204 No Content")), INFRA, True, "http 204 empty body"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_faults(name: str) -> None:
    behave, kind, retryable, signal = FAULTS[name]
    async with server(behave) as url:
        found = (await call(url)).outcome
    assert (found.kind, found.retryable, found.signal) == (kind, retryable, signal)


async def test_reset_mid_body() -> None:
    async with server(_reset_mid_body) as url:
        found = (await call(url)).outcome
    # Whether the three bytes are seen before the reset is the kernel's choice.
    assert found.signal.startswith(("short body", "connection reset"))
    assert (found.kind, found.retryable) == (INFRA, True)


@pytest.mark.parametrize(
    ("behave", "signal"),
    [(_hang, "deadline 0.3 s"), (_drip, "deadline 0.3 s after http 200")],
)
async def test_the_deadline_bounds_the_whole_call(behave: Behaviour, signal: str) -> None:
    begin = time.perf_counter()
    async with server(behave) as url:
        found = await call(url, deadline_s=0.3)
    assert found.outcome.signal == signal
    assert found.outcome.retryable
    assert time.perf_counter() - begin < 2.5
    assert found.duration_ms >= 290


@pytest.mark.parametrize("body", [reply(OK), b"HTTP/1.1 200 OK\r\n\r\n" + OK])
async def test_an_answer(body: bytes) -> None:
    before = time.time()
    async with server(says(body)) as url:
        found = await call(url)
    assert found.outcome.kind is OutcomeClass.ANSWERED
    assert found.outcome.text == "hi"
    assert before <= found.started_at <= time.time()
    assert found.ttfb_ms is not None
    assert 0 < found.ttfb_ms <= found.duration_ms


@pytest.mark.parametrize(
    ("name", "packed"), [("gzip", gzip.compress(OK, mtime=0)), ("deflate", zlib.compress(OK))]
)
async def test_packed_bodies_are_unpacked_within_the_cap(name: str, packed: bytes) -> None:
    async with server(says(reply(packed, f"content-encoding: {name}"))) as url:
        assert (await call(url)).outcome.text == "hi"


async def test_what_is_sent() -> None:
    heads: list[bytes] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            heads.append((await request_head(reader)).lower())
            writer.write(reply(OK, "set-cookie: tracked=1; path=/"))
            await writer.drain()

    async with server(behave) as url, Client(1) as client:
        request = HttpRequest("POST", f"{url}/x", {"content-type": "application/json"}, b"{}")
        for key in (KEY, None):
            done = await client.call(dialect("openai"), request, key, 5)
            assert done.outcome.text == "hi"
    assert f"authorization: bearer {KEY}".encode() in heads[0]
    assert b"accept-encoding: identity" in heads[0]
    # One connection, and neither the key nor a cookie stays with it.
    assert len(heads) == 2
    assert b"authorization" not in heads[1]
    assert b"cookie" not in heads[1]


@pytest.mark.parametrize(
    ("url", "signal"),
    [
        ("ftp://127.0.0.1", "bad address"),
        ("http://", "bad address"),
        ("http://127.0.0.1:99999", "bad address"),
        ("http://[::1", "bad address"),
    ],
)
async def test_bad_addresses(url: str, signal: str) -> None:
    found = (await call(url)).outcome
    assert (found.kind, found.signal, found.retryable) == (CONFIG, signal, False)


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = (await call(f"http://127.0.0.1:{taken.getsockname()[1]}")).outcome
    assert (found.kind, found.signal, found.retryable) == (INFRA, "connect refused", True)


async def test_a_key_no_header_can_carry_is_not_told() -> None:
    found = (await call("http://127.0.0.1:1", key="sentinel\nkey")).outcome
    assert found.kind is CONFIG
    assert "sentinel" not in repr(found)
    assert scope(found) is Scope.ACCOUNT


async def test_a_key_that_the_server_repeats_is_taken_out() -> None:
    body = json.dumps({"error": {"message": f"Received API Key = {KEY}"}}).encode()
    async with server(says(reply(body, f"x-request-id: {KEY}", status="401 No"))) as url:
        found = (await call(url)).outcome
    assert found.signal == f"http 401: Received API Key = {REDACTED}"
    assert found.echoed
    assert KEY not in repr(found)


SPELLINGS = {
    "as it is": KEY,
    "percent": "".join(f"%{ord(char):02X}" for char in KEY),
    "json": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "base64": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(f"??>{KEY}".encode()).decode(),
}


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
async def test_an_answer_that_spells_the_key_is_kept_without_it(spelt: str) -> None:
    text = json.dumps(f"before\n{spelt} after").replace("\\\\u", "\\u")
    said = '{"choices": [{"finish_reason": "stop", "message": {"content": %s}}], "model": %s}'
    async with server(says(reply((said % (text, text)).encode()))) as url:
        found = (await call(url)).outcome
    assert found.kind is OutcomeClass.ANSWERED
    assert found.text.startswith("before\n")
    assert found.text.endswith(f"{REDACTED} after")
    assert found.echoed
    assert spelt not in repr(found)
    assert KEY not in repr(found)


async def test_a_key_in_the_pieces_of_a_stream_is_taken_out_too() -> None:
    pieces: list[Any] = [
        {"choices": [{"delta": {"content": part}}]} for part in (KEY[:7], KEY[7:], " end")
    ]
    pieces.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
    async with server(says(reply(body.encode(), "content-type: text/event-stream"))) as url:
        found = (await call(url)).outcome
    assert (found.text, found.echoed) == (f"{REDACTED} end", True)


async def test_an_ordinary_answer_is_not_said_to_hold_a_key() -> None:
    async with server(says(reply(OK))) as url:
        assert not (await call(url)).outcome.echoed


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    asked: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request_head(reader))
        writer.write(reply(OK))
        await writer.drain()

    async with server(elsewhere) as other:
        for status in ("301 x", "302 x", "303 x", "307 x", "308 x"):
            async with server(says(reply(b"", f"location: {other}/x", status=status))) as url:
                assert (await call(url)).outcome.kind is CONFIG
    assert asked == []


async def test_cancelling_passes_through() -> None:
    async with server(_hang) as url:
        task = asyncio.create_task(call(url))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_untrusted_certificate_is_a_matter_of_configuration(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl")
    pair = ("-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c"))
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    command = (openssl, "req", *kind, *pair, "-subj", "/CN=localhost", "-days", "1")
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context) as listening:
        port = listening.sockets[0].getsockname()[1]
        found = (await call(f"https://localhost:{port}")).outcome
    assert found.kind is CONFIG
    assert found.signal.startswith("tls certificate")
    assert not found.retryable


def test_contexts_that_others_make_read_their_certificates() -> None:
    """What keeps aiohttp from reading them when it is loaded is taken back."""
    assert "set_default_verify_paths" not in vars(ssl.SSLContext)
    loaded = ssl.create_default_context().cert_store_stats()
    plain = "import ssl; print(ssl.create_default_context().cert_store_stats())"
    fresh = subprocess.run(
        [sys.executable, "-c", plain], check=True, capture_output=True, text=True
    )
    assert str(loaded) == fresh.stdout.strip()


async def test_no_more_connections_than_places() -> None:
    """Further calls wait for one that is free."""
    opened = most = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, most
        opened += 1
        most = max(most, opened)
        while True:
            await request_head(reader)
            await asyncio.sleep(0.02)
            writer.write(reply(OK))
            await writer.drain()

    async with server(serve) as url, Client(4) as client:
        request = HttpRequest("POST", f"{url}/chat/completions", {}, b"{}")
        calls = [client.call(dialect("openai"), request, KEY, 10.0) for _ in range(24)]
        done = await asyncio.gather(*calls)
    assert {c.outcome.kind for c in done} == {OutcomeClass.ANSWERED}
    assert most == 4
