"""One HTTP exchange as plain data, so that dialects need no HTTP library."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

Auth = Literal["bearer", "x-api-key", "api-key"]
"""How a key is attached: `Authorization: Bearer KEY`, or the header of that name."""


class Shape(Struct, frozen=True):
    """The form that a reply is asked to have, beside what the prompt says of it."""

    schema: Mapping[str, Any]
    """JSON Schema of the one object that is wanted."""
    loose: bool = False
    """Ask for any JSON object: of servers that take no schema."""


class HttpRequest(Struct, frozen=True):
    """A request ready to be sent. It never holds a key: the client adds that at the last moment."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    auth: Auth = "bearer"
    stream: bool = False
    """A streamed reply was asked for: its time to first byte is that of the body."""


class HttpReply(Struct, frozen=True):
    """A complete reply. Everything in it is untrusted."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined by a comma and a space."""
    body: bytes
    """Decompressed, at most `client.BODY_CAP` bytes."""
    received_at: float
    """Epoch seconds by our own clock when the last byte came."""


@lru_cache(maxsize=256)
def address(base_url: str, path: str) -> str:
    """`path` below `base_url`, whose own query (Azure's `api-version`) stays at the end.

    Raises ValueError without a base URL.
    """
    if not base_url:
        raise ValueError("the endpoint has no base URL")
    scheme, host, root, query, _ = urlsplit(base_url)
    return urlunsplit((scheme, host, root.rstrip("/") + path, query, ""))


@lru_cache(maxsize=256)
def host_of(url: str) -> str:
    """The host that `url` names, in lower case; empty where it names none or is no URL."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
