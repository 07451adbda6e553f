"""Reply bodies as plain data: strict JSON, and text that can always be stored.

Everything that hostile or broken servers send ends here as a value or as a one-line problem.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import msgspec

_MOST_TOKENS = 2**53
_LONGEST_NOTE = 200
_PLAIN_NOTE = re.compile(rf"[!-~]{{1,{_LONGEST_NOTE}}}")
_read_fast = msgspec.json.Decoder().decode


class BodyError(ValueError):
    """A body that is no JSON document. `str()` is one line, free of the body's text."""


def read_json(body: bytes) -> Any:
    """The document in `body`. Raises BodyError for everything that is not strict JSON in UTF-8."""
    try:
        return _read_fast(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # Python's own reader takes a little more (lone surrogates, a mark of byte order), and can
        # say what is wrong.
        return _read_slowly(body)


def _read_slowly(body: bytes) -> Any:
    if not body.strip():
        raise BodyError("empty body")
    if body.lstrip()[:1] == b"<":
        raise BodyError("html in place of json")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BodyError("bad utf-8") from None
    if text.lstrip().startswith(("data:", "event:", ":")):
        raise BodyError("event stream in place of json")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise BodyError("json nested too deeply") from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        raise BodyError("truncated json" if cut else "bad json") from None
    except ValueError:
        raise BodyError("bad json number") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def as_json(value: Any) -> bytes:
    """`value` as the body of a request; lone surrogates as their JSON escapes."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True).encode("ascii")


def clean(text: str) -> str:
    """`text` with lone surrogates in their backslash form, so that it can be encoded as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def blank(text: str) -> bool:
    """Nothing in `text` can be seen: white space, control and invisible characters only."""
    return not any(ch.isprintable() and not ch.isspace() for ch in text)


def note(value: object) -> str:
    """A scalar of the reply on one line of at most 200 characters; empty for anything else."""
    if type(value) is str and _PLAIN_NOTE.fullmatch(value):
        return value
    if value is None or isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value) if isinstance(value, str | float) or abs(value) < 10**18 else ""
    return clean(" ".join(text[: _LONGEST_NOTE * 4].split()))[:_LONGEST_NOTE]


def part(value: object, *path: str) -> dict[str, Any]:
    """The object at `path` inside `value`; empty where something on the way is no object."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """`value` if it is a string, cleaned; else empty."""
    return clean(value) if isinstance(value, str) else ""


def count(*values: object) -> int | None:
    """The first value that is a plausible count, or `None`."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(value, float) and not value.is_integer():
            continue
        if 0 <= value <= _MOST_TOKENS:
            return int(value)
    return None


def money(value: object) -> float | None:
    """A finite, non-negative amount, or `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and not 0 <= value <= _MOST_TOKENS:
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
