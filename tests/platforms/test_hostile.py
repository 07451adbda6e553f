"""Nothing that a server can send breaks a dialect."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fftui.domain.outcomes import Outcome
from fftui.platforms.dialect import dialect
from fftui.platforms.wire import HttpReply

NAMES = """
    error code message type metadata reasons choices content finish_reason usage headers
    availability retry_after provider reasoning_details detail id content_filter_results
    openrouter_metadata pipeline endpoints available done prompt_tokens cost thinking text
    eval_count delta refusal tool_calls error_type innererror summary model selected
    index stop_reason stop_details category content_block role violations quotaId
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5)
    ),
    max_leaves=20,
)
HEADS = st.sampled_from([b"", b"{", b'{"choices":[', b"\xef\xbb", b"data: ", b": x\n\ndata: {"])
EVENTS = st.sampled_from(
    ["", "error", "ping", "message_start", "content_block_start", "content_block_delta",
     "message_delta", "message_stop"]
)  # fmt: skip
DIALECTS = st.sampled_from(["openai", "anthropic", "ollama"])


def storable(found: Outcome) -> bool:
    identity = found.identity
    texts = (found.text, found.reasoning, found.signal, found.request_id, identity.model)
    return "\n" not in found.signal and all(
        text == text.encode().decode() for text in (*texts, identity.upstream, identity.fingerprint)
    )


def outcome(name: str, body: bytes, status: int = 200) -> Outcome:
    return dialect(name).outcome(HttpReply(status, {}, body, 0.0))


@settings(deadline=None)
@given(DIALECTS, st.integers(100, 599), JSON)
def test_any_json(name: str, status: int, value: Any) -> None:
    assert storable(outcome(name, json.dumps(value).encode(), status))


@settings(deadline=None)
@given(DIALECTS, JSON, JSON)
def test_any_json_where_an_answer_stands(name: str, choice: Any, message: Any) -> None:
    for choices in ([choice], [{"message": message, "error": choice}]):
        body = {"choices": choices, "message": message, "usage": choice, "error": None}
        assert storable(outcome(name, json.dumps(body).encode()))


@settings(deadline=None)
@given(DIALECTS, JSON, st.sampled_from([200, 400, 403, 429, 500]))
def test_any_json_where_an_error_stands(name: str, error: Any, status: int) -> None:
    for body in ({"error": error}, {"error": {"metadata": error, "availability": error}}):
        assert storable(outcome(name, json.dumps(body).encode(), status))


@settings(deadline=None)
@given(DIALECTS, st.binary(max_size=200), HEADS)
def test_any_bytes(name: str, tail: bytes, head: bytes) -> None:
    assert storable(outcome(name, head + tail))


@settings(deadline=None)
@given(DIALECTS, st.lists(st.tuples(EVENTS, JSON), max_size=5), st.sampled_from(["\n\n", "\n"]))
@example("openai", [("", {"type": []})], "\n\n")
def test_any_stream(name: str, events: list[tuple[str, Any]], end: str) -> None:
    lines = []
    for kind, value in events:
        whole = {**value, "type": kind} if kind and isinstance(value, dict) else value
        lines.append(f"data: {json.dumps(whole)}")
    assert storable(outcome(name, (end.join(lines) + end).encode()))
