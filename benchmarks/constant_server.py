"""A server on loopback that gives every call the same answer, and costs next to nothing itself.

    python -m benchmarks.constant_server [TEXT_BYTES]

Prints its port as a line, and serves until its stdin ends. `GET /count` tells how many calls came,
when the first one did and when the first request of any kind (epoch seconds).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast
from urllib.request import urlopen

import uvloop

REFUSAL = "I'm sorry, but I can't help with that request."
_SENTENCE = "Here is the next part of this placeholder, which says nothing in plain words. "


def reply_text(size: int) -> str:
    """The answer: a refusal of one sentence, or so many bytes of harmless prose."""
    return (_SENTENCE * (size // len(_SENTENCE) + 1))[:size] if size else REFUSAL


def _reply(text: str) -> bytes:
    body = json.dumps(
        {
            "id": "chatcmpl-constant", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 12, "total_tokens": 24},
        }
    ).encode()  # fmt: skip
    return _http(body)


def _http(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        % len(body)
    ) + body


class _Constant(asyncio.Protocol):
    """HTTP/1.1 as far as well-behaved clients speak it."""

    calls = 0
    first = 0.0
    any = 0.0
    reply = b""

    def __init__(self) -> None:
        self._came = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._came[:end]).lower()
            _, _, length = head.partition(b"content-length:")
            whole = end + 4 + (int(length.split(b"\r\n", 1)[0]) if length else 0)
            if len(self._came) < whole:
                return
            del self._came[:whole]
            self._out.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        kind = type(self)
        if head.startswith(b"get /count"):
            told = {"calls": kind.calls, "first": kind.first, "any": kind.any}
            return _http(json.dumps(told).encode())
        kind.any = kind.any or time.time()
        if head.startswith(b"get "):
            return _http(b'{"object":"list","data":[{"id":"m","object":"model"}]}')
        kind.first = kind.first or time.time()
        kind.calls += 1
        return kind.reply


async def _serve(size: int) -> None:
    _Constant.reply = _reply(reply_text(size))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Constant, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


class Count(NamedTuple):
    """What came to a server; moments in epoch seconds, 0 where nothing came."""

    calls: int
    first_call: float
    first_request: float


@dataclass(frozen=True, slots=True)
class Constant:
    """A server in a process of its own."""

    port: int

    @property
    def url(self) -> str:
        """What an OpenAI client is given as its base."""
        return f"http://127.0.0.1:{self.port}/v1"

    def count(self) -> Count:
        """What came so far."""
        with urlopen(f"http://127.0.0.1:{self.port}/count", timeout=10) as reply:
            found = json.load(reply)
        return Count(found["calls"], found["first"], found["any"])


@contextlib.contextmanager
def constant_server(size: int = 0) -> Iterator[Constant]:
    """A server that answers with `reply_text(size)`, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.constant_server", str(size)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        try:
            yield Constant(int(child.stdout.readline()))
        finally:
            child.kill()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
