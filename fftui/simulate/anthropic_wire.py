"""The Anthropic messages dialect, `/v1/messages`."""

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

_STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicWire:
    """Requests in, replies out."""

    stream_type = b"text/event-stream"

    def parse(self, body: bytes) -> ChatRequest:
        """Read a messages request, which must state its token limit. Raises BadRequestError."""
        data = parse_object(body)
        limit = parse_int(data, "max_tokens")
        if limit is None or limit < 1:
            raise BadRequestError("max_tokens: must be at least 1")
        messages = data.get("messages")
        if isinstance(messages, list) and data.get("system"):
            data["messages"] = [{"role": "system", "content": data["system"]}, *messages]
        thinking, output = data.get("thinking"), data.get("output_config")
        return ChatRequest(
            model=data["model"],
            conversation=parse_messages(data),
            seed=None,
            max_tokens=limit,
            stream=data.get("stream") is True,
            thinking=isinstance(thinking, dict) and thinking.get("type") != "disabled",
            shape="schema" if isinstance(output, dict) and output.get("format") else "",
        )

    def success(self, reply: Reply) -> bytes:
        """A `message` object."""
        content: list[dict[str, Any]] = []
        if reply.reasoning:
            content.append({"type": "thinking", "thinking": reply.reasoning, "signature": "sim"})
        if reply.text:
            content.append({"type": "text", "text": reply.text})
        usage = {"input_tokens": reply.tokens_in, "output_tokens": reply.tokens_out}
        return encode(
            _head(reply) | {"content": content, "stop_reason": _STOPS[reply.finish], "usage": usage}
        ).encode()

    def stream(self, reply: Reply, request: ChatRequest) -> Iterator[bytes]:
        """Server-sent events, the last of them `message_stop`."""
        usage = {"input_tokens": reply.tokens_in, "output_tokens": 0}
        yield _event("message_start", message=_head(reply) | {"content": [], "usage": usage})
        blocks = [("thinking", reply.reasoning), ("text", reply.text)]
        for index, (kind, text) in enumerate((k, t) for k, t in blocks if t):
            block = {"type": kind, kind: ""}
            yield _event("content_block_start", index=index, content_block=block)
            yield _event("ping")
            for piece in pieces(text):
                delta = {"type": f"{kind}_delta", kind: piece}
                yield _event("content_block_delta", index=index, delta=delta)
            yield _event("content_block_stop", index=index)
        yield _event(
            "message_delta",
            delta={"stop_reason": _STOPS[reply.finish], "stop_sequence": None},
            usage={"output_tokens": reply.tokens_out},
        )
        yield _event("message_stop")

    def error(self, status: int, message: str, metadata: dict[str, Any] | None = None) -> bytes:
        """An object of type `error`."""
        kind = _TYPES.get(status, "api_error")
        return encode({"type": "error", "error": {"type": kind, "message": message}}).encode()

    def unknown_model(self, model: str) -> str:
        """Anthropic's wording."""
        return f"model: {model[:120]}"


def _head(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {encode({'type': kind} | data)}\n\n".encode()
