"""Faults on the wire, struck by call count: the same answer is there for whoever asks again."""

from __future__ import annotations

import asyncio
import functools
import gzip
import re
import socket
import struct
from typing import TYPE_CHECKING

from fftui.simulate.draw import draws
from fftui.simulate.transport import hang_up, send_head, until_disconnect

if TYPE_CHECKING:
    from fftui.simulate.profile import Fault, Platform
    from fftui.simulate.transport import Headers, Receive, Scope, Send
    from fftui.simulate.wire import Wire

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><h1>Checking your connection</h1></body></html>"
)
_GZIP = [(b"content-encoding", b"gzip")]
_WORDS = re.compile(rb'"(?:content|text)":"')
_NO_LINGER = struct.pack("ii", 1, 0)
SWIFT = frozenset(
    {
        "http_500",
        "http_503",
        "html_200",
        "error_200",
        "reset",
        "hang",
        "bad_gzip",
        "gzip_bomb",
        "huge_header",
        "not_http",
        "reply",
    }
)
"""Faults that strike before the model has taken its time."""


def strike(platform: Platform, seed: int, model: str, call: int, model_call: int) -> Fault | None:
    """The fault that hits a call, if any: the first of the platform's list whose chance comes up.

    `call` counts the platform's chat calls from 1, `model_call` those of this model.
    """
    for place, fault in enumerate(platform.faults):
        if fault.model and fault.model != model:
            continue
        number = model_call if fault.model else call
        if number < fault.from_call or (fault.to_call is not None and number > fault.to_call):
            continue
        if fault.probability >= 1:
            return fault
        chance = draws(b"fftui.fault", seed, platform.name, fault.model, place, number)[0]
        if chance < fault.probability:
            return fault
    return None


async def play(
    fault: Fault, wire: Wire, good: bytes, scope: Scope, receive: Receive, send: Send
) -> bool:
    """Send what the fault makes of a reply whose good body is `good`.

    True when the good body was sent in full all the same, which only a slow_drip does.
    """
    match fault.kind:
        case "http_500":
            await _whole(send, 500, wire.error(500, "Internal server error"))
        case "http_503":
            await _whole(send, 503, wire.error(503, "The server is overloaded, try again later"))
        case "html_200":
            await _whole(send, 200, _PAGE, b"text/html; charset=utf-8")
        case "error_200":
            await _whole(send, 200, wire.error(502, "Provider returned error"))
        case "bad_json":
            await _whole(send, 200, good[:-2] + b",,")
        case "bad_utf8":
            await _whole(send, 200, _WORDS.sub(b"\\g<0>\xff\xfe\xc3\x28", good, count=1))
        case "reply":
            await _stated(fault, wire, send)
        case "bad_gzip":
            await _whole(send, 200, b"\x1f\x8b" + good, headers=_GZIP)
        case "gzip_bomb":
            await _whole(send, 200, _bomb(), headers=_GZIP)
        case "huge_header":
            await _whole(send, 200, good, headers=[(b"x-padding", b"x" * 300_000)])
        case "not_http":
            scope["fftui.transport"].write(b"SSH-2.0-OpenSSH_9.6\r\n")
            hang_up(scope)
            await until_disconnect(receive)
        case "reset":
            _reset(scope)
            await until_disconnect(receive)
        case "truncated":
            await send_head(send, 200, len(good))
            half = good[: len(good) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            hang_up(scope)
            await until_disconnect(receive)
        case "hang":
            await _wait(receive, fault.seconds)
            hang_up(scope)
            await until_disconnect(receive)
        case "slow_drip":
            return await _drip(fault, good, receive, send)
        case "empty":
            raise ValueError("an empty reply is written by the dialect, not here")
    return False


async def _whole(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes = b"application/json",
    headers: Headers | None = None,
) -> None:
    await send_head(send, status, len(body), kind, headers)
    await send({"type": "http.response.body", "body": body})


async def _stated(fault: Fault, wire: Wire, send: Send) -> None:
    headers = {name.lower(): value for name, value in fault.headers.items()}
    kind = headers.pop("content-type", "application/json").encode("latin-1")
    if fault.body is None:
        body = wire.error(fault.status, f"scripted {fault.status}")
    else:
        body = fault.body.encode()
    lines = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()]
    await _whole(send, fault.status, body, kind, lines)


@functools.cache
def _bomb() -> bytes:
    """64 MB of white space, packed."""
    return gzip.compress(b" " * (64 << 20), 9, mtime=0)


async def _drip(fault: Fault, good: bytes, receive: Receive, send: Send) -> bool:
    await send_head(send, 200, len(good))
    count = 16
    size = max(1, -(-len(good) // count))
    for start in range(0, len(good), size):
        if await _wait(receive, fault.seconds / count):
            return False
        part = good[start : start + size]
        more = start + size < len(good)
        await send({"type": "http.response.body", "body": part, "more_body": more})
    return True


async def _wait(receive: Receive, seconds: float) -> bool:
    """Wait, and say whether the client hung up meanwhile."""
    try:
        await asyncio.wait_for(until_disconnect(receive), seconds)
    except TimeoutError:
        return False
    return True


def _reset(scope: Scope) -> None:
    transport = scope["fftui.transport"]
    # Without lingering, closing sends RST in place of FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
