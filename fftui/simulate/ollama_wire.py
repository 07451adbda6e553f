"""Ollama's own dialect: `/api/chat`, `/api/tags`, `/api/show`, `/api/version`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fftui.simulate.digests import details, digest
from fftui.simulate.served import TEMPLATE
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
    from collections.abc import Iterable, Iterator

    from fftui.simulate.profile import Judge, Model

VERSION = "0.12.6"
_TAG = ":latest"
_MODIFIED = "2026-01-01T00:00:00Z"


class OllamaWire:
    """Requests in, replies out."""

    stream_type = b"application/x-ndjson"

    def parse(self, body: bytes) -> ChatRequest:
        """Read a chat request, which streams unless it says otherwise. Raises BadRequestError."""
        data = parse_object(body)
        options = data.get("options") or {}
        if not isinstance(options, dict):
            raise BadRequestError("'options' must be an object")
        limit = parse_int(options, "num_predict")
        return ChatRequest(
            model=data["model"].removesuffix(_TAG),
            conversation=parse_messages(data),
            seed=parse_int(options, "seed"),
            max_tokens=limit if limit is not None and limit > 0 else None,
            stream=data.get("stream") is not False,
            thinking=data.get("think") is not False,
            shape=_shape(data.get("format")),
        )

    def success(self, reply: Reply) -> bytes:
        """One object with `done: true`."""
        message = {"role": "assistant", "content": reply.text}
        if reply.reasoning:
            message["thinking"] = reply.reasoning
        return encode(_head(reply) | {"message": message} | _end(reply)).encode()

    def stream(self, reply: Reply, request: ChatRequest) -> Iterator[bytes]:
        """Lines of JSON, the last with `done: true`."""
        parts = [{"content": "", "thinking": part} for part in pieces(reply.reasoning)]
        parts += [{"content": part} for part in pieces(reply.text)]
        for part in parts:
            message = {"role": "assistant"} | part
            yield _line(_head(reply) | {"message": message, "done": False})
        last = {"message": {"role": "assistant", "content": ""}} | _end(reply)
        yield _line(_head(reply) | last)

    def error(self, status: int, message: str, metadata: dict[str, Any] | None = None) -> bytes:
        """An object with `error` as a text."""
        return encode({"error": message}).encode()

    def unknown_model(self, model: str) -> str:
        """Ollama's wording."""
        return f'model "{model[:120]}" not found, try pulling it first'

    def tags(self, served: Iterable[Model | Judge]) -> bytes:
        """The body of `GET /api/tags`."""
        entries = [
            {
                "name": model.name + _TAG,
                "model": model.name + _TAG,
                "modified_at": _MODIFIED,
                "size": 1 << 30,
                "digest": digest(model),
                "details": details(model),
            }
            for model in served
        ]
        return encode({"models": entries}).encode()

    def show(self, model: Model | Judge) -> bytes:
        """The body of `POST /api/show`. It carries the digest too, which real servers leave out."""
        body = {
            "modelfile": "",
            "parameters": "",
            "template": TEMPLATE,
            "details": details(model),
            "model_info": {"general.architecture": "simulated"},
            "capabilities": ["completion"],
            "modified_at": _MODIFIED,
            "digest": digest(model),
        }
        return encode(body).encode()

    def version(self) -> bytes:
        """The body of `GET /api/version`."""
        return encode({"version": VERSION}).encode()


def _shape(asked: object) -> str:
    if asked == "json":
        return "object"
    return "schema" if asked else ""


def show_name(body: bytes) -> str:
    """The model that `POST /api/show` asks for. Raises BadRequestError."""
    data = parse_object(body.replace(b'"name"', b'"model"'))
    name: str = data["model"]
    return name.removesuffix(_TAG)


def _head(reply: Reply) -> dict[str, Any]:
    created = datetime.fromtimestamp(reply.created, UTC).isoformat().replace("+00:00", "Z")
    return {"model": reply.model, "created_at": created}


def _end(reply: Reply) -> dict[str, Any]:
    total = int(reply.seconds * 1e9)
    return {
        "done": True,
        "done_reason": reply.finish,
        "total_duration": total,
        "load_duration": 0,
        "prompt_eval_count": reply.tokens_in,
        "prompt_eval_duration": total // 10,
        "eval_count": reply.tokens_out,
        "eval_duration": total - total // 10,
    }


def _line(data: dict[str, Any]) -> bytes:
    return encode(data).encode() + b"\n"
