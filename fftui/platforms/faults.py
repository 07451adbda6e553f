"""From what went wrong on the way to an `Outcome`.

aiohttp wraps what the system and the TLS library say, so the chain of causes is searched for the
truth. No text of an exception enters a signal: it may hold the address of a proxy with its
password.
"""

from __future__ import annotations

import errno
import socket
import ssl

import httpx

from fftui.domain.outcomes import MANY, Outcome, OutcomeClass
from fftui.platforms.lean import aiohttp
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
# Read from above: what, and how often the call may be sent again. A reply that may have been paid
# for (read timeout) is asked for less often than one that never began.
_BY_TYPE: tuple[tuple[type[BaseException], OutcomeClass, str, int], ...] = (
    (TooLargeError, INFRA, "body too large", 0),
    (aiohttp.ClientProxyConnectionError, INFRA, "proxy refused", MANY),
    (aiohttp.ClientHttpProxyError, CONFIG, "proxy says no", 0),
    (aiohttp.ClientConnectorDNSError, INFRA, "dns", MANY),
    (socket.gaierror, INFRA, "dns", MANY),
    (aiohttp.ConnectionTimeoutError, INFRA, "connect timeout", MANY),
    (aiohttp.ServerTimeoutError, INFRA, "read timeout", 2),
    (aiohttp.ServerDisconnectedError, INFRA, "disconnected", MANY),
    (ConnectionRefusedError, INFRA, "connect refused", MANY),
    (ConnectionResetError, INFRA, "connection reset", MANY),
    (aiohttp.ClientPayloadError, INFRA, "short body", MANY),
    (aiohttp.ClientResponseError, INFRA, "not http", 1),
    (aiohttp.NonHttpUrlClientError, CONFIG, "bad address", 0),
    (aiohttp.InvalidURL, CONFIG, "bad address", 0),
    (httpx.InvalidURL, CONFIG, "bad address", 0),
    (aiohttp.ClientError, INFRA, "connection failed", MANY),
)


def fault_outcome(error: BaseException, place: str = "", *, kept: bool = False) -> Outcome:
    """The outcome of a call that ended in `error`.

    `place` says how far it came, e.g. `after http 200`, and closes the signal. `kept`: the call
    went out over a connection kept from an earlier one, which the server may have closed meanwhile;
    where it came no further, the same call may be sent again at once. Unknown exceptions
    end as `infra` that is not sent again, under their class's name.
    """
    chain = _chain(error)
    kind, what, retries = _read(chain)
    hung_up = any(isinstance(e, aiohttp.ServerDisconnectedError | ConnectionError) for e in chain)
    return Outcome(
        kind=kind,
        signal=f"{what} {place}".strip(),
        retries=retries,
        at_once=kept and not place and retries > 0 and hung_up,
    )


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


def _read(chain: list[BaseException]) -> tuple[OutcomeClass, str, int]:
    for step in chain:
        if isinstance(step, EncodingError):
            return INFRA, f"content-encoding {step}", 1
        if isinstance(step, ssl.SSLCertVerificationError):
            # Asking again mends no certificate; the person may have to set SSL_CERT_FILE.
            return CONFIG, f"tls certificate: {step.verify_message or 'not trusted'}", 0
    for step in chain:
        if isinstance(step, ssl.SSLError):
            return CONFIG, f"tls: {step.reason or 'handshake failed'}", 0
    for step in chain:
        for known, kind, what, retries in _BY_TYPE:
            if isinstance(step, known):
                number = step.errno if isinstance(step, OSError) else None
                return kind, _ERRNO.get(number or 0, what), retries
        if isinstance(step, OSError):
            return INFRA, _ERRNO.get(step.errno or 0, "connection failed"), MANY
    return INFRA, f"failed: {type(chain[-1]).__name__}", 0
