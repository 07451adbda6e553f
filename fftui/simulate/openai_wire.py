"""The OpenAI-compatible dialect, with OpenRouter's own fields where there is an upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.simulate.wire import (
    BadRequestError,
    ChatRequest,
    Reply,
    encode,
    parse_int,
    parse_messages,
    parse_object,
    pieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class OpenAIWire:
    """`/v1/chat/completions`."""

    stream_type = b"text/event-stream"

    def parse(self, body: bytes) -> ChatRequest:
        """Read a chat request. Raises BadRequestError."""
        data = parse_object(body)
        limit = parse_int(data, "max_completion_tokens")
        if limit is None:
            limit = parse_int(data, "max_tokens")
        if limit is not None and limit < 1:
            raise BadRequestError("'max_tokens' must be at least 1")
        options = data.get("stream_options")
        return ChatRequest(
            model=data["model"],
            conversation=parse_messages(data),
            seed=parse_int(data, "seed"),
            max_tokens=limit,
            stream=data.get("stream") is True,
            usage_in_stream=isinstance(options, dict) and options.get("include_usage") is True,
            upstreams=pinned(data.get("provider")),
            shape=_shape(data.get("response_format")),
        )

    def success(self, reply: Reply) -> bytes:
        """A `chat.completion` object."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.text}
        if reply.reasoning:
            message[_reasoning_field(reply)] = reply.reasoning
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish}
        if reply.upstream:
            choice["native_finish_reason"] = reply.finish
        body = head(reply, "chat.completion") | {"choices": [choice], "usage": usage(reply)}
        return encode(body).encode()

    def stream(self, reply: Reply, request: ChatRequest) -> Iterator[bytes]:
        """Server-sent events, the last of them `[DONE]`."""
        first = head(reply, "chat.completion.chunk")
        if reply.upstream:
            yield b": OPENROUTER PROCESSING\n\n"
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{_reasoning_field(reply): part} for part in pieces(reply.reasoning)]
        deltas += [{"content": part} for part in pieces(reply.text)]
        for delta in deltas:
            yield _event(first | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        last = {"index": 0, "delta": {}, "finish_reason": reply.finish}
        yield _event(first | {"choices": [last]})
        if request.usage_in_stream:
            yield _event(first | {"choices": [], "usage": usage(reply)})
        yield b"data: [DONE]\n\n"

    def error(self, status: int, message: str, metadata: dict[str, Any] | None = None) -> bytes:
        """An `error` object, with the fields of OpenAI and OpenRouter both."""
        error: dict[str, Any] = {"message": message, "type": _TYPES.get(status), "code": status}
        if metadata is not None:
            error["metadata"] = metadata
        return encode({"error": error}).encode()

    def unknown_model(self, model: str) -> str:
        """OpenAI's wording."""
        return f"The model `{model[:120]}` does not exist or you do not have access to it."


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "server_error",
}


def _reasoning_field(reply: Reply) -> str:
    return "reasoning" if reply.upstream else "reasoning_content"


def _shape(asked: object) -> str:
    kind = asked.get("type") if isinstance(asked, dict) else None
    return {"json_schema": "schema", "json_object": "object"}.get(str(kind), "")


def pinned(provider: object) -> tuple[str, ...]:
    """Hosts that a request to a router allows."""
    if not isinstance(provider, dict):
        return ()
    for field in ("only", "order"):
        names = provider.get(field)
        if isinstance(names, list):
            return tuple(name for name in names if isinstance(name, str))
    return ()


def head(reply: Reply, kind: str) -> dict[str, Any]:
    """What stands in front of what was said."""
    found: dict[str, Any] = {
        "id": reply.id,
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": reply.fingerprint,
    }
    if reply.upstream:
        found["provider"] = reply.upstream
    return found


def usage(reply: Reply) -> dict[str, Any]:
    """Tokens, and what a router charges."""
    found: dict[str, Any] = {
        "prompt_tokens": reply.tokens_in,
        "completion_tokens": reply.tokens_out,
        "total_tokens": reply.tokens_in + reply.tokens_out,
    }
    if reply.upstream:
        found["cost"] = 0
    return found


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {encode(data)}\n\n".encode()
