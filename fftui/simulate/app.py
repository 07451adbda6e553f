"""The ASGI application: addresses to platforms, and the ledger's own address."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from msgspec import to_builtins

from fftui.simulate import served
from fftui.simulate.anthropic_wire import AnthropicWire
from fftui.simulate.completions_wire import CompletionsWire
from fftui.simulate.host import Host
from fftui.simulate.ledger import Ledger
from fftui.simulate.ollama_wire import OllamaWire, show_name
from fftui.simulate.openai_wire import OpenAIWire
from fftui.simulate.transport import read_body, send_whole
from fftui.simulate.wire import BadRequestError, Wire, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from fftui.simulate.profile import Profile
    from fftui.simulate.transport import Message, Receive, Scope, Send

_CREATED = 1767225600


class App:
    """All platforms of a profile.

    It needs the connection's transport as `scope["fftui.transport"]`, which `server` puts there:
    some faults lie beneath what ASGI can say.
    """

    def __init__(self, profile: Profile, clock: Callable[[], float] = time.time) -> None:
        self.ledger = Ledger()
        self._profile = profile
        self._hosts = {
            platform.name: Host(profile, platform, self.ledger, clock)
            for platform in profile.platforms
        }
        self._openai = OpenAIWire()
        self._completions = CompletionsWire()
        self._ollama = OllamaWire()
        self._anthropic = AnthropicWire()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            # The server is ending; uvicorn would log a traceback for each call in flight.
            scope["fftui.transport"].abort()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        place, _, rest = scope["path"][1:].partition("/")
        host = self._hosts.get(place)
        if host is None:
            await self._front(scope, send)
            return
        platform = host.platform
        if platform.clock_skew_s is not None:
            send = _dated(send, self._clock() + platform.clock_skew_s)
        ollama = platform.dialect == "ollama"
        anthropic = platform.dialect == "anthropic" or platform.server == "llama.cpp"
        wire: Wire = self._openai
        match scope["method"], rest:
            case "POST", "v1/chat/completions":
                await host.chat(wire, scope, receive, send)
            case "POST", "v1/completions":
                await host.chat(self._completions, scope, receive, send)
            case "POST", "v1/messages" if anthropic:
                await host.chat(self._anthropic, scope, receive, send)
            case "POST", "api/chat" if ollama:
                await host.chat(self._ollama, scope, receive, send)
            case "POST", "api/show" if ollama:
                await self._show(host, receive, send)
            case "GET", path if (body := self._told(host, path)) is not None:
                await send_whole(send, 200, body)
            case _:
                if platform.dialect == "anthropic":
                    wire = self._anthropic
                elif ollama and rest.startswith("api/"):
                    wire = self._ollama
                await send_whole(send, 404, wire.error(404, "no such address on this platform"))

    def _told(self, host: Host, path: str) -> bytes | None:
        """What the platform tells of itself at `path`."""
        platform = host.platform
        about = path.removeprefix("v1/models/").removesuffix("/endpoints")
        match path:
            case "v1/models":
                return served.listed(platform, host.served.values(), _CREATED)
            case "v1/key" if platform.upstream:
                return served.key(host.limiter)
            case "props" if platform.server == "llama.cpp":
                return served.props(host.served.values())
            case "version" if platform.server == "vllm":
                return served.version()
            case "api/version" if platform.dialect == "ollama":
                return self._ollama.version()
            case "api/tags" if platform.dialect == "ollama":
                return self._ollama.tags(host.served.values())
            case _ if platform.upstream and path == f"v1/models/{about}/endpoints":
                model = host.served.get(unquote(about))
                return served.endpoints(platform, model) if model else None
        return None

    async def _show(self, host: Host, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        try:
            name = show_name(body)
        except BadRequestError as error:
            await send_whole(send, 400, self._ollama.error(400, str(error)))
            return
        model = host.served.get(name)
        if model is None:
            message = self._ollama.unknown_model(name)
            await send_whole(send, 404, self._ollama.error(404, message))
            return
        await send_whole(send, 200, self._ollama.show(model))

    async def _front(self, scope: Scope, send: Send) -> None:
        match scope["path"]:
            case "/":
                names = [
                    {"name": host.platform.name, "dialect": host.platform.dialect}
                    for host in self._hosts.values()
                ]
                body = {"simulated": True, "seed": self._profile.seed, "platforms": names}
            case "/ledger":
                body = {"seed": self._profile.seed, **self.ledger.snapshot()}
            case "/ledger/attempts":
                query = parse_qs(scope["query_string"].decode("ascii", "replace"))
                model, platform = (query.get(key, [None])[0] for key in ("model", "platform"))
                attempts = to_builtins(self.ledger.attempts(model, platform))
                body = {"simulated": True, "attempts": attempts}
            case _:
                allowed = ", ".join(f"/{name}/" for name in self._hosts)
                message = f"no such address; platforms here: {allowed}; and /ledger"
                await send_whole(send, 404, self._openai.error(404, message))
                return
        await send_whole(send, 200, encode(body).encode())


def _dated(send: Send, now: float) -> Send:
    """`send` with a `Date` header on each reply."""
    date = (b"date", formatdate(now, usegmt=True).encode())

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], date]
        await send(message)

    return dated
