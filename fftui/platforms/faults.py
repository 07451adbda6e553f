"""From what went wrong on the way to an `Outcome`.

httpx-aiohttp renames aiohttp's exceptions, and not always well (a server that hangs up becomes a
`ConnectTimeout`), and lets some through; so the chain of causes is searched for the truth. No text
of an exception enters a signal: it may hold the address of a proxy with its password.
"""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import httpx

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.platforms.rulings import CONFIG, INFRA


class TooLargeError(Exception):
    """A body, as sent or as unpacked, is over the cap."""


class EncodingError(Exception):
    """A body is packed in a way that was not asked for and cannot be unpacked. Takes the name."""


_ERRNO = {
    errno.ECONNREFUSED: "connect refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.ETIMEDOUT: "connect timeout",
    errno.EMFILE: "out of file descriptors",
}
_BY_TYPE: tuple[tuple[type[BaseException], OutcomeClass, str, bool], ...] = (
    (TooLargeError, INFRA, "body too large", False),
    (aiohttp.ClientProxyConnectionError, INFRA, "proxy refused", True),
    (aiohttp.ClientHttpProxyError, CONFIG, "proxy says no", False),
    (httpx.ProxyError, INFRA, "proxy failed", True),
    (aiohttp.ClientConnectorDNSError, INFRA, "dns", True),
    (socket.gaierror, INFRA, "dns", True),
    (aiohttp.ConnectionTimeoutError, INFRA, "connect timeout", True),
    (aiohttp.ServerTimeoutError, INFRA, "read timeout", True),
    (aiohttp.ServerDisconnectedError, INFRA, "disconnected", True),
    (ConnectionRefusedError, INFRA, "connect refused", True),
    (ConnectionResetError, INFRA, "connection reset", True),
    (aiohttp.ClientPayloadError, INFRA, "short body", True),
    (aiohttp.ClientResponseError, INFRA, "not http", True),
    (aiohttp.NonHttpUrlClientError, CONFIG, "bad address", False),
    (aiohttp.InvalidURL, CONFIG, "bad address", False),
    (httpx.InvalidURL, CONFIG, "bad address", False),
    (httpx.UnsupportedProtocol, CONFIG, "bad address", False),
    (httpx.ConnectTimeout, INFRA, "connect timeout", True),
    (httpx.PoolTimeout, INFRA, "pool timeout", True),
    (httpx.TimeoutException, INFRA, "timeout", True),
    (httpx.ConnectError, INFRA, "connect failed", True),
    (httpx.RemoteProtocolError, INFRA, "not http", True),
    (httpx.TransportError, INFRA, "connection failed", True),
    (aiohttp.ClientError, INFRA, "connection failed", True),
)


def fault_outcome(error: BaseException, place: str = "") -> Outcome:
    """The outcome of a call that ended in `error`.

    `place` says how far it came, e.g. `after http 200`, and closes the signal. Unknown exceptions
    end as `infra` that is not sent again, under their class's name.
    """
    kind, what, retryable = _read(_chain(error))
    return Outcome(kind=kind, signal=f"{what} {place}".strip(), retryable=retryable, status=None)


def _chain(error: BaseException) -> list[BaseException]:
    """`error` and its causes, the innermost first."""
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in found and len(found) < 10:
        found.append(step)
        if isinstance(step, aiohttp.ClientConnectorError) and step.os_error is not step:
            step = step.os_error
        else:
            step = step.__cause__ or step.__context__
    return found[::-1]


def _read(chain: list[BaseException]) -> tuple[OutcomeClass, str, bool]:
    for step in chain:
        if isinstance(step, EncodingError):
            return INFRA, f"content-encoding {step}", True
        if isinstance(step, ssl.SSLCertVerificationError):
            # Asking again mends no certificate; the person may have to set SSL_CERT_FILE.
            return CONFIG, f"tls certificate: {step.verify_message or 'not trusted'}", False
    for step in chain:
        if isinstance(step, ssl.SSLError):
            return CONFIG, f"tls: {step.reason or 'handshake failed'}", False
    for step in chain:
        for known, kind, what, retryable in _BY_TYPE:
            if isinstance(step, known):
                number = step.errno if isinstance(step, OSError) else None
                return kind, _ERRNO.get(number or 0, what), retryable
        if isinstance(step, OSError):
            return INFRA, _ERRNO.get(step.errno or 0, "connection failed"), True
    return INFRA, f"failed: {type(chain[-1]).__name__}", False
