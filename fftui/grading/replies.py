"""What a model that was asked to grade has replied: found in its text, never repaired."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fftui.domain.verdicts import Unusable

_FENCE = re.compile(r"\A```[a-zA-Z]*[ \t]*\n(.*?)\n?[ \t]*```\Z", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MOST_OBJECTS = 64
_LONGEST_REPLY = 200_000
_LONGEST_EVIDENCE = 500


def spoken(text: str) -> str | Unusable:
    """The reply without the thinking that some servers leave in front of it."""
    if not text.strip():
        return Unusable("empty reply")
    if len(text) > _LONGEST_REPLY:
        return Unusable("reply too long")
    return _THOUGHT.sub("", text, count=1).strip()


def only_object(text: str, field: str) -> dict[str, Any] | Unusable:
    """The JSON object with `field` that a reply holds, in a fence, in prose or bare.

    Several are allowed where they agree on the field; then the last one counts.
    """
    said = spoken(text)
    if isinstance(said, Unusable):
        return said
    found = [one for one in _objects(said) if field in one]
    if not found:
        return Unusable(f"no JSON object with a {field}")
    if len({json.dumps(one[field], default=str) for one in found}) > 1:
        return Unusable(f"several {field}s")
    return found[-1]


def quoted(one: dict[str, Any], field: str = "evidence") -> str:
    """A text of the object, storable and of bounded length; empty where it is none."""
    text = one.get(field, "")
    text = text if isinstance(text, str) else ""
    # A lone surrogate can be written in JSON and cannot be stored.
    return text.encode("utf-8", "backslashreplace").decode()[:_LONGEST_EVIDENCE]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects in `text`, in order."""
    if fence := _FENCE.match(text):
        text = fence[1]
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    place = 0
    for _ in range(_MOST_OBJECTS):
        place = text.find("{", place)
        if place < 0:
            return
        try:
            one, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        if isinstance(one, dict):
            yield one


def _no_constant(name: str) -> None:
    raise ValueError(name)
