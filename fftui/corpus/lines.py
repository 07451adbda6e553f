"""The lines of a prompt file, one at a time: decoded, counted and hashed on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

LONGEST = 16 * 1024 * 1024
"""Bytes of the longest line: four times what the longest context windows hold."""


class CorpusError(ValueError):
    """A file that cannot be used. `str()` is one line: file, line, column, what is wrong."""


class TextLines:
    """Iterates over a file's lines, each with its line end. Only one line is held at a time."""

    def __init__(self, file: BufferedReader, name: str) -> None:
        self._file = file
        self._name = name
        self._hash = hashlib.sha256()
        self.bytes = 0
        """Read so far."""
        self.number = 0
        """Of the line that was given last, from 1."""
        self.torn = False
        """The line that was given last has no line end: it is the file's last."""

    def __iter__(self) -> Iterator[str]:
        while raw := self._file.readline(LONGEST + 1):
            self.number += 1
            self._hash.update(raw)
            self.bytes += len(raw)
            if len(raw) > LONGEST:
                raise self.error(f"longer than {LONGEST // 1024**2} MB; no prompt is")
            self.torn = not raw.endswith(b"\n")
            yield self._decoded(raw)

    def error(self, what: str, column: int | None = None) -> CorpusError:
        """A mistake in the line that was given last; `column` counts from 1."""
        place = f"{self.number}:{column}" if column else f"{self.number}"
        return CorpusError(f"{self._name}:{place}: {what}")

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex."""
        return self._hash.hexdigest()

    def _decoded(self, raw: bytes) -> str:
        if self.number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise self.error("is UTF-16; save it as UTF-8")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in raw:
            raise self.error("holds NUL bytes; this is no text file", raw.index(b"\0") + 1)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8")
            raise self.error("not UTF-8; save it as UTF-8", len(before) + 1) from None


def opened(path: Path) -> BufferedReader:
    """The file, for reading. Raises CorpusError."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise CorpusError(f"{path}: is a folder, not a file") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise CorpusError(f"{path}: cannot be read: {why}") from None
