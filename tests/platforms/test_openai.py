"""Replies of the shapes that platforms send, and the one outcome of each."""

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

OPENAI = dialect("openai")
NOW = 1_790_000_000.0


def reply(body: Any, status: int = 200, **headers: str) -> HttpReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status, names, data, NOW)


def chat(content: Any = "placeholder", finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    message = {"content": content, **more.pop("message", {})}
    choice = {"finish_reason": finish, "message": message, **more.pop("choice", {})}
    return {"id": "gen-1", "model": "m", "choices": [choice], **more}


def error(code: Any = None, message: str = "placeholder", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


A, E = OutcomeClass.ANSWERED, OutcomeClass.EMPTY
IN, OUT = OutcomeClass.INPUT_FILTER, OutcomeClass.OUTPUT_FILTER
RATE, QUOTA = OutcomeClass.RATE_LIMITED, OutcomeClass.QUOTA
INFRA, CONFIG = OutcomeClass.INFRA, OutcomeClass.CONFIG

UPSTREAM_429 = {"provider_name": "Host", "raw": "limited"}
PIPELINE = {"pipeline": [{"type": "guardrail", "name": "moderation", "flagged": True}]}

# name: (status, body, class, retryable, part of the signal)
TABLE: dict[str, tuple[int, Any, OutcomeClass, bool, str]] = {
    "answer": (200, chat(), A, False, "finish_reason=stop"),
    "answer without finish": (200, chat(finish=None), A, False, "finish_reason=unknown"),
    "answer cut": (200, chat(finish="length"), A, False, "finish_reason=length"),
    "answer in parts": (200, chat([{"type": "text", "text": "x"}]), A, False, "stop"),
    "model's own refusal field": (200, chat(None, message={"refusal": "No."}), A, False, "stop"),
    "azure detected only": (
        200,
        chat(choice={"content_filter_results": {"jailbreak": {"detected": True}}}),
        A,
        False,
        "stop",
    ),
    "empty": (200, chat("", usage={"completion_tokens": 0}), E, True, "empty content"),
    "white space": (200, chat(" \n\u200b"), E, True, "empty content"),
    "content null": (200, chat(None), E, True, "content null"),
    "message null": (200, {"choices": [{"message": None}]}, E, True, "message null"),
    "choices empty": (200, {"choices": []}, E, True, "choices []"),
    "null, reasoning, stop": (200, chat(None, message={"reasoning": "r"}), E, False, "reasoning"),
    "null, reasoning, length": (
        200,
        chat(None, "length", message={"reasoning_content": "r"}),
        E,
        False,
        "finish_reason=length",
    ),
    "unclosed think": (200, chat("<think>on and on", "length"), E, False, "reasoning present"),
    "tool call": (200, chat(None, message={"tool_calls": [{}]}), E, False, "tool call"),
    "content filter": (200, chat("half", "content_filter"), OUT, False, "content_filter"),
    "native safety": (200, chat("", choice={"native_finish_reason": "SAFETY"}), OUT, False, "safe"),
    "z.ai": (200, chat("", "sensitive"), OUT, False, "sensitive"),
    "anthropic refusal": (200, chat("", "refusal"), OUT, False, "refusal"),
    "azure filtered": (
        200,
        chat("", choice={"content_filter_results": {"violence": {"filtered": True}}}),
        OUT,
        False,
        "filter",
    ),
    "emptied with upstream error": (
        200,
        chat("", "error", message={"reasoning": "r"}, choice={"error": {"code": 502}}),
        OUT,
        False,
        "emptied",
    ),
    "reasoning, then overload": (
        200,
        chat("", "error", message={"reasoning": "r"}, choice={"error": {"code": 503}}),
        INFRA,
        True,
        "error 503",
    ),
    "deepseek machinery": (200, chat("x", "insufficient_system_resource"), INFRA, True, "insuff"),
    "gemini prompt block": (200, {"promptFeedback": {"blockReason": "SAFETY"}}, IN, False, "block"),
    "guardrail": (200, chat("", openrouter_metadata=PIPELINE), IN, False, "guardrail"),
    "azure 400": (
        400,
        error("content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}),
        IN,
        False,
        "http 400",
    ),
    "flagged 400": (400, error("invalid_prompt", "the prompt was flagged"), IN, False, "moderat"),
    "moderation 403": (
        403,
        error(403, metadata={"reasons": ["placeholder"], "flagged_input": "p"}),
        IN,
        False,
        "moderation placeholder",
    ),
    "guardrail 403": (403, error(403, metadata={"patterns": ["p"]}), IN, False, "moderation"),
    "policy in 200": (
        200,
        error(400, metadata={"error_type": "content_policy_violation"}),
        IN,
        False,
        "http 200 error 400",
    ),
    "429 platform": (429, error(429, "free-models-per-day"), RATE, True, "platform"),
    "429 upstream": (429, error(429, metadata=UPSTREAM_429), RATE, True, "upstream Host"),
    "429 plain text": (429, b"slow down", RATE, True, "http 429"),
    "429 html": (429, b"<html>", RATE, True, "http 429"),
    "429 in 200": (200, error(429), RATE, True, "error 429"),
    "403 rate limit": (403, error(None, "Rate limit exceeded"), RATE, True, "http 403"),
    "quota in 429": (429, error(None, type="insufficient_quota"), QUOTA, False, "insufficient"),
    "spend in 429": (429, error("project_spend_limit_exceeded"), QUOTA, False, "spend"),
    "quota by words": (429, error(None, "You exceeded your current quota"), QUOTA, False, "spent"),
    "402": (402, error(402), QUOTA, False, "http 402"),
    "402 in 200": (200, error(402), QUOTA, False, "error 402"),
    "401": (401, error("invalid_api_key"), CONFIG, False, "invalid_api_key"),
    "403": (403, error(403, "no"), CONFIG, False, "http 403"),
    "400": (400, error(None, type="invalid_request_error"), CONFIG, False, "http 400"),
    "400 too long": (400, error("context_length_exceeded"), CONFIG, False, "context_length"),
    "404": (404, error("model_not_found"), CONFIG, False, "model_not_found"),
    "413": (413, b"", CONFIG, False, "http 413"),
    "422 vllm": (422, {"detail": [{"msg": "placeholder"}]}, CONFIG, False, "http 422"),
    "404 old vllm": (404, {"object": "error", "message": "m"}, CONFIG, False, "http 404"),
    "free variant ended": (
        200,
        error(None, availability={"code": "free_variant_ended"}),
        CONFIG,
        False,
        "free_variant_ended",
    ),
    "redirect": (302, b"", CONFIG, False, "redirect to nowhere"),
    "408": (408, error(408), INFRA, True, "http 408"),
    "500 plain text": (500, b"Internal Server Error", INFRA, True, "http 500"),
    "502": (502, error(502), INFRA, True, "http 502"),
    "503 loading": (503, error(503, type="unavailable_error"), INFRA, True, "unavailable"),
    "504 html": (504, b"<html>", INFRA, True, "http 504"),
    "529": (529, error(None, type="overloaded_error"), INFRA, True, "overloaded"),
    "overload in 200": (200, error(None, type="overloaded"), INFRA, True, "overloaded"),
    "error of no kind in 200": (200, {"error": "placeholder"}, INFRA, True, "error in body"),
    "error in choice": (200, chat("", choice={"error": {"code": 500}}), INFRA, True, "error 500"),
    "html": (200, b"<!doctype html><title>portal</title>", INFRA, True, "html"),
    "empty body": (200, b"", INFRA, True, "empty body"),
    "truncated": (200, json.dumps(chat()).encode()[:-9], INFRA, True, "truncated json"),
    "bad json": (200, b"{'a': 1}", INFRA, True, "bad json"),
    "bad utf-8": (200, b'{"choices": "\xff"}', INFRA, True, "bad utf-8"),
    "nan": (200, b'{"usage": NaN}', INFRA, True, "number"),
    "5000 digits": (200, b'{"usage": ' + b"9" * 5000 + b"}", INFRA, True, "number"),
    "deep": (200, b"[" * 200_000, INFRA, True, "deeply"),
    "list": (200, b"[]", INFRA, False, "bad shape"),
    "null": (200, b"null", INFRA, False, "bad shape"),
    "no choices": (200, {"status": "ok"}, INFRA, False, "no choices"),
    "sse": (200, b": PROCESSING\n\ndata: {}\n", INFRA, True, "stream cut"),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_reply_has_one_outcome(name: str) -> None:
    status, body, kind, retryable, signal = TABLE[name]
    found = OPENAI.outcome(reply(body, status))
    assert (found.kind, found.retryable) == (kind, retryable), found.signal
    assert signal in found.signal
    assert found.status == status


@pytest.mark.parametrize(
    ("name", "reach"),
    [
        ("401", Scope.ACCOUNT),
        ("403", Scope.ACCOUNT),
        ("402 in 200", Scope.ACCOUNT),
        ("429 platform", Scope.ACCOUNT),
        ("429 upstream", Scope.TARGET),
        ("404", Scope.TARGET),
        ("redirect", Scope.TARGET),
        ("free variant ended", Scope.TARGET),
        ("400", Scope.ITEM),
        ("413", Scope.ITEM),
        ("400 too long", Scope.ITEM),
        ("500 plain text", Scope.ITEM),
    ],
)
def test_the_reach_of_a_failure_is_read_from_its_outcome(name: str, reach: Scope) -> None:
    status, body, *_ = TABLE[name]
    assert scope(OPENAI.outcome(reply(body, status))) is reach


def test_reasoning_is_kept_apart_under_all_its_names() -> None:
    for name in ("reasoning", "reasoning_content", "thinking"):
        found = OPENAI.outcome(reply(chat("a", message={name: "r"})))
        assert (found.text, found.reasoning) == ("a", "r")
    for content in ("<think>r</think>a", "\n<think>\nr\n</think>\n\na", "r</think>a"):
        found = OPENAI.outcome(reply(chat(content)))
        assert (found.text, found.reasoning) == ("a", "r")
    details = {"reasoning_details": [{"type": "reasoning.text", "text": "r"}]}
    assert OPENAI.outcome(reply(chat("a", message=details))).reasoning == "r"
    kept = OPENAI.outcome(reply(chat("a <think>r</think>")))
    assert (kept.text, kept.reasoning) == ("a <think>r</think>", "")


def test_identity_usage_cut_and_id() -> None:
    body = chat(
        finish="length",
        provider="Host",
        system_fingerprint="fp",
        usage={"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.25},
    )
    found = OPENAI.outcome(reply(body))
    assert found.identity == Identity(model="m", upstream="Host", fingerprint="fp")
    assert found.usage == Usage(3, 4, 0.25)
    assert found.cut
    assert found.request_id == "gen-1"
    assert OPENAI.outcome(reply(body, x_request_id="req")).request_id == "req"


def test_absurd_numbers_are_unknown() -> None:
    usage = {"prompt_tokens": 10**30, "completion_tokens": -1, "cost": True}
    assert OPENAI.outcome(reply(chat(usage=usage))).usage == Usage()


def test_lone_surrogates_become_text_that_can_be_stored() -> None:
    found = OPENAI.outcome(reply(b'{"choices":[{"message":{"content":"a\\ud800b"}}]}'))
    assert found.text == "a\\ud800b"


def test_openrouter_states_its_window_in_the_body() -> None:
    held = {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": f"{(NOW + 3600) * 1000:.0f}",
    }
    body = error(429, "Rate limit exceeded: free-models-per-day", metadata={"headers": held})
    (window,) = OPENAI.outcome(reply(body, 429)).budget
    assert (window.kind, window.limit, window.remaining) == ("requests/day", 50, 0)
    assert window.resets_at == NOW + 3600


ENDPOINT = Endpoint("openai-compatible", "openai", "http://h/v1/", "m", "a")


def sent(endpoint: Endpoint, seed: int | None = 7, thinking: str = "") -> dict[str, Any]:
    request = OPENAI.request(endpoint, [Message("user", "hé")], Sampling(), seed, thinking)
    body: dict[str, Any] = json.loads(request.body)
    assert "authorization" not in {name.lower() for name in request.headers}
    return body


def test_every_sampling_parameter_is_sent() -> None:
    assert OPENAI.request(ENDPOINT, [], Sampling(), None, "").url == "http://h/v1/chat/completions"
    assert sent(ENDPOINT) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hé"}],
        "stream": False,
        "temperature": 0.0,
        "top_p": 1.0,
        "max_tokens": 512,
        "seed": 7,
    }
    assert "seed" not in sent(ENDPOINT, None)


def test_openrouter_is_pinned_and_never_falls_back() -> None:
    endpoint = Endpoint("openrouter", "openai", "http://h", "m", "a", ("host/fp8",))
    body = sent(endpoint, thinking="off")
    assert body["provider"] == {
        "only": ["host/fp8"],
        "allow_fallbacks": False,
        "require_parameters": True,
    }
    assert body["usage"] == {"include": True}
    assert body["reasoning"] == {"enabled": False}
    assert "models" not in body


def test_thinking_is_sent_as_each_platform_knows_it() -> None:
    assert sent(ENDPOINT, thinking="off")["chat_template_kwargs"] == {"enable_thinking": False}
    assert sent(ENDPOINT, thinking="low")["reasoning_effort"] == "low"
    openai = Endpoint("openai", "openai", "http://h", "m", "a")
    assert sent(openai, thinking="off")["reasoning_effort"] == "none"
    assert "max_completion_tokens" in sent(openai)


def test_an_endpoint_without_address_is_an_error() -> None:
    with pytest.raises(ValueError, match="no base URL"):
        OPENAI.request(Endpoint("local", "openai", "", "m", "a"), [], Sampling(), None, "")
