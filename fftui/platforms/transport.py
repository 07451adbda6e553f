"""httpx's interface over aiohttp's connections.

httpx's own pool looks through all its connections for each call, which costs more than all the rest
of a call. This transport does what the client needs and no more: no cookies, no redirects, nothing
unpacked, one reply at a time.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpx
from yarl import URL

from fftui.platforms.lean import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from ssl import SSLContext

KEPT: ContextVar[bool] = ContextVar("KEPT", default=False)
"""Whether the task's last request went out over a connection kept from an earlier one."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends requests over one pool, through `proxy` where one is given.

    `connections` may be open at once and stay for `kept_s` seconds; further requests wait. A
    connection must stand within `connect_s` seconds, everything else is for the caller to bound.
    `headers` go with every request. Raises aiohttp's own exceptions.
    """

    def __init__(
        self,
        *,
        connections: int,
        kept_s: float,
        connect_s: float,
        headers: Mapping[str, str],
        tls: Callable[[], SSLContext],
        proxy: httpx.Proxy | None = None,
    ) -> None:
        self._pool = (connections, kept_s)
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
        self._headers = headers
        self._proxy = None if proxy is None else _proxy_url(proxy)
        self._safely = proxy is not None and proxy.url.scheme == "https"
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the reply's body is read from its stream, which must be closed."""
        session = self._session or self._open()
        KEPT.set(True)
        came = await session.request(
            request.method,
            str(request.url),
            # Already bytes: httpx would copy, encode and lower them for each way to look at them.
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in request.headers.raw},
            data=request.read() or None,
            allow_redirects=False,
            proxy=self._proxy,
            # The certificates are read when something is asked that has to prove who it is.
            ssl=self._tls() if self._safely or request.url.scheme == "https" else True,
        )
        return httpx.Response(came.status, headers=came.raw_headers, stream=_Body(came))

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        # Not before there is a loop to belong to.
        connections, kept_s = self._pool
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=connections, keepalive_timeout=kept_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=self._timeout,
            auto_decompress=False,
        )
        return self._session


class _Connector(aiohttp.TCPConnector):
    """aiohttp's pool; it notes where a connection is made because none was kept.

    aiohttp's own tracing tells the same, for a sixth of what the whole call costs.
    """

    async def _create_connection(self, *args: Any, **options: Any) -> Any:
        KEPT.set(False)
        return await super()._create_connection(*args, **options)


class _Body(httpx.AsyncByteStream):
    """The body of a reply as it comes."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._reply.content.readany():
            yield chunk

    async def aclose(self) -> None:
        await self._reply.__aexit__(None, None, None)


def _proxy_url(proxy: httpx.Proxy) -> URL:
    """The proxy's address with its name and password, which httpx keeps apart."""
    url = URL(str(proxy.url))
    return url if proxy.auth is None else url.with_user(proxy.auth[0]).with_password(proxy.auth[1])
