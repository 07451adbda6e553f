"""The few HTTP moves that the simulator makes beneath its dialects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"
MAX_BODY = 16 * 1024 * 1024


async def read_body(receive: Receive) -> bytes | None:
    """The request's body; None when the client left or sent more than `MAX_BODY` bytes."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return body


async def send_head(
    send: Send,
    status: int,
    length: int | None,
    kind: bytes = JSON,
    headers: Headers | None = None,
) -> None:
    """Status and headers; `length` None leaves the body's end to chunked encoding."""
    lines = [(b"content-type", kind)]
    if length is not None:
        lines.append((b"content-length", str(length).encode()))
    if headers:
        lines += headers
    await send({"type": "http.response.start", "status": status, "headers": lines})


async def send_whole(
    send: Send, status: int, body: bytes, kind: bytes = JSON, headers: Headers | None = None
) -> None:
    """A complete reply."""
    await send_head(send, status, len(body), kind, headers)
    await send({"type": "http.response.body", "body": body})


async def until_disconnect(receive: Receive) -> None:
    """Return when the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def is_gone(scope: Scope) -> bool:
    """The connection is closed already, so that nothing sent now would arrive."""
    return bool(scope["fftui.transport"].is_closing())


def hang_up(scope: Scope) -> None:
    """Close the connection once what was written is out."""
    scope["fftui.transport"].close()
