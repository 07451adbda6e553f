"""What the commands print on a terminal, behind all of them: nothing that would steer it."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any, TextIO

from fftui.text import clean

_ALL = 10**9


class ShownStream(io.TextIOBase):
    """A terminal that is given `Shown` text only. Files and pipes are data and stay as they are."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Print it, with what would act on the terminal made visible."""
        self._stream.write(clean(text, max_chars=_ALL, max_line=_ALL))
        return len(text)

    def flush(self) -> None:
        """Pass on what the stream behind has kept."""
        self._stream.flush()

    @property
    def buffer(self) -> _Bytes:
        """For what is written as bytes of UTF-8."""
        return _Bytes(self)

    def fileno(self) -> int:
        """That of the stream behind."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return self._stream.isatty()


class _Bytes(io.BufferedIOBase):
    """The way for bytes into a `ShownStream`."""

    def __init__(self, shown: ShownStream) -> None:
        self._shown = shown
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode

    def write(self, data: Any) -> int:
        """Print whole characters; what is left of one waits for its rest."""
        self._shown.write(self._decode(bytes(data)))
        return len(data)

    def flush(self) -> None:
        """Pass on what the stream has kept."""
        self._shown.flush()


def show_only() -> None:
    """From here on this process prints to terminals what they can bear."""
    if sys.stdout.isatty() and not isinstance(sys.stdout, ShownStream):
        sys.stdout = ShownStream(sys.stdout)
    if sys.stderr.isatty() and not isinstance(sys.stderr, ShownStream):
        sys.stderr = ShownStream(sys.stderr)
