"""Streams fold into the reply that would have come in one piece; a cut one never becomes half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.domain.outcomes import Outcome, OutcomeClass, Usage
from fftui.platforms.dialect import dialect
from fftui.platforms.wire import HttpReply

A = OutcomeClass.ANSWERED


def outcome(name: str, body: bytes) -> Outcome:
    return dialect(name).outcome(HttpReply(200, {}, body, 0.0))


def openai(texts: list[str], thoughts: list[str], *, router: bool = False) -> Iterator[bytes]:
    head: dict[str, Any] = {"id": "gen-1", "model": "m", "provider": "Host"}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning": t} for t in thoughts] + [{"content": t} for t in texts]
    for delta in deltas:
        if router:
            yield b": OPENROUTER PROCESSING\n\n"
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"
    last = {"index": 0, "delta": {}, "finish_reason": "stop", "native_finish_reason": "eos"}
    yield b"data: " + json.dumps({**head, "choices": [last]}).encode() + b"\n\n"
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    yield b"data: " + json.dumps({**head, "choices": [], "usage": usage}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def anthropic(texts: list[str], thoughts: list[str]) -> Iterator[bytes]:
    def event(kind: str, **data: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()

    start = {"id": "msg", "model": "m", "content": []}
    yield event("message_start", message={**start, "usage": {"input_tokens": 3}})
    yield event("ping")
    for index, (kind, parts) in enumerate((("thinking", thoughts), ("text", texts))):
        yield event("content_block_start", index=index, content_block={"type": kind, kind: ""})
        for piece in parts:
            delta = {"type": f"{kind}_delta", kind: piece}
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    yield event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 4})
    yield event("message_stop")


def ollama(texts: list[str], thoughts: list[str]) -> Iterator[bytes]:
    deltas = [{"content": "", "thinking": t} for t in thoughts] + [{"content": t} for t in texts]
    for delta in deltas:
        yield json.dumps({"model": "m", "message": delta, "done": False}).encode() + b"\n"
    yield json.dumps(
        {"model": "m", "message": {"content": ""}, "done": True, "done_reason": "stop",
         "prompt_eval_count": 3, "eval_count": 4}
    ).encode() + b"\n"  # fmt: skip


STREAMS = {"openai": openai, "anthropic": anthropic, "ollama": ollama}
WORDS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4)


@settings(deadline=None)
@given(st.sampled_from(sorted(STREAMS)), WORDS, WORDS)
def test_the_pieces_add_up(name: str, texts: list[str], thoughts: list[str]) -> None:
    # A visible word on each side, since blank answers are no answers.
    found = outcome(name, b"".join(STREAMS[name](["a", *texts], ["r", *thoughts])))
    assert (found.kind, found.text) == (A, "a" + "".join(texts))
    assert found.reasoning == "r" + "".join(thoughts)
    assert found.usage == Usage(3, 4)
    assert found.identity.model == "m"


@settings(deadline=None)
@given(st.sampled_from(sorted(STREAMS)), st.integers(1, 2000))
def test_a_stream_cut_anywhere_is_the_whole_answer_or_none(name: str, cut: int) -> None:
    body = b"".join(STREAMS[name](["one ", "two ", "three"], ["r1", "r2"]))
    found = outcome(name, body[: -min(cut, len(body))])
    if found.kind is A:
        # Only what comes behind the end of the answer is missing.
        assert found.text == "one two three"
    else:
        assert found.kind is OutcomeClass.INFRA
        assert found.text == ""


def test_comments_between_events_are_skipped() -> None:
    found = outcome("openai", b"".join(openai(["a"], ["r"], router=True)))
    assert (found.text, found.reasoning) == ("a", "r")
    assert found.finish == "eos"


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\r\r"])
def test_all_three_ends_of_lines_are_ends_of_lines(end: bytes) -> None:
    body = b"".join(openai(["a"], ["r"])).replace(b"\n\n", end)
    assert outcome("openai", body).text == "a"


def test_a_filter_in_the_last_chunk_takes_the_answer_back() -> None:
    chunks = list(openai(["half"], []))
    body = b"".join(chunks).replace(
        b'"finish_reason": "stop"', b'"finish_reason": "content_filter"'
    )
    assert outcome("openai", body).kind is OutcomeClass.OUTPUT_FILTER
    body = b"".join(anthropic(["half"], [])).replace(b"end_turn", b"refusal")
    assert outcome("anthropic", body).kind is OutcomeClass.OUTPUT_FILTER
