"""The one HTTP client. Only here does a key meet a request."""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import httpx
from msgspec import Struct
from msgspec.structs import astuple, replace

from fftui.credentials import REDACTED, redact, remember
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass
from fftui.platforms.faults import EncodingError, TooLargeError, fault_outcome
from fftui.platforms.transport import KEPT, AiohttpTransport
from fftui.platforms.wire import Auth, HttpReply, HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext
    from types import TracebackType

    from fftui.platforms.dialect import Dialect

BODY_CAP = 4 * 1024 * 1024
"""Bytes of one body, packed or unpacked; the longest answers known are a tenth of it."""
CONNECT_TIMEOUT = 15.0
"""Seconds for connecting, within the call's deadline."""

_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "keep-alive",
    "user-agent": "fftui",
}
_KEY = re.compile(r"[\x21-\x7e]{1,4096}")
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 47}


class Call(Struct, frozen=True):
    """One HTTP call as it went."""

    outcome: Outcome
    started_at: float
    """Epoch seconds."""
    duration_ms: float
    """From the start to the last byte, by the monotonic clock."""
    ttfb_ms: float | None
    """Until the headers came, or for a stream the body's first byte; `None` where none came."""


class Client:
    """Sends requests; an asynchronous context manager, made once per process.

    No redirects are followed, no cookies kept, nothing unpacked without a cap. Proxies and
    certificates come from the environment, as httpx reads them. `connections` is how many calls
    may be on their way at once: further ones wait, and that wait counts against their deadline.
    """

    def __init__(self, connections: int = 64) -> None:
        self._http = _Httpx(limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0))

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def call(
        self, dialect: Dialect, request: HttpRequest, key: str | None, deadline_s: float
    ) -> Call:
        """Send `request` and turn whatever comes back into one outcome.

        `deadline_s` bounds the whole call, first connection to last byte. Raises nothing but
        `CancelledError`.
        """
        started_at, begin = time.time(), time.perf_counter()
        progress = _Progress()
        came = await self._fetch(request, key, deadline_s, progress)
        if isinstance(came, HttpReply):
            try:
                came = dialect.outcome(came)
            except Exception as error:  # noqa: BLE001, RUF100 - a reply must never stop a run
                came = fault_outcome(error, progress.place)
        first = progress.first_byte
        return Call(
            outcome=_outcome_without_keys(came),
            started_at=started_at,
            duration_ms=(time.perf_counter() - begin) * 1000,
            ttfb_ms=None if first is None else (first - begin) * 1000,
        )

    async def fetch(
        self, request: HttpRequest, key: str | None, deadline_s: float
    ) -> HttpReply | str:
        """Send `request` and hand back the reply as it came, or in one line why none did.

        Raises nothing but `CancelledError`.
        """
        came = await self._fetch(request, key, deadline_s, _Progress())
        return came if isinstance(came, HttpReply) else came.signal

    async def get(
        self, url: str, key: str | None, auth: Auth, deadline_s: float
    ) -> HttpReply | str:
        """GET `url`; see `fetch`."""
        headers = {"accept": "application/json"}
        return await self.fetch(HttpRequest("GET", url, headers, b"", auth), key, deadline_s)

    async def _fetch(
        self, request: HttpRequest, key: str | None, deadline_s: float, progress: _Progress
    ) -> HttpReply | Outcome:
        try:
            async with asyncio.timeout(deadline_s) as deadline:
                return await self._exchange(request, key, progress)
        except _BadKeyError:
            return Outcome(OutcomeClass.CONFIG, "key holds characters no header may")
        except Exception as error:  # noqa: BLE001, RUF100 - libraries leak exceptions of any class
            if isinstance(error, TimeoutError) and deadline.expired():
                signal = f"deadline {deadline_s:g} s {progress.place}".strip()
                return Outcome(OutcomeClass.INFRA, signal, retries=1)
            return fault_outcome(error, progress.place, kept=progress.kept)

    async def _exchange(
        self, request: HttpRequest, key: str | None, progress: _Progress
    ) -> HttpReply:
        headers = dict(request.headers)
        if key is not None:
            if not _KEY.fullmatch(key):
                raise _BadKeyError
            remember(key)
            name = "authorization" if request.auth == "bearer" else request.auth
            headers[name] = f"Bearer {key}" if request.auth == "bearer" else key
        if request.stream:
            # Some servers (llama.cpp) hang up after a stream without saying so beforehand.
            headers["connection"] = "close"
        sent = _sent(request, headers)
        try:
            response = await self._http.transport(sent.url).handle_async_request(sent)
        finally:
            progress.kept = KEPT.get()
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker
        try:
            progress.place = f"after http {response.status_code}"
            if not request.stream:
                progress.first_byte = time.perf_counter()
            found = _joined(response.headers)
            packed = await _read(response.stream, found.get("content-length", ""), progress)
            body = _unpacked(packed, found.get("content-encoding", ""))
            return _without_keys(HttpReply(response.status_code, found, body, time.time()))
        finally:
            # What httpx's own `aclose` does beside it costs more than it.
            await response.stream.aclose()


def _sent(request: HttpRequest, headers: dict[str, str]) -> httpx.Request:
    """The request as httpx's transports take it.

    It goes to the transport itself: what httpx's client does on the way there (redirects, cookies,
    authentication, hooks) is what this client must not do, and costs more than the call's sending.
    """
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    # As a stream, since httpx would look through the headers for what the transport adds anyhow.
    body = httpx.ByteStream(request.body)
    return httpx.Request(request.method, _address(request.url), headers=raw, stream=body)


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    return httpx.URL(url)


class _BadKeyError(Exception):
    """The key cannot stand in a header."""


@dataclass(slots=True)
class _Progress:
    """How far a call came, for the signal of its failure."""

    first_byte: float | None = None
    place: str = ""
    kept: bool = False
    """The call went out over a connection kept from an earlier one."""


class _Httpx(httpx.AsyncClient):
    """httpx's client over aiohttp's connections, with the proxies of the environment."""

    def transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """The way to `url`: straight, or over the proxy that the environment names for it."""
        return self._transport_for_url(url)

    def _init_transport(  # type: ignore[override]
        self, *, limits: httpx.Limits, proxy: httpx.Proxy | None = None, **_: Any
    ) -> httpx.AsyncBaseTransport:
        return AiohttpTransport(
            connections=limits.max_connections or 0,
            kept_s=limits.keepalive_expiry or 0.0,
            connect_s=CONNECT_TIMEOUT,
            headers=_HEADERS,
            tls=_tls,
            proxy=proxy,
        )

    def _init_proxy_transport(  # type: ignore[override]
        self, proxy: httpx.Proxy, **options: Any
    ) -> httpx.AsyncBaseTransport:
        return self._init_transport(proxy=proxy, **options)


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    # Loading the certificates takes as long as a hundred calls: once, for all ways there are.
    return httpx.create_ssl_context()


def _joined(headers: httpx.Headers) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _without_keys(reply: HttpReply) -> HttpReply:
    """The reply without keys: some gateways repeat them in their error messages."""
    # Keys are ASCII, and Latin-1 gives each byte back as it was.
    body = reply.body.decode("latin-1")
    if not _tells(*reply.headers.values(), body):
        return reply
    headers = {name: redact(value) for name, value in reply.headers.items()}
    return HttpReply(reply.status, headers, redact(body).encode("latin-1"), reply.received_at)


def _outcome_without_keys(outcome: Outcome) -> Outcome:
    """The outcome without keys, those spread over the pieces of a stream too."""
    who, o = outcome.identity, outcome
    said = (o.signal, o.text, o.reasoning, o.finish, o.request_id, *astuple(who))
    if not _tells(*said) and not any(REDACTED in text for text in said):
        return outcome
    return replace(
        outcome,
        signal=redact(outcome.signal),
        text=redact(outcome.text),
        reasoning=redact(outcome.reasoning),
        finish=redact(outcome.finish),
        request_id=redact(outcome.request_id),
        identity=Identity(*map(redact, astuple(who))),
        echoed=True,
    )


def _tells(*texts: str) -> bool:
    """Whether one of the texts holds a key; asked once of all, as nearly none does."""
    joined = "\0".join(texts)
    return redact(joined) != joined


async def _read(body: httpx.AsyncByteStream, stated: str, progress: _Progress) -> bytes:
    """The body as it was sent. Raises TooLargeError beyond the cap, stated or reached."""
    if stated.isascii() and stated.isdigit() and len(stated) < 20 and int(stated) > BODY_CAP:
        raise TooLargeError
    chunks, size = [], 0
    async for chunk in body:
        if progress.first_byte is None:
            progress.first_byte = time.perf_counter()
        size += len(chunk)
        if size > BODY_CAP:
            raise TooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Unpack a body that came packed although `identity` was asked for.

    Raises TooLargeError beyond the cap, EncodingError for a packing unknown or damaged.
    """
    name = encoding.strip().lower()
    if name in ("", "identity") or not body:
        return body
    bits = _WINDOW_BITS.get(name)
    if bits is None:
        raise EncodingError("unknown")
    engine = zlib.decompressobj(bits)
    try:
        plain = engine.decompress(body, BODY_CAP + 1)
    except zlib.error:
        raise EncodingError(f"{name} damaged") from None
    if len(plain) > BODY_CAP:
        raise TooLargeError
    if not engine.eof:
        raise EncodingError(f"{name} cut short")
    return plain
