"""The raw completions of OpenAI-compatible servers, `/v1/completions`: a prompt in, a text out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fftui.simulate.conversations import read_conversation
from fftui.simulate.openai_wire import OpenAIWire, head, pinned, usage
from fftui.simulate.wire import (
    BadRequestError,
    ChatRequest,
    Reply,
    encode,
    parse_int,
    parse_object,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER = {"yes": "no", "no": "yes"}


class CompletionsWire(OpenAIWire):
    """One text a request, never a stream."""

    def parse(self, body: bytes) -> ChatRequest:
        """Read a completion request. Raises BadRequestError."""
        data = parse_object(body)
        prompt, limit = data.get("prompt"), parse_int(data, "max_tokens")
        if not isinstance(prompt, str) or not prompt:
            raise BadRequestError("'prompt' must be a text")
        if limit is not None and limit < 1:
            raise BadRequestError("'max_tokens' must be at least 1")
        if data.get("stream") is True:
            raise BadRequestError("'stream' is not supported here")
        return ChatRequest(
            model=data["model"],
            conversation=read_conversation([{"role": "user", "content": prompt}]),
            seed=parse_int(data, "seed"),
            max_tokens=limit,
            stream=False,
            upstreams=pinned(data.get("provider")),
            raw=True,
        )

    def success(self, reply: Reply) -> bytes:
        """A `text_completion` object; a judge's word comes with its probability."""
        choice = {"index": 0, "text": reply.text, "logprobs": _logprobs(reply),
                  "finish_reason": reply.finish}  # fmt: skip
        body = head(reply, "text_completion") | {"choices": [choice], "usage": usage(reply)}
        return encode(body).encode()

    def stream(self, reply: Reply, request: ChatRequest) -> Iterator[bytes]:
        """None is asked for."""
        raise NotImplementedError


def _logprobs(reply: Reply) -> dict[str, Any] | None:
    if not reply.certainty:
        return None
    log = math.log(reply.certainty)
    top = {reply.text: log}
    if other := _OTHER.get(reply.text):
        top[other] = math.log(1 - reply.certainty)
    return {"tokens": [reply.text], "token_logprobs": [log], "top_logprobs": [top]}
