"""From a reply to an `Outcome`: the steps that all dialects share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.platforms.body import BodyError, blank, items, note, part, read_json
from fftui.platforms.budgets import readings
from fftui.platforms.retry_after import number, retry_after
from fftui.platforms.rulings import CONFIG, EMPTY, INFRA, OUTPUT, Ruling, fault, rule

if TYPE_CHECKING:
    from fftui.platforms.wire import HttpReply

CUT = frozenset({"length", "max_tokens", "model_context_window_exceeded", "model_length"})
"""Finish reasons that say: a token limit ended the answer."""
FILTERED = frozenset(
    {
        "content_filter",
        "content_filtered",
        "sensitive",
        "refusal",
        "safety",
        "blocklist",
        "prohibited_content",
        "spii",
        "recitation",
        "guardrail_intervened",
    }
)
"""Finish reasons that say: a filter of the platform ended the answer."""
BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})
"""Finish reasons that say: the machinery failed."""
_SIGNAL_CAP = 300


@dataclass(frozen=True, slots=True)
class Content:
    """What one reply holds of an answer, before anything is decided."""

    text: str = ""
    reasoning: str = ""
    finish: str = ""
    """Normalised finish reason in lower case."""
    native: str = ""
    """The upstream's own finish reason in lower case, where told."""
    hint: str = ""
    """Why there is no text, where the shape tells: `choices []`, `message null`, …"""
    tools: bool = False
    """The model called a tool in place of answering."""
    filtered: bool = False
    """The reply marks the answer as filtered apart from its finish reason."""


def document(reply: HttpReply) -> dict[str, Any] | Ruling:
    """The reply's JSON object, or the ruling where it has none."""
    try:
        found = read_json(reply.body)
    except BodyError as error:
        if reply.status >= 300:
            return _bare(reply)
        return Ruling(INFRA, f"http {reply.status} {error}", retryable=True)
    if isinstance(found, dict):
        return found
    if reply.status >= 300:
        return _bare(reply)
    return Ruling(INFRA, f"http {reply.status} bad shape: no object")


def _bare(reply: HttpReply) -> Ruling:
    """Rule on a failed reply whose body tells nothing."""
    if 300 <= reply.status < 400:
        host = note(_host(reply.headers.get("location", "")))
        return Ruling(CONFIG, f"http {reply.status} redirect to {host or 'nowhere'}")
    return rule(fault(reply.status, None))


def _host(url: str) -> str:
    """The host that `url` names; empty where it names none or is no URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def stated_error(found: dict[str, Any]) -> object:
    """The error that a reply's object states in any of the usual places, or `None`."""
    error = found.get("error")
    if error:
        return error
    if found.get("object") == "error" or found.get("type") == "error":
        return found
    if not found.get("choices") and "detail" in found:
        detail = found["detail"]
        return {"message": detail if isinstance(detail, str) else "", "type": "detail"}
    return None


def judge_content(content: Content, status: int) -> Ruling:
    """Rule on a reply that states no error."""
    place = f"http {status}"
    empty = blank(content.text)
    ends = {content.finish, content.native} & FILTERED
    if ends:
        return Ruling(OUTPUT, f"{place} finish_reason={sorted(ends)[0]}")
    if content.filtered and empty:
        return Ruling(OUTPUT, f"{place} filter marked in the reply")
    if content.finish in BROKEN:
        return Ruling(INFRA, f"{place} finish_reason={content.finish}", retryable=True)
    end = f"finish_reason={content.finish or 'unknown'}"
    if not empty:
        return Ruling(OutcomeClass.ANSWERED, end)
    if content.tools:
        return Ruling(EMPTY, f"{place} tool call without text")
    if not blank(content.reasoning):
        # The same call would end the same way: only a larger limit could bring the answer out.
        return Ruling(EMPTY, f"{place} empty content, reasoning present, {end}")
    return Ruling(EMPTY, f"{place} {content.hint or 'empty content'}, {end}", retryable=True)


def outcome(
    reply: HttpReply,
    ruling: Ruling,
    content: Content | None = None,
    *,
    identity: Identity | None = None,
    usage: Usage | None = None,
    request_id: str = "",
    error: object = None,
) -> Outcome:
    """Put an outcome together; budget, waits and request id come from the headers."""
    content = content or Content()
    headers = {**_headers_in_body(error), **reply.headers}
    wait = None
    if ruling.retryable:
        wait = retry_after(headers, reply.received_at)
        stated = part(error, "availability").get("retry_after")
        if wait is None and (seconds := number(note(stated))) is not None:
            wait = min(max(seconds, 0.0), 600.0)
    message = part(error).get("message") if isinstance(error, dict) else error
    return Outcome(
        kind=ruling.kind,
        signal=ruling.signal[:_SIGNAL_CAP],
        text=content.text,
        reasoning=content.reasoning,
        cut=content.finish in CUT,
        identity=identity or Identity(),
        usage=usage or Usage(),
        status=reply.status,
        retryable=ruling.retryable,
        retry_after=wait,
        budget=readings(headers, reply.received_at, note(message)),
        request_id=_request_id(reply) or request_id,
    )


def split_thinking(text: str) -> tuple[str, str]:
    """Split `<think>…</think>` off the start of `text`: (answer, thinking).

    Templates that open the tag within the prompt leave only its end in the answer; an unclosed
    tag means that the limit fell into the thinking.
    """
    start = text.lstrip()
    if start.startswith("<think>"):
        thinking, _, answer = start.removeprefix("<think>").partition("</think>")
        return answer.lstrip(), thinking.strip()
    before, tag, after = text.partition("</think>")
    if tag and "<think>" not in before:
        return after.lstrip(), before.strip()
    return text, ""


def flagged_stages(found: dict[str, Any]) -> bool:
    """OpenRouter's metadata shows a guardrail of the platform that fired."""
    stages = items(part(found, "openrouter_metadata").get("pipeline"))
    return any(
        isinstance(s, dict) and s.get("type") == "guardrail" and s.get("flagged") is True
        for s in stages
    )


def _headers_in_body(error: object) -> dict[str, str]:
    held = part(error, "metadata", "headers")
    return {note(name).lower(): note(value) for name, value in list(held.items())[:64]}


def _request_id(reply: HttpReply) -> str:
    for name in ("x-generation-id", "x-request-id", "request-id", "x-litellm-call-id"):
        if found := note(reply.headers.get(name, "")):
            return found
    return ""
