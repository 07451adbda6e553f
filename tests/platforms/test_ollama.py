"""Ollama's native replies and requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fftui.domain.outcomes import Identity, OutcomeClass, Usage
from fftui.domain.scenarios import Message
from fftui.domain.targets import Endpoint, Sampling
from fftui.platforms.dialect import dialect
from fftui.platforms.wire import HttpReply

OLLAMA = dialect("ollama")


def chat(content: str = "placeholder", reason: str = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    return {"model": "m", "message": message, "done": True, "done_reason": reason, **more}


TABLE: dict[str, tuple[int, Any, OutcomeClass, bool]] = {
    "answer": (200, chat(), OutcomeClass.ANSWERED, False),
    "cut": (200, chat(reason="length"), OutcomeClass.ANSWERED, False),
    "silent refusal": (200, chat(""), OutcomeClass.EMPTY, True),
    "loaded only": (200, chat("", "load"), OutcomeClass.EMPTY, True),
    "thinking only": (200, chat("", message={"thinking": "t"}), OutcomeClass.EMPTY, False),
    "not done": (200, chat("half", done=False), OutcomeClass.INFRA, True),
    "error in 200": (200, {"error": "placeholder"}, OutcomeClass.INFRA, True),
    "no message": (200, {"done": True}, OutcomeClass.INFRA, False),
    "unknown model": (404, {"error": "model 'm' not found"}, OutcomeClass.CONFIG, False),
    "no thinking": (400, {"error": "does not support thinking"}, OutcomeClass.CONFIG, False),
    "busy": (503, {"error": "server busy"}, OutcomeClass.INFRA, True),
    "cloud limit": (429, {"error": "too many"}, OutcomeClass.RATE_LIMITED, True),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_reply_has_one_outcome(name: str) -> None:
    status, body, kind, retryable = TABLE[name]
    found = OLLAMA.outcome(HttpReply(status, {}, json.dumps(body).encode(), 0.0))
    assert (found.kind, found.retryable) == (kind, retryable), found.signal


def test_what_is_read() -> None:
    body = chat("<think>r</think>a", "length", prompt_eval_count=3, eval_count=4, remote_host="h")
    found = OLLAMA.outcome(HttpReply(200, {}, json.dumps(body).encode(), 0.0))
    assert (found.text, found.reasoning, found.cut) == ("a", "r", True)
    assert found.usage == Usage(3, 4)
    assert found.identity == Identity(model="m", upstream="h")


def test_what_is_sent() -> None:
    endpoint = Endpoint("ollama", "ollama", "http://127.0.0.1:11434", "m", "a")
    request = OLLAMA.request(endpoint, [Message("user", "p")], Sampling(0.5, 9, 0.8), 7, "off")
    assert request.url == "http://127.0.0.1:11434/api/chat"
    assert json.loads(request.body) == {
        "model": "m",
        "messages": [{"role": "user", "content": "p"}],
        "stream": False,
        "think": False,
        "options": {"temperature": 0.5, "top_p": 0.8, "num_predict": 9, "seed": 7},
    }
