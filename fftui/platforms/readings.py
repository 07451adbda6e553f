"""From a reply to an `Outcome`: the steps that all dialects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.outcomes import MANY, Identity, Outcome, OutcomeClass, Usage
from fftui.platforms.body import BodyError, blank, items, note, part, read_json
from fftui.platforms.budgets import full_windows, readings
from fftui.platforms.events import StreamCutError, fold_events, fold_lines, is_events
from fftui.platforms.retry_after import LONGEST_WAIT, clock_skew, go_duration, number, retry_after
from fftui.platforms.rulings import CONFIG, EMPTY, INFRA, OUTPUT, Ruling, fault, rule
from fftui.platforms.wire import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_BODY_RETRIES = {"bad utf-8": 1, "bad json number": 1, "json nested too deeply": 1}
"""How often to ask again after a body that cannot be read; 2 where it is not named here."""


class Content(Struct, frozen=True):
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
    filtered: tuple[str, ...] = ()
    """Categories for which the reply marks the answer as filtered, apart from its finish reason."""


def document(reply: HttpReply, *, lines: bool = False) -> dict[str, Any] | Ruling:
    """The reply's JSON object, streams folded into theirs, or the ruling where it has none.

    `lines`: the dialect streams one object a line.
    """
    try:
        found = _read(reply.body, lines=lines)
    except (BodyError, StreamCutError) as error:
        if reply.status >= 300:
            return _bare(reply)
        if isinstance(error, StreamCutError):
            return stream_cut(reply)
        retries = _BODY_RETRIES.get(str(error).partition(" in an ")[0], 2)
        return Ruling(INFRA, f"http {reply.status} {error}", retries)
    if isinstance(found, list) and len(found) == 1 and part(found[0]).get("error"):
        # Gemini's compatible surface wraps its errors in a list.
        found = found[0]
    if isinstance(found, dict):
        return found
    if reply.status >= 300:
        return _bare(reply)
    return Ruling(INFRA, f"http {reply.status} bad shape: no object")


def stream_cut(reply: HttpReply) -> Ruling:
    """The ruling on a streamed reply that came without its end."""
    return Ruling(INFRA, f"http {reply.status} stream cut", 1)


def _read(body: bytes, *, lines: bool) -> object:
    if is_events(body):
        return fold_events(body)
    try:
        return read_json(body)
    except BodyError:
        if lines and body.lstrip()[:1] == b"{" and b"\n" in body.strip():
            return fold_lines(body)
        raise


def _bare(reply: HttpReply) -> Ruling:
    """Rule on a failed reply whose body tells nothing."""
    if 300 <= reply.status < 400:
        host = note(host_of(reply.headers.get("location", "")))
        return Ruling(CONFIG, f"http {reply.status} redirect to {host or 'nowhere'}")
    return rule(fault(reply.status, None))


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
    # Gemini writes `content_filter: PROHIBITED_CONTENT`.
    reasons = [(reason.partition(":")[0], reason) for reason in (content.finish, content.native)]
    ends = [reason for word, reason in reasons if word in FILTERED]
    if ends:
        return Ruling(OUTPUT, " ".join((f"{place} finish_reason={ends[-1]}", *content.filtered)))
    if content.filtered and empty:
        return Ruling(OUTPUT, f"{place} filter marked in the reply: {' '.join(content.filtered)}")
    if content.finish in BROKEN:
        return Ruling(INFRA, f"{place} finish_reason={content.finish}", MANY)
    end = f"finish_reason={content.finish or 'unknown'}"
    if not empty:
        return Ruling(OutcomeClass.ANSWERED, f"{end}, {content.hint}" if content.hint else end)
    if content.tools:
        return Ruling(EMPTY, f"{place} tool call without text")
    if not blank(content.reasoning):
        # The same call would end the same way: only a larger limit could bring the answer out.
        return Ruling(EMPTY, f"{place} empty content, reasoning present, {end}")
    # Asked once more: hosts that warm up send these, and so does a model that says nothing.
    return Ruling(EMPTY, f"{place} {content.hint or 'empty content'}, {end}", 1)


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
    wait = _wait(headers, reply.received_at, error) if ruling.retries else None
    message = part(error).get("message") if isinstance(error, dict) else error
    hint = message if isinstance(message, str) else ""
    return Outcome(
        kind=ruling.kind,
        signal=ruling.signal[:_SIGNAL_CAP],
        text=content.text,
        reasoning=content.reasoning,
        cut=bool({content.finish, content.native} & CUT),
        finish=content.native or content.finish,
        identity=identity or Identity(),
        usage=usage or Usage(),
        status=reply.status,
        retries=ruling.retries,
        retry_after=wait,
        budget=(*readings(headers, reply.received_at, hint), *full_windows(error)),
        clock_skew_s=clock_skew(reply.headers, reply.received_at),
        request_id=_request_id(reply) or request_id,
    )


def split_thinking(text: str) -> tuple[str, str]:
    """Split `<think>…</think>` off the start of `text`: (answer, thinking).

    Templates that open the tag within the prompt leave only its end in the answer; an unclosed
    tag means that the limit fell into the thinking. Several blocks may stand in a row.
    """
    thoughts: list[str] = []
    start = text.lstrip()
    while start.startswith("<think>"):
        thinking, _, answer = start.removeprefix("<think>").partition("</think>")
        thoughts.append(thinking.strip())
        start = answer.lstrip()
    if thoughts:
        return start, "\n".join(t for t in thoughts if t)
    before, tag, after = text.partition("</think>")
    if tag and "<think>" not in before:
        return after.lstrip(), before.strip()
    return text, ""


def _wait(headers: Mapping[str, str], received_at: float, error: object) -> float | None:
    """Seconds to wait, as the headers say it, else as OpenRouter's or Gemini's error does."""
    wait = retry_after(headers, received_at)
    if wait is not None:
        return wait
    stated = [
        number(note(part(error, "availability").get("retry_after"))),
        *(go_duration(note(part(d).get("retryDelay"))) for d in items(part(error).get("details"))),
    ]
    waits = [seconds for seconds in stated if seconds is not None]
    return min(max(*waits, 0.0), LONGEST_WAIT) if waits else None


def _headers_in_body(error: object) -> dict[str, str]:
    held = part(error, "metadata", "headers")
    return {note(name).lower(): note(value) for name, value in list(held.items())[:64]}


def _request_id(reply: HttpReply) -> str:
    for name in ("x-generation-id", "x-request-id", "request-id", "x-litellm-call-id"):
        if found := note(reply.headers.get(name, "")):
            return found
    return ""
