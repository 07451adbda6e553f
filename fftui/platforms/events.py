"""Streamed bodies folded into the object that an unstreamed reply would have held.

So one parser per dialect rules on both. Comment lines and pings are skipped; a stream that ends
without its own end is told as such, since half an answer must never be graded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fftui.platforms.body import BodyError, items, note, part, read_json

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_LINE = re.compile(r"\r\n|\n|\r")
_ANTHROPIC = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
    }
)


class StreamCutError(ValueError):
    """A stream that ended before its end."""


def is_events(body: bytes) -> bool:
    """`body` is a stream of server-sent events; no JSON document begins like one."""
    return body.lstrip()[:8].startswith(_FIELDS)


def fold_events(body: bytes) -> dict[str, Any]:
    """The whole reply that the events add up to, in OpenAI's or in Anthropic's form.

    An error event stands in it as `error`. Raises StreamCutError for a stream without its end, and
    BodyError for one that cannot be read.
    """
    chunks, done = _chunks(body)
    if any(note(chunk.get("type")) in _ANTHROPIC for chunk in chunks):
        return _anthropic(chunks)
    return _openai(chunks, done)


def fold_lines(body: bytes) -> dict[str, Any]:
    """The whole reply that Ollama's lines of JSON add up to, an error line included.

    Raises StreamCutError and BodyError as `fold_events` does.
    """
    lines = [line for line in body.split(b"\n") if line.strip()]
    whole: dict[str, Any] = {}
    texts = _Texts("content", "thinking")
    tools: list[Any] = []
    for number, line in enumerate(lines):
        chunk = part(_document(line, last=number == len(lines) - 1))
        texts.add(part(chunk, "message"))
        tools += items(part(chunk, "message").get("tool_calls"))
        whole |= chunk
    if whole.get("done") is not True and not whole.get("error"):
        raise StreamCutError
    message = part(whole, "message") | texts.joined()
    return whole | {"message": message | ({"tool_calls": tools} if tools else {})}


def _chunks(body: bytes) -> tuple[list[dict[str, Any]], bool]:
    """The events that hold objects, and whether `[DONE]` came."""
    try:
        lines = _LINE.split(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BodyError("bad utf-8") from None
    held: list[list[str]] = [[]]
    for line in lines:
        if not line:
            held.append([])
        elif line.startswith("data:"):
            held[-1].append(line[5:].removeprefix(" "))
    found, done = [], False
    events = [event for event in held if any(event)]
    for number, event in enumerate(events):
        last = number == len(events) - 1
        # Several data lines are one document by the standard, and one each from some servers.
        texts = ["\n".join(event)] if _whole(event) else event
        for text in texts:
            if text.strip() == "[DONE]":
                done = True
            elif text.strip():
                chunk = _document(text.encode(), last=last)
                if isinstance(chunk, dict):
                    found.append(chunk)
    return found, done


def _whole(event: list[str]) -> bool:
    if len(event) == 1:
        return True
    try:
        read_json("\n".join(event).encode())
    except BodyError:
        return False
    return True


def _document(line: bytes, *, last: bool) -> object:
    """The document of one event or line. The last one may be cut short, the others may not."""
    try:
        return read_json(line)
    except BodyError as error:
        if last and str(error) == "truncated json":
            raise StreamCutError from None
        raise BodyError(f"{error} in an event") from None


@dataclass(init=False, slots=True)
class _Texts:
    """Strings that come in pieces, by the names of their fields."""

    pieces: dict[str, list[str]]

    def __init__(self, *names: str) -> None:
        self.pieces = {name: [] for name in names}

    def add(self, delta: dict[str, Any]) -> None:
        for name, found in self.pieces.items():
            if isinstance(piece := delta.get(name), str):
                found.append(piece)

    def joined(self) -> dict[str, str]:
        """Fields of which at least one piece came, be it an empty one."""
        return {name: "".join(found) for name, found in self.pieces.items() if found}


def _openai(chunks: list[dict[str, Any]], done: bool) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    texts = _Texts("content", "reasoning", "reasoning_content", "thinking", "refusal")
    lists: dict[str, list[Any]] = {"content": [], "reasoning_details": [], "tool_calls": []}
    filters: dict[str, Any] = {}
    begun = False
    for chunk in chunks:
        stated = {k: v for k, v in chunk.items() if v is not None and k != "choices"}
        whole = stated | whole | {k: stated[k] for k in ("usage",) if k in stated}
        for piece in map(part, items(chunk.get("choices"))):
            if piece.get("index") not in (None, 0):
                continue
            begun = True
            # The final chunk of some servers repeats the whole message in place of a delta.
            delta = part(piece, "delta") or part(piece, "message")
            texts.add(delta)
            for name, held in lists.items():
                held.extend(items(delta.get(name)))
            filters |= part(piece, "content_filter_results")
            choice |= {k: v for k, v in piece.items() if v is not None}
    failed = bool(whole.get("error") or choice.get("error"))
    if not (failed or choice.get("finish_reason") or (done and not begun)):
        raise StreamCutError
    whole["object"] = "chat.completion"
    if not begun:
        return whole if failed else whole | {"choices": []}
    message: dict[str, Any] = {"content": None} | texts.joined()
    if lists["content"]:
        lead = [{"type": "text", "text": message["content"]}] if message["content"] else []
        message["content"] = lists["content"] + lead
    message |= {k: v for k, v in lists.items() if k != "content" and v}
    choice.pop("delta", None)
    choice |= {"message": message} | ({"content_filter_results": filters} if filters else {})
    return whole | {"choices": [choice]}


def _anthropic(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    pieces: dict[int, _Texts] = {}
    for chunk in chunks:
        kind, index = chunk.get("type"), chunk.get("index")
        if kind == "message_start":
            whole |= part(chunk, "message")
        elif kind == "content_block_start" and isinstance(index, int):
            blocks[index] = part(chunk, "content_block")
            pieces[index] = _Texts("text", "thinking")
            pieces[index].add(blocks[index])
        elif kind == "content_block_delta" and isinstance(index, int):
            blocks.setdefault(index, {"type": "text"})
            pieces.setdefault(index, _Texts("text", "thinking")).add(part(chunk, "delta"))
        elif kind == "message_delta":
            usage = part(whole, "usage") | part(chunk, "usage")
            whole |= {k: v for k, v in part(chunk, "delta").items() if v is not None}
            whole["usage"] = usage
        elif chunk.get("error"):
            whole["error"] = chunk["error"]
    if not whole.get("stop_reason") and not whole.get("error"):
        raise StreamCutError
    whole["content"] = [blocks[i] | pieces[i].joined() for i in sorted(blocks)]
    return whole
