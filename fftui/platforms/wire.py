"""One HTTP exchange as plain data, so that dialects need no HTTP library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request ready to be sent. It never holds a key: the client adds that at the last moment."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A complete reply. Everything in it is untrusted."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined by a comma and a space."""
    body: bytes
    """Decompressed, at most `client.BODY_CAP` bytes."""
    received_at: float
    """Epoch seconds by our own clock when the last byte came."""
