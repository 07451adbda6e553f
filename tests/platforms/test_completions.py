"""Raw completions: the prompt as it is, one token back, and how probable that was."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from fftui.domain.outcomes import OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling
from fftui.platforms.dialect import dialect, shapes
from fftui.platforms.wire import HttpReply

RAW = dialect("completions")
YES = {"token": " Yes", "logprob": math.log(0.6)}
LIKE = [YES, {"token": "yes", "logprob": math.log(0.2)}, {"token": "No", "logprob": math.log(0.1)}]


def reply(choice: dict[str, Any], status: int = 200) -> HttpReply:
    body = {"id": "cmpl-1", "model": "cls", "choices": [choice],
            "usage": {"prompt_tokens": 90, "completion_tokens": 1}}  # fmt: skip
    return HttpReply(status, {}, json.dumps(body).encode(), 1.79e9)


def test_the_prompt_goes_out_word_for_word_and_asks_for_one_token() -> None:
    endpoint = Endpoint("openai-compatible", "completions", "http://h/v1", "cls", "a")
    request = RAW.request(endpoint, [Message("user", "[INST] p [/INST]")], Sampling(0, 1), 7, "")
    assert request.url == "http://h/v1/completions"
    assert json.loads(request.body) == {
        "model": "cls", "prompt": "[INST] p [/INST]", "stream": False, "temperature": 0,
        "top_p": 1.0, "max_tokens": 1, "logprobs": 5, "seed": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("logprobs", "expected"),
    [
        # vLLM: lists beside one another; llama.cpp: one entry a token.
        ({"tokens": ["yes"], "token_logprobs": [math.log(0.6)],
          "top_logprobs": [{"yes": math.log(0.6), " Yes": math.log(0.2), "no": math.log(0.1)}]},
         0.8),
        ({"content": [{**YES, "top_logprobs": LIKE}]}, 0.8),
        ({"tokens": ["yes"], "token_logprobs": [math.log(0.6)], "top_logprobs": None}, 0.6),
        ({"content": [YES]}, 0.6),
        (None, None),
        ({"tokens": [], "token_logprobs": []}, None),
        ({"tokens": ["yes"], "token_logprobs": [None]}, None),
        ({"tokens": ["yes"], "token_logprobs": ["nan"]}, None),
        ({"content": [{"token": 7, "logprob": 3}]}, None),
        ([1], None),
    ],
)  # fmt: skip
def test_how_probable_the_word_was(logprobs: object, expected: float | None) -> None:
    found = RAW.outcome(reply({"text": " yes", "finish_reason": "length", "logprobs": logprobs}))
    assert (found.kind, found.text, found.cut) == (OutcomeClass.ANSWERED, " yes", True)
    assert (found.usage.tokens_in, found.usage.tokens_out) == (90, 1)
    assert found.certainty == (None if expected is None else pytest.approx(expected))


def test_a_failure_is_the_same_as_of_a_chat() -> None:
    body = json.dumps({"error": {"message": "no such model", "code": 404}}).encode()
    assert RAW.outcome(HttpReply(404, {}, body, 0.0)).kind is OutcomeClass.CONFIG
    assert RAW.outcome(reply({"text": "", "finish_reason": "stop"})).kind is OutcomeClass.EMPTY
    assert RAW.outcome(HttpReply(200, {}, b"<html>", 0.0)).kind is OutcomeClass.INFRA


SCHEMA = {"type": "object"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai", [{"response_format": {"type": "json_schema", "json_schema": {
                        "name": "verdict", "strict": True, "schema": SCHEMA}}},
                    {"response_format": {"type": "json_object"}}, {}]),
        ("ollama", [{"format": SCHEMA}, {"format": "json"}, {}]),
        ("anthropic", [{"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
                       {}]),
    ],
)  # fmt: skip
def test_the_form_of_a_reply_is_asked_for_as_each_dialect_has_it(
    name: str, expected: list[dict[str, Any]]
) -> None:
    endpoint = Endpoint("openai-compatible", name, "http://h/v1", "m", "a")

    def body(shape: Any) -> dict[str, Any]:
        messages = [Message("user", "p")]
        sent = dialect(name).request(endpoint, messages, Sampling(), 7, "", shape).body
        found: dict[str, Any] = json.loads(sent)
        return found

    plain = body(None)
    for shape, more in zip(shapes(name, SCHEMA), expected, strict=True):
        assert body(shape) == {**plain, **more}
