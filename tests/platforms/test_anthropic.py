"""The messages dialect: replies of the shapes that Anthropic, llama.cpp and gateways send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fftui.domain.outcomes import Identity, OutcomeClass, Usage
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling
from fftui.platforms.dialect import dialect
from fftui.platforms.rulings import Scope, scope
from fftui.platforms.wire import HttpReply

ANTHROPIC = dialect("anthropic")
NOW = 1_790_000_000.0


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status, headers or {}, data, NOW)


def text(words: str = "placeholder") -> dict[str, Any]:
    return {"type": "text", "text": words}


def message(*blocks: dict[str, Any], stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": list(blocks), "stop_reason": stop, **more}  # fmt: skip


def error(kind: str, words: str = "placeholder") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": words}, "request_id": "req_1"}


THINKING = {"type": "thinking", "thinking": "r", "signature": "s"}
A, E = OutcomeClass.ANSWERED, OutcomeClass.EMPTY
IN, OUT = OutcomeClass.INPUT_FILTER, OutcomeClass.OUTPUT_FILTER
RATE, QUOTA = OutcomeClass.RATE_LIMITED, OutcomeClass.QUOTA
INFRA, CONFIG = OutcomeClass.INFRA, OutcomeClass.CONFIG

# name: (status, body, class, retryable, part of the signal)
TABLE: dict[str, tuple[int, Any, OutcomeClass, bool, str]] = {
    "answer": (200, message(text()), A, False, "end_turn"),
    "answer behind thinking": (200, message(THINKING, text()), A, False, "end_turn"),
    "answer cut": (200, message(text(), stop="max_tokens"), A, False, "max_tokens"),
    "stop sequence": (200, message(text(), stop="stop_sequence"), A, False, "stop_sequence"),
    "context full": (
        200, message(text(), stop="model_context_window_exceeded"), A, False, "window",
    ),
    "no content": (200, message(), E, True, "content []"),
    "empty text": (200, message(text("")), E, True, "empty content"),
    "thinking only": (200, message(THINKING, stop="max_tokens"), E, False, "reasoning present"),
    "tool use": (200, message({"type": "tool_use"}, stop="tool_use"), E, False, "tool call"),
    "classifier": (
        200,
        message(stop="refusal", stop_details={"type": "refusal", "category": "placeholder"}),
        OUT, False, "stop_reason=refusal category=placeholder",
    ),
    "classifier, half an answer": (200, message(text(), stop="refusal"), OUT, False, "refusal"),
    "withheld": (
        400, error("invalid_request_error", "Output blocked by content filtering policy"),
        OUT, False, "output blocked",
    ),
    "flagged": (
        400, error("invalid_request_error", "the prompt was flagged"), IN, False, "moderation",
    ),
    "server tools paused": (200, message(text(), stop="pause_turn"), INFRA, True, "pause_turn"),
    "rate limit": (429, error("rate_limit_error"), RATE, True, "http 429"),
    "rate limit in 200": (200, error("rate_limit_error"), RATE, True, "http 200"),
    "spend limit": (429, error("rate_limit_error", "enforced spend limit"), QUOTA, False, "spent"),
    "billing": (402, error("billing_error"), QUOTA, False, "billing_error"),
    "credit": (
        400, error("invalid_request_error", "Your credit balance is too low"), QUOTA, False,
        "credit spent",
    ),
    "key": (401, error("authentication_error"), CONFIG, False, "authentication_error"),
    "not allowed": (403, error("permission_error"), CONFIG, False, "permission_error"),
    "no model": (404, error("not_found_error"), CONFIG, False, "not_found_error"),
    "bad request": (400, error("invalid_request_error"), CONFIG, False, "invalid_request_error"),
    "too large": (413, error("request_too_large"), CONFIG, False, "request_too_large"),
    "overloaded": (529, error("overloaded_error"), INFRA, True, "overloaded_error"),
    "overloaded in 200": (200, error("overloaded_error"), INFRA, True, "overloaded_error"),
    "their fault": (500, error("api_error"), INFRA, True, "http 500"),
    "plain 500": (500, b"Internal Server Error", INFRA, True, "http 500"),
    "timeout": (504, error("timeout_error"), INFRA, True, "http 504"),
    "llama.cpp loads": (
        503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        INFRA, True, "unavailable_error",
    ),
    "html": (200, b"<!doctype html>", INFRA, True, "html"),
    "no message": (200, {"type": "message"}, INFRA, False, "no content"),
    "empty body": (200, b"", INFRA, True, "empty body"),
    "truncated": (200, json.dumps(message(text())).encode()[:-9], INFRA, True, "truncated"),
    "redirect": (302, b"", CONFIG, False, "redirect"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_each_reply_has_one_outcome(name: str) -> None:
    status, body, kind, retryable, signal = TABLE[name]
    found = ANTHROPIC.outcome(reply(body, status))
    assert (found.kind, found.retryable) == (kind, retryable), found.signal
    assert signal in found.signal
    assert found.status == status


@pytest.mark.parametrize(
    ("name", "reach"),
    [("key", Scope.ACCOUNT), ("billing", Scope.ACCOUNT), ("rate limit", Scope.ACCOUNT),
     ("no model", Scope.TARGET), ("bad request", Scope.ITEM), ("too large", Scope.ITEM)],
)  # fmt: skip
def test_the_reach_of_a_failure(name: str, reach: Scope) -> None:
    status, body, *_ = TABLE[name]
    assert scope(ANTHROPIC.outcome(reply(body, status))) is reach


def test_what_is_read() -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5}
    redacted = {"type": "redacted_thinking", "data": "x"}
    body = message(THINKING, redacted, text("a"), text("b"), stop="max_tokens", usage=usage)
    found = ANTHROPIC.outcome(reply(body, headers={"request-id": "req_9"}))
    assert (found.text, found.reasoning, found.cut) == ("ab", "r\n[redacted]", True)
    assert found.usage == Usage(7, 5)
    assert found.identity == Identity(model="m")
    assert found.request_id == "req_9"


def test_the_windows_are_read_from_the_headers() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-09-21T13:34:20Z",
        "anthropic-ratelimit-input-tokens-limit": "40000",
        "anthropic-ratelimit-input-tokens-remaining": "39000",
        "anthropic-ratelimit-output-tokens-limit": "8000",
        "anthropic-ratelimit-output-tokens-remaining": "7000",
    }
    found = {b.kind: b for b in ANTHROPIC.outcome(reply(message(text()), 200, headers)).budget}
    assert (found["requests/minute"].limit, found["requests/minute"].remaining) == (50, 49)
    assert found["requests/minute"].resets_at == 1_789_997_660.0
    # Of the two token windows the one with less left is believed.
    assert found["tokens/minute"].remaining == 7000


REAL = Endpoint("anthropic", "anthropic", "https://h/v1", "m", "a")
OPEN = Endpoint("openai-compatible", "anthropic", "http://h/v1", "m", "a")
TURNS = [Message("system", "s"), Message("user", "p"), Message("assistant", "q"),
         Message("user", "r")]  # fmt: skip


def sent(
    endpoint: Endpoint, thinking: str = "", sampling: Sampling | None = None
) -> dict[str, Any]:
    request = ANTHROPIC.request(endpoint, TURNS, sampling or Sampling(0.5, 4096), 7, thinking)
    assert request.url.endswith("/v1/messages")
    assert request.headers["anthropic-version"]
    assert request.auth == "x-api-key"
    body: dict[str, Any] = json.loads(request.body)
    return body


def test_what_is_sent() -> None:
    assert sent(REAL) == {
        "model": "m",
        "max_tokens": 4096,
        "system": "s",
        "messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "q"},
                     {"role": "user", "content": "r"}],
        "stream": False,
        "temperature": 0.5,
    }  # fmt: skip
    # Servers of open weights have defaults of their own for what is left out.
    assert sent(OPEN)["top_p"] == 1.0
    assert sent(REAL, sampling=Sampling(0.5, 9, 0.8))["top_p"] == 0.8


def test_thinking_is_asked_for_and_takes_no_temperature() -> None:
    on = sent(REAL, "on")
    assert on["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert "temperature" not in on
    assert sent(REAL, "off")["thinking"] == {"type": "disabled"}
    assert sent(REAL, "off")["temperature"] == 0.5
    assert sent(REAL, "3000")["thinking"]["budget_tokens"] == 3000
    low = sent(REAL, "low")
    assert (low["thinking"], low["output_config"]) == ({"type": "adaptive"}, {"effort": "low"})
    assert sent(OPEN, "off")["chat_template_kwargs"] == {"enable_thinking": False}
