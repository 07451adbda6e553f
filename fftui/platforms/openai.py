"""The OpenAI-compatible chat dialect: OpenAI, OpenRouter, vLLM, llama.cpp, LiteLLM and others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fftui.domain.outcomes import Identity, Outcome, Usage
from fftui.platforms.body import blank, clean, count, items, money, note, part, text_of
from fftui.platforms.readings import (
    Content,
    document,
    flagged_stages,
    judge_content,
    outcome,
    split_thinking,
    stated_error,
)
from fftui.platforms.rulings import INFRA, INPUT, OUTPUT, Fault, Ruling, fault, rule, transient
from fftui.platforms.wire import HttpReply, HttpRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling

_ON_OFF = {"on": True, "off": False}


class OpenAI:
    """See `dialect.Dialect`."""

    def request(
        self,
        endpoint: Endpoint,
        messages: Sequence[Message],
        sampling: Sampling,
        seed: int | None,
        thinking: str,
    ) -> HttpRequest:
        """One chat completion, not streamed. Raises ValueError without a base URL."""
        if not endpoint.base_url:
            raise ValueError("the endpoint has no base URL")
        limit = "max_completion_tokens" if endpoint.platform == "openai" else "max_tokens"
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "stream": False,
            "temperature": sampling.temperature,
            # Left out, each host applies a default of its own (llama.cpp 0.95, others 1).
            "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
            limit: sampling.max_tokens,
        }
        if seed is not None:
            body["seed"] = seed
        body.update(_thinking(endpoint.platform, thinking))
        headers = {"content-type": "application/json", "accept": "application/json"}
        if endpoint.platform == "openrouter":
            headers["x-openrouter-metadata"] = "enabled"
            body["usage"] = {"include": True}
            if endpoint.upstream:
                body["provider"] = {"only": list(endpoint.upstream), "allow_fallbacks": False}
        return HttpRequest(
            method="POST",
            url=endpoint.base_url.rstrip("/") + "/chat/completions",
            headers=headers,
            body=json.dumps(body, ensure_ascii=True).encode("ascii"),
        )

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply. Total: hostile bodies end as `infra`."""
        found = document(reply)
        if isinstance(found, Ruling):
            return outcome(reply, found)
        identity, usage, request_id = _identity(found), _usage(found), note(found.get("id"))
        error = stated_error(found)
        content, choice_error = _content(found)
        error = error or choice_error
        if reply.status >= 300 or error:
            ruling = _withdrawn(fault(reply.status, error), content)
        elif part(found, "promptFeedback").get("blockReason"):
            ruling = Ruling(INPUT, f"http {reply.status} promptFeedback.blockReason")
        elif content is None:
            ruling = Ruling(INFRA, f"http {reply.status} bad shape: no choices")
        elif flagged_stages(found) and blank(content.text):
            ruling = Ruling(INPUT, f"http {reply.status} guardrail flagged")
        else:
            ruling = judge_content(content, reply.status)
        return outcome(
            reply,
            ruling,
            content,
            identity=identity,
            usage=usage,
            request_id=request_id,
            error=error,
        )


def _thinking(platform: str, mode: str) -> dict[str, Any]:
    """The request's part for a thinking mode: empty, `on`, `off` or an effort such as `low`."""
    if not mode:
        return {}
    switch = _ON_OFF.get(mode)
    if platform == "openrouter":
        return {"reasoning": {"effort": mode} if switch is None else {"enabled": switch}}
    if switch is None:
        return {"reasoning_effort": mode}
    if platform == "openai":
        return {} if switch else {"reasoning_effort": "none"}
    return {"chat_template_kwargs": {"enable_thinking": switch}}


def _withdrawn(given: Fault, content: Content | None) -> Ruling:
    """Rule on an error; one that leaves reasoning and takes the answer is an output filter."""
    ruling = rule(given)
    emptied = content is not None and blank(content.text) and not blank(content.reasoning)
    if given.status < 300 and ruling.kind is INFRA and emptied and not transient(given):
        return Ruling(OUTPUT, f"{given.place} output emptied, reasoning present")
    filtered = ruling.kind is INPUT and content is not None and not blank(content.text)
    if given.status < 300 and (filtered or (ruling.kind is INPUT and emptied)):
        return Ruling(OUTPUT, ruling.signal)
    return ruling


def _content(found: dict[str, Any]) -> tuple[Content | None, object]:
    """What the first choice holds, and the error inside it; `None` where no choices exist."""
    choices = found.get("choices")
    if not isinstance(choices, list):
        return None, None
    if not choices:
        return Content(hint="choices []"), None
    choice = choices[0] if isinstance(choices[0], dict) else None
    if choice is None:
        return None, None
    message = choice.get("message")
    if message is None:
        hint = "message null"
        message = {}
    elif not isinstance(message, dict):
        return None, None
    else:
        hint = "content null" if message.get("content") is None else ""
    text, parts_thinking = _text(message.get("content"))
    text, tagged = split_thinking(text)
    thinking = [_reasoning(message), parts_thinking, tagged]
    if blank(text):
        text = text_of(message.get("refusal")) or text
    return (
        Content(
            text=text,
            reasoning="\n".join(t for t in thinking if t),
            finish=note(choice.get("finish_reason")).casefold(),
            native=note(choice.get("native_finish_reason")).casefold(),
            hint=hint,
            tools=bool(message.get("tool_calls") or message.get("function_call")),
            filtered=_azure_filtered(choice),
        ),
        choice.get("error") or None,
    )


def _text(content: object) -> tuple[str, str]:
    """Text and thinking of a `content` that is a string or a list of parts."""
    if isinstance(content, str):
        return clean(content), ""
    texts, thoughts = [], []
    for item in items(content):
        if not isinstance(item, dict):
            continue
        if item.get("type") == "thinking":
            inner = item.get("thinking")
            pieces = [text_of(part(piece).get("text")) for piece in items(inner)]
            thoughts.append(text_of(inner) or "".join(pieces))
        else:
            texts.append(text_of(item.get("text")))
    return "".join(texts), "".join(thoughts)


def _reasoning(message: dict[str, Any]) -> str:
    for name in ("reasoning", "reasoning_content", "thinking"):
        if found := text_of(message.get(name)):
            return found
    details = [part(d) for d in items(message.get("reasoning_details"))]
    return "".join(text_of(d.get("text")) or text_of(d.get("summary")) for d in details)


def _azure_filtered(choice: dict[str, Any]) -> bool:
    # `detected` alone stands on normal answers as well; only `filtered` took something away.
    results = part(choice, "content_filter_results").values()
    return any(part(result).get("filtered") is True for result in results)


def _identity(found: dict[str, Any]) -> Identity:
    upstream = note(found.get("provider"))
    if not upstream:
        available = items(part(found, "openrouter_metadata", "endpoints").get("available"))
        chosen = [part(e) for e in available if part(e).get("selected") is True]
        upstream = note(chosen[0].get("provider")) if chosen else ""
    return Identity(
        model=note(found.get("model")),
        upstream=upstream,
        fingerprint=note(found.get("system_fingerprint")),
    )


def _usage(found: dict[str, Any]) -> Usage:
    usage = part(found, "usage")
    return Usage(
        tokens_in=count(usage.get("prompt_tokens"), usage.get("input_tokens")),
        tokens_out=count(usage.get("completion_tokens"), usage.get("output_tokens")),
        cost_usd=money(usage.get("cost")),
    )
