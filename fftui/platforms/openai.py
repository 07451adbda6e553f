"""The OpenAI-compatible chat dialect: OpenAI, OpenRouter, vLLM, llama.cpp, LiteLLM and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.domain.outcomes import Identity, Outcome, Usage
from fftui.platforms.body import blank, clean, count, items, money, note, part, text_of
from fftui.platforms.events import is_events
from fftui.platforms.openai_requests import openai_request
from fftui.platforms.readings import (
    Content,
    document,
    judge_content,
    outcome,
    split_thinking,
    stated_error,
)
from fftui.platforms.rulings import (
    INFRA,
    INPUT,
    OUTPUT,
    Fault,
    Ruling,
    fault,
    filtered,
    rule,
    transient,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fftui.domain.scenarios import Message
    from fftui.domain.targets import Endpoint, Sampling
    from fftui.platforms.wire import HttpReply, HttpRequest, Shape


class OpenAI:
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
        """One chat completion. Raises ValueError without a base URL."""
        return openai_request(endpoint, messages, sampling, seed, thinking, shape)

    def outcome(self, reply: HttpReply) -> Outcome:
        """The one outcome of a reply. Total: hostile bodies end as `infra`."""
        found = document(reply)
        if isinstance(found, Ruling):
            return outcome(reply, found)
        identity = _identity(found, reply.headers)
        content, choice_error = _content(found)
        error = stated_error(found) or choice_error
        return outcome(
            reply,
            _ruling(reply, found, content, error),
            content,
            identity=identity,
            usage=_usage(found),
            request_id=note(found.get("id")),
            error=error,
        )


def _ruling(
    reply: HttpReply, found: dict[str, Any], content: Content | None, error: object
) -> Ruling:
    status, guards = reply.status, _guardrails(found)
    if status >= 300 or error:
        given = fault(status, error)
        if guards and given.effective in (400, 403):
            return Ruling(INPUT, f"{given.place} guardrail {guards} flagged")
        return _withdrawn(given, content, streamed=is_events(reply.body))
    blocked = note(part(found, "promptFeedback").get("blockReason"))
    if blocked:
        return Ruling(INPUT, f"http {status} promptFeedback.blockReason={blocked}")
    if content is None:
        return Ruling(INFRA, f"http {status} bad shape: no choices")
    if blank(content.text):
        if guards:
            # A model that has thought was let in: what came out of it was taken away.
            kind = INPUT if blank(content.reasoning) else OUTPUT
            return Ruling(kind, f"http {status} guardrail {guards} flagged")
        prompt = [f for p in items(found.get("prompt_filter_results")) for f in _acted(p)]
        if prompt:
            return Ruling(INPUT, f"http {status} prompt filter marked: {' '.join(prompt)}")
    return judge_content(content, status)


def _acted(results: object) -> tuple[str, ...]:
    return filtered(part(results).get("content_filter_results"))


def _guardrails(found: dict[str, Any]) -> str:
    """Names of OpenRouter's own filters that fired, by the metadata of its pipeline."""
    stages = [part(s) for s in items(part(found, "openrouter_metadata").get("pipeline"))]
    fired = [s for s in stages if s.get("type") == "guardrail" and s.get("flagged") is True]
    return " ".join(note(s.get("name")) or "unnamed" for s in fired)


def _withdrawn(given: Fault, content: Content | None, *, streamed: bool) -> Ruling:
    """Rule on an error; one that leaves reasoning and takes the answer is an output filter.

    A stream that breaks while the model still thinks looks the same, so there it tells nothing.
    """
    ruling = rule(given)
    if given.status >= 300 or content is None:
        return ruling
    emptied = blank(content.text) and not blank(content.reasoning)
    if ruling.kind is INFRA and emptied and not streamed and not transient(given):
        return Ruling(OUTPUT, f"{given.place} output emptied, reasoning present")
    if ruling.kind is INPUT and (emptied or not blank(content.text)):
        return Ruling(OUTPUT, ruling.signal)
    return ruling


def _content(found: dict[str, Any]) -> tuple[Content | None, object]:
    """What the first choice holds, and the error inside it; `None` where no choices exist."""
    choices = found.get("choices")
    if not isinstance(choices, list):
        return _candidate(found), None
    if not choices:
        return Content(hint="choices []"), None
    choice = choices[0] if isinstance(choices[0], dict) else None
    if choice is None:
        return None, None
    message = choice.get("message")
    if message is None and isinstance(choice.get("text"), str):
        # A completion, not a chat.
        message = {"content": choice["text"]}
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
    if blank(text) and not blank(refusal := text_of(message.get("refusal"))):
        text, hint = refusal, "refusal field"
    elif not blank(text):
        hint = ""
    return (
        Content(
            text=text,
            reasoning="\n".join(t for t in thinking if t),
            finish=_word(choice.get("finish_reason")),
            native=_word(choice.get("native_finish_reason")),
            hint=hint,
            tools=bool(message.get("tool_calls") or message.get("function_call")),
            filtered=_acted(choice),
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


def _candidate(found: dict[str, Any]) -> Content | None:
    """What Gemini's own form holds, which some gateways pass through."""
    candidates = found.get("candidates")
    if not isinstance(candidates, list) or not candidates:
        return None
    first = part(candidates[0])
    pieces = [part(p) for p in items(part(first, "content").get("parts"))]
    return Content(
        text="".join(text_of(p.get("text")) for p in pieces if p.get("thought") is not True),
        reasoning="".join(text_of(p.get("text")) for p in pieces if p.get("thought") is True),
        finish={"max_tokens": "length"}.get(end := _word(first.get("finishReason")), end),
        native=_word(first.get("finishReason")),
    )


def _word(value: object) -> str:
    return note(value).casefold()


def _identity(found: dict[str, Any], headers: Mapping[str, str]) -> Identity:
    available = items(part(found, "openrouter_metadata", "endpoints").get("available"))
    chosen = [part(e) for e in available if part(e).get("selected") is True][:1]
    routed = chosen[0] if chosen else {}
    return Identity(
        model=note(found.get("model")),
        upstream=(
            note(found.get("provider"))
            or note(routed.get("provider"))
            # LiteLLM may fall back to another of its deployments without a word.
            or note(headers.get("x-litellm-model-id", ""))
        ),
        quantisation=note(routed.get("quantization")),
        fingerprint=note(found.get("system_fingerprint")),
    )


def _usage(found: dict[str, Any]) -> Usage:
    usage = part(found, "usage")
    return Usage(
        tokens_in=count(usage.get("prompt_tokens"), usage.get("input_tokens")),
        tokens_out=count(usage.get("completion_tokens"), usage.get("output_tokens")),
        cost_usd=money(usage.get("cost")),
    )
