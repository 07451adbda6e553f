"""Keys: where they are found, held so that they cannot be printed by mistake, and taken out of
whatever is written.

A key is looked for under the name that a plan gives: in the environment, then in `keys.toml` of the
user's settings folder, then in the system's keyring where the package `keyring` is installed.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn, TextIO

from fftui.settings import APP, config_dir
from fftui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

REDACTED: Final = "[redacted key]"
MIN_REDACTED = 8
"""Shorter values are not searched for: they are stand-ins for local servers, and words that occur
in ordinary text."""


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
        import hmac

        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not pickled")


def key_file() -> Path:
    """Where keys may be kept by name, one `NAME = "key"` a line. It may not exist."""
    return config_dir() / "keys.toml"


def find_key(env_name: str, environ: Mapping[str, str]) -> Secret | None:
    """The key called `env_name`; `None` where neither the environment nor a store has it.

    From here on `redact` knows it. Raises ValueError in one line, naming no part of a key, when the
    value could not be sent as a header or when others can read the file of keys.
    """
    if not env_name:
        return None
    value = environ.get(env_name, "").strip() or _kept(env_name)
    if not value:
        return None
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError(f"{env_name}: holds characters that no key has; set it again")
    remember(value)
    return Secret(value)


def _kept(name: str) -> str:
    return (_in_file(name) or _in_keyring(name)).strip()


def _in_file(name: str) -> str:
    import tomllib

    path = key_file()
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    with os.fdopen(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in (0, os.getuid()):
            raise ValueError(f"{path}: must be a file of your own, not a link or another's")
        if (mode := stat.S_IMODE(found.st_mode)) & 0o077:
            raise ValueError(f"{path}: mode {mode:04o} lets others at your keys; chmod 600 {path}")
        try:
            value = tomllib.load(file).get(name, "")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # The parser's own words would quote the line that holds the key.
            raise ValueError(f'{path}: is not TOML; write NAME = "key" on each line') from None
    if not isinstance(value, str):
        raise ValueError(f'{path}: {name} must be text: {name} = "key"')
    return value


@cache
def _in_keyring(name: str) -> str:
    # Asked once a process: a desktop's keyring may put up a window each time.
    from importlib.util import find_spec

    if find_spec("keyring") is None:
        return ""
    import keyring
    from keyring.errors import KeyringError

    try:
        return str(keyring.get_password(APP, name) or "")
    except KeyringError:
        return ""


def guard(*, traceable: bool = True) -> None:
    """Before anything else of a process: private files, no core dump.

    `traceable=False` is for the process that holds keys and answers for days: on Linux nobody but
    root can then attach to it or have its memory written to a file.
    """
    import resource

    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not traceable:
        import contextlib
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # macOS has no prctl
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


_PR_SET_DUMPABLE = 4


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
        self._plain = tuple(ordered)
        self._packed = tuple(form for value in ordered for form in _base64_cores(value))

    def __call__(self, text: str) -> str:
        """The text with each secret replaced; equal to it where there is none."""
        if self._pattern is None or not self._suspects(text):
            return text
        return self._pattern.sub(REDACTED, text)

    def _suspects(self, text: str) -> bool:
        # The pattern costs a microsecond a character or so; these searches next to nothing.
        if self._holds(text):
            return True
        plain = _unquoted(text) if "%" in text else text
        plain = _ESCAPES.sub(_unescaped, plain) if "\\" in plain else plain
        return plain is not text and self._holds(plain)

    def _holds(self, text: str) -> bool:
        if any(value in text for value in self._plain):
            return True
        usual = text.translate(_URL_SAFE)
        return any(core in usual for core in self._packed)


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


_URL_SAFE = str.maketrans("-_", "+/")
_ESCAPES = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/]))')


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


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


def _base64_cores(value: str) -> list[str]:
    """The characters of its base64 that are the same whatever surrounds it, for each offset."""
    import base64

    raw = value.encode()
    cores = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        # Characters that also carry bits of a neighbour differ with it; the rest are fixed.
        cores.append(encoded[(offset * 8 + 5) // 6 : (offset + len(raw)) * 8 // 6])
    return cores


_PACKED = {"+": "(?:[+-]|%2[Bb])", "/": r"(?:\\?/|_|%2[Ff])"}


def _base64_forms(value: str) -> list[str]:
    forms = ("".join(_PACKED.get(char, char) for char in core) for core in _base64_cores(value))
    # What follows a backslash belongs to an escape of the text around it.
    return [
        rf"(?:(?<!\\)[A-Za-z0-9+/_-])?{form}[A-Za-z0-9+/_-]?(?:=|%3[Dd]){{0,2}}" for form in forms
    ]


# What this process was given, so that no sink has to be told: a sink that was forgotten leaks.
_known: dict[str, None] = {}
_redactor = Redactor(())


def remember(value: str) -> None:
    """Let `redact` know a key that came from elsewhere than `find_key`."""
    global _redactor  # noqa: PLW0603 - one per process is the point
    if value not in _known and len(value) >= MIN_REDACTED:
        _known[value] = None
        _redactor = Redactor(map(Secret, _known))


def redact(text: str) -> str:
    """The text without any key that this process has found or sent, however it is spelt there."""
    return _redactor(text)


def childs_environ() -> dict[str, str]:
    """The environment for processes that have no business with keys: without those known."""
    return {name: value for name, value in os.environ.items() if redact(value) == value}


def _printed(text: str) -> str:
    return clean(redact(text), max_chars=_ALL, max_line=_ALL)


_ALL = 10**9


class RedactedStream(io.TextIOBase):
    """A text stream of whole lines without keys, safe for whoever reads the log in a terminal.

    For a process's stderr and stdout: tracebacks, warnings and logging all end there, whoever wrote
    them.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Keep the text until its line ends: a key may come in two pieces."""
        whole, end, rest = (self._begun + text).rpartition("\n")
        self._begun = rest
        if end:
            self._stream.write(_printed(whole) + end)
        return len(text)

    def flush(self) -> None:
        """Pass on what has been kept."""
        self._stream.write(_printed(self._begun))
        self._begun = ""
        self._stream.flush()

    def fileno(self) -> int:
        """That of the stream behind."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return self._stream.isatty()


def redact_streams() -> None:
    """From here on this process prints no key that it knows."""
    sys.stdout = RedactedStream(sys.stdout)
    sys.stderr = RedactedStream(sys.stderr)
