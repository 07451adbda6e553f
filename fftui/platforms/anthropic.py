"""The Anthropic messages dialect, as Anthropic speaks it and as llama.cpp and gateways do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fftui.domain.outcomes import MANY, Identity, Outcome, Usage
from fftui.platforms.body import as_json, blank, count, note, part, text_of
from fftui.platforms.openai_requests import auth_of
from fftui.platforms.readings import (
    Content,
    document,
    judge_content,
    outcome,
    split_thinking,
    stated_error,
)
from fftui.platforms.rulings import INFRA, INPUT, OUTPUT, Ruling, fault, rule
from fftui.platforms.wire import HttpReply, HttpRequest, Shape, address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling

VERSION = "2023-06-01"
LEAST_THINKING = 1024
"""Tokens of thinking that the API takes as a budget, at least."""
_OPEN_SERVERS = ("openai-compatible", "local")
"""Platforms behind which a server of open weights stands, with none of Anthropic's own rules."""


class Anthropic:
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
        """One message. The API knows no seed, and with thinking on it takes no temperature.

        `thinking` may also be a number, the budget in tokens, or an effort, which goes out as
        adaptive thinking. Raises ValueError without a base URL.
        """
        system = "\n\n".join(m.text for m in messages if m.role == "system")
        body: dict[str, Any] = {
            "model": endpoint.model,
            "max_tokens": sampling.max_tokens,
            "messages": [
                {"role": m.role, "content": m.text} for m in messages if m.role != "system"
            ],
            "stream": endpoint.stream,
        }
        if system:
            body["system"] = system
        body |= _thinking(thinking, sampling.max_tokens)
        if shape is not None and not shape.loose:
            asked = {"type": "json_schema", "schema": shape.schema}
            body["output_config"] = {**body.get("output_config", {}), "format": asked}
        if endpoint.platform in _OPEN_SERVERS:
            # These apply defaults of their own to what is left out, and templates know no budget.
            body["temperature"] = sampling.temperature
            body["top_p"] = 1.0 if sampling.top_p is None else sampling.top_p
            if thinking in ("on", "off"):
                body["chat_template_kwargs"] = {"enable_thinking": thinking == "on"}
        else:
            if body.get("thinking", {}).get("type") in (None, "disabled"):
                body["temperature"] = sampling.temperature
            if sampling.top_p is not None:
                # Never unasked: newer models refuse it beside a temperature.
                body["top_p"] = sampling.top_p
        return HttpRequest(
            method="POST",
            url=address(endpoint.base_url, "/messages"),
            headers={
                "content-type": "application/json",
                "accept": "text/event-stream" if endpoint.stream else "application/json",
                "anthropic-version": VERSION,
            },
            body=as_json(body),
            auth=auth_of(endpoint),
            stream=endpoint.stream,
        )

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply. Total: hostile bodies end as `infra`."""
        found = document(reply)
        if isinstance(found, Ruling):
            return outcome(reply, found)
        error = stated_error(found)
        content = _content(found)
        if reply.status >= 300 or error:
            ruling = rule(fault(reply.status, error))
            if ruling.kind is INPUT and content is not None and not blank(content.text):
                ruling = Ruling(OUTPUT, ruling.signal)
        elif content is None:
            ruling = Ruling(INFRA, f"http {reply.status} bad shape: no content")
        else:
            ruling = _judge(found, content, reply.status)
        return outcome(
            reply,
            ruling,
            content,
            identity=Identity(
                model=note(found.get("model")),
                upstream=note(found.get("provider"))
                or note(reply.headers.get("x-litellm-model-id", "")),
            ),
            usage=_usage(found),
            request_id=note(found.get("request_id")) or note(found.get("id")),
            error=error,
        )


def _thinking(mode: str, max_tokens: int) -> dict[str, Any]:
    if not mode:
        return {}
    if mode == "off":
        return {"thinking": {"type": "disabled"}}
    if mode == "on":
        # The budget lies within max_tokens; a limit too small for both is refused by the API.
        budget = max(LEAST_THINKING, max_tokens // 2)
    elif re.fullmatch(r"[0-9]{1,7}", mode):
        budget = int(mode)
    else:
        effort = {} if mode == "adaptive" else {"output_config": {"effort": mode}}
        return {"thinking": {"type": "adaptive"}} | effort
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _content(found: dict[str, Any]) -> Content | None:
    blocks = found.get("content")
    if isinstance(blocks, str):
        blocks = [{"type": "text", "text": blocks}]
    if not isinstance(blocks, list):
        return None
    texts, thoughts, kinds = [], [], set()
    for block in map(part, blocks):
        kind = note(block.get("type"))
        kinds.add(kind)
        if kind == "thinking":
            thoughts.append(text_of(block.get("thinking")))
        elif kind == "redacted_thinking":
            thoughts.append("[redacted]")
        elif kind == "text":
            texts.append(text_of(block.get("text")))
    text, tagged = split_thinking("".join(texts))
    return Content(
        text=text,
        reasoning="\n".join(t for t in (*thoughts, tagged) if t),
        finish=note(found.get("stop_reason")).casefold(),
        hint="" if blocks else "content []",
        tools=bool(kinds & {"tool_use", "server_tool_use"}),
    )


def _judge(found: dict[str, Any], content: Content, status: int) -> Ruling:
    if content.finish == "refusal":
        # The platform's classifiers stop an answer this way; a model's own refusal is text.
        details = part(found, "stop_details")
        evidence = f"http {status} stop_reason=refusal"
        category = note(details.get("category"))
        return Ruling(OUTPUT, f"{evidence} category={category}" if category else evidence)
    if content.finish == "pause_turn":
        # The server's own tools ran out of time: what there is of an answer is half of one.
        return Ruling(INFRA, f"http {status} stop_reason=pause_turn", MANY)
    return judge_content(content, status)


def _usage(found: dict[str, Any]) -> Usage:
    usage = part(found, "usage")
    fresh = count(usage.get("input_tokens"))
    cached = [
        count(usage.get(name)) or 0
        for name in ("cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    return Usage(
        tokens_in=None if fresh is None else fresh + sum(cached),
        tokens_out=count(usage.get("output_tokens")),
        cost_usd=None,
    )
