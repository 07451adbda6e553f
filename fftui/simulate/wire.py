"""What the dialects have in common: the request read, the reply to be written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from fftui.simulate.conversations import Conversation, read_conversation

if TYPE_CHECKING:
    from collections.abc import Iterable

encode = json.JSONEncoder(separators=(",", ":")).encode


class BadRequestError(ValueError):
    """A request that the platform refuses with 400. `str()` is the message sent back."""


class ChatRequest(Struct, frozen=True):
    """One chat request, whatever its dialect."""

    model: str
    conversation: Conversation
    seed: int | None
    max_tokens: int | None
    """None: no limit."""
    stream: bool
    usage_in_stream: bool = False
    thinking: bool = True
    upstreams: tuple[str, ...] = ()
    """Hosts that the caller pinned."""
    shape: str = ""
    """Form that the reply is to have: `schema`, `object`, or empty."""
    raw: bool = False
    """A completion of a prompt, not a chat."""


class Reply(Struct, frozen=True):
    """One good reply, whatever its dialect."""

    id: str
    model: str
    created: int
    """Epoch seconds."""
    text: str
    reasoning: str
    finish: str
    """`stop`, `length` or `content_filter`."""
    tokens_in: int
    tokens_out: int
    seconds: float
    """Simulated time from request to reply."""
    upstream: str
    fingerprint: str
    certainty: float = 0.0
    """Probability of the first token, of a judge's word."""


class Wire(Protocol):
    """A dialect."""

    stream_type: bytes
    """Content type of a streamed reply."""

    def parse(self, body: bytes) -> ChatRequest:
        """Read a request. Raises BadRequestError."""
        ...

    def success(self, reply: Reply) -> bytes:
        """The body of a reply in one piece."""
        ...

    def stream(self, reply: Reply, request: ChatRequest) -> Iterable[bytes]:
        """The pieces of a streamed reply."""
        ...

    def error(self, status: int, message: str, metadata: dict[str, Any] | None = None) -> bytes:
        """The body of an error."""
        ...

    def unknown_model(self, model: str) -> str:
        """The message for a model that is not there."""
        ...


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises BadRequestError."""
    try:
        data = json.loads(body)
    except ValueError:
        raise BadRequestError("the body is not valid JSON") from None
    if not isinstance(data, dict):
        raise BadRequestError("the body must be a JSON object")
    if not isinstance(data.get("model"), str) or not data["model"]:
        raise BadRequestError("'model' must be a name")
    return data


def parse_messages(data: dict[str, Any]) -> Conversation:
    """The conversation of a request. Raises BadRequestError."""
    try:
        return read_conversation(data.get("messages"))
    except ValueError as error:
        raise BadRequestError(str(error)) from None


def parse_int(table: dict[str, Any], field: str) -> int | None:
    """A whole number or nothing. Raises BadRequestError."""
    value = table.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequestError(f"'{field}' must be a whole number")
    return value


def pieces(text: str, count: int = 8) -> list[str]:
    """A text in at most so many parts."""
    size = max(1, -(-len(text) // count))
    return [text[start : start + size] for start in range(0, len(text), size)]
