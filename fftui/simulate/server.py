"""The server under the simulated platforms: uvicorn on loopback, in whatever loop is running."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TYPE_CHECKING

import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fftui.simulate.app import App

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from fftui.simulate.ledger import Ledger
    from fftui.simulate.profile import Profile

HOST = "127.0.0.1"


class Simulator(Struct, frozen=True):
    """A running server."""

    url: str
    """`http://127.0.0.1:PORT`; a platform's own addresses begin at `{url}/{platform}`."""
    ledger: Ledger
    profile: Profile

    def base_url(self, platform: str) -> str:
        """Where a client of that platform begins: `…/v1` for openai, the plain root for ollama."""
        dialects = {one.name: one.dialect for one in self.profile.platforms}
        root = f"{self.url}/{platform}"
        return root if dialects[platform] == "ollama" else f"{root}/v1"


class _Protocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["fftui.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, its ten ticks a second and its patience at the end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()
        self.ready = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the stop; the one tick sets the headers that all replies carry."""
        await self.on_tick(0)
        self.ready.set()
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once: whoever waits for a reply was told to by a process that is ending."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program around the server."""
        yield


def listen(port: int) -> socket.socket:
    """A bound socket on loopback; port 0 takes any free one.

    Raises OSError when the port is taken.
    """
    # asyncio turns Nagle's 40 ms off only where the protocol is named.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise
    return sock


@contextlib.asynccontextmanager
async def running(
    profile: Profile, port: int = 0, clock: Callable[[], float] = time.time
) -> AsyncIterator[Simulator]:
    """A simulator in the running loop, until the block ends.

    `clock` gives epoch seconds to the rate limits alone. Raises OSError when the port is taken.
    """
    app = App(profile, clock)
    sock = listen(port)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        backlog=4096,
        timeout_keep_alive=75,
        headers=[("x-simulated", "fftui")],
    )
    server = _Server(config)
    url = f"http://{HOST}:{sock.getsockname()[1]}"
    work = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        waiting = asyncio.create_task(server.ready.wait())
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if work.done():
            await work
        yield Simulator(url, app.ledger, profile)
    finally:
        server.stop.set()
        await work
        sock.close()


async def serve(
    profile: Profile,
    port: int,
    ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until `stop` is set, or until cancelled; `ready` gets the URL once calls are taken.

    Raises OSError when the port is taken.
    """
    async with running(profile, port) as simulator:
        ready(simulator.url)
        await (stop or asyncio.Event()).wait()
