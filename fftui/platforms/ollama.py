"""Ollama's native dialect, `POST /api/chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.domain.outcomes import Identity, Outcome, Usage
from fftui.platforms.body import as_json, count, note, text_of
from fftui.platforms.readings import (
    Content,
    document,
    judge_content,
    outcome,
    split_thinking,
    stated_error,
    stream_cut,
)
from fftui.platforms.rulings import INFRA, Ruling, fault, rule
from fftui.platforms.wire import HttpReply, HttpRequest, Shape, address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling


class Ollama:
    """See `dialect.Dialect`."""

    def request(
        self,
        endpoint: Endpoint,
        messages: Sequence[Message],
        sampling: Sampling,
        seed: int | None,
        thinking: str,
        shape: Shape | None = None,
    ) -> HttpRequest:
        """One chat. Raises ValueError without a base URL."""
        options: dict[str, Any] = {
            "temperature": sampling.temperature,
            # Left out, Ollama takes the model file's value, or 0.9.
            "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
            "num_predict": sampling.max_tokens,
        }
        if seed is not None:
            options["seed"] = seed
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "stream": endpoint.stream,
            "options": options,
        }
        if shape is not None:
            body["format"] = "json" if shape.loose else shape.schema
        if thinking:
            body["think"] = {"on": True, "off": False}.get(thinking, thinking)
        return HttpRequest(
            method="POST",
            url=address(endpoint.base_url, "/api/chat"),
            headers={"content-type": "application/json", "accept": "application/json"},
            body=as_json(body),
            stream=endpoint.stream,
        )

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply. Total: hostile bodies end as `infra`."""
        found = document(reply, lines=True)
        if isinstance(found, Ruling):
            return outcome(reply, found)
        error = stated_error(found)
        content = _content(found)
        if reply.status >= 300 or error:
            ruling = rule(fault(reply.status, error))
        elif content is None:
            ruling = Ruling(INFRA, f"http {reply.status} bad shape: no message")
        elif found.get("done") is False:
            ruling = stream_cut(reply)
        else:
            ruling = judge_content(content, reply.status)
        return outcome(
            reply,
            ruling,
            content,
            identity=Identity(
                model=note(found.get("remote_model")) or note(found.get("model")),
                upstream=note(found.get("remote_host")),
            ),
            usage=Usage(
                tokens_in=count(found.get("prompt_eval_count")),
                tokens_out=count(found.get("eval_count")),
            ),
            error=error,
        )


def _content(found: dict[str, Any]) -> Content | None:
    message = found.get("message")
    if not isinstance(message, dict):
        return None
    text, tagged = split_thinking(text_of(message.get("content")))
    thinking = [text_of(message.get("thinking")), tagged]
    return Content(
        text=text,
        reasoning="\n".join(t for t in thinking if t),
        finish=note(found.get("done_reason")).casefold(),
        tools=bool(message.get("tool_calls")),
    )
