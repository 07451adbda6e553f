"""Keys: held so that they cannot be printed by mistake, and taken out of whatever is written."""

from __future__ import annotations

import base64
import hmac
import logging
import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REDACTED = "[redacted]"
MIN_REDACTED = 6
"""Shorter values are not searched for: they would blank out ordinary words."""


class Secret:
    """A key. Shows itself as `***` everywhere; `reveal` is for the moment of sending only."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The key itself. Never pass it to anything that logs, stores or shows."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not pickled")


def find_key(env_name: str, environ: Mapping[str, str]) -> Secret | None:
    """The key in the environment variable `env_name`; `None` where it is unset or blank.

    Raises ValueError, naming the variable only, when the value could not be sent as a header.
    """
    value = environ.get(env_name, "").strip() if env_name else ""
    if not value:
        return None
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError(f"{env_name}: holds characters that no key has; set it again")
    return Secret(value)


class Redactor:
    """Replaces known secrets in a text, whichever way they are written.

    Found are the value itself, any of its characters percent-encoded or JSON-escaped, and its
    base64 form, plain or URL-safe, also inside a longer encoded text such as `user:key`.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {secret.reveal() for secret in secrets}
        # The longest first: one key may begin another.
        ordered = sorted((v for v in values if len(v) >= MIN_REDACTED), key=len, reverse=True)
        forms = [form for value in ordered for form in (_spelt(value), *_base64_forms(value))]
        self._pattern = re.compile("|".join(forms)) if forms else None

    def __call__(self, text: str) -> str:
        """The text with each secret replaced by `[redacted]`; equal to it where there is none."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text


def _spelt(value: str) -> str:
    parts = []
    for char in value:
        ways = [re.escape(char), "".join(f"%(?i:{byte:02x})" for byte in char.encode())]
        units = char.encode("utf-16-be")
        ways.append("".join(f"\\\\u(?i:{units[i : i + 2].hex()})" for i in range(0, len(units), 2)))
        if char in '"\\/':
            ways.insert(0, re.escape("\\" + char))
        parts.append(f"(?:{'|'.join(ways)})")
    return "".join(parts)


def _base64_forms(value: str) -> list[str]:
    raw = value.encode()
    forms: list[str] = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        # Characters that also carry bits of a neighbour differ with it; the rest are fixed.
        first = (offset * 8 + 5) // 6
        last = (offset + len(raw)) * 8 // 6
        fixed = encoded[first:last]
        forms.append("".join({"+": "[+-]", "/": "[/_]"}.get(char, char) for char in fixed))
    return [rf"[A-Za-z0-9+/_-]?{form}[A-Za-z0-9+/_-]?={{0,2}}" for form in forms]


class RedactingFilter(logging.Filter):
    """Takes secrets out of log records, tracebacks included.

    Add it to handlers, not to loggers: a logger's filter does not see its children's records.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redact = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record in place; drops none."""
        try:
            message = record.getMessage()
        except Exception:
            message = f"unformattable log message: {record.msg}"
        record.msg, record.args = self._redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        # Handlers that format the exception themselves would print it unredacted.
        record.exc_info = None
        record.exc_text = self._redact(record.exc_text) if record.exc_text else None
        record.stack_info = self._redact(record.stack_info) if record.stack_info else None
        return True
