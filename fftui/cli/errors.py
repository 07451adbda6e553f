"""What went wrong, in one line for the person, with the exit code that fits."""

from __future__ import annotations

import os
import sys

from fftui.credentials import redact
from fftui.store.sqlite import StoreError
from fftui.text import clean, line

_KNOWN = ("ServerError", "LocalModelError")
_WIDTH = 2000


class UsageError(Exception):
    """The call is wrong: exit code 2. `str()` is one line that says how to mend it."""


def report(error: Exception) -> int:
    """Print the error and return the exit code.

    An error of fftui itself is written to a file, for a report; the person sees where it is.
    """
    if isinstance(error, UsageError):
        say(str(error))
        return 2
    # By name, so that `status` need not import the engine.
    known = isinstance(error, StoreError) or type(error).__name__ in _KNOWN
    if known:
        say(str(error))
        return 1
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        say(f"{where}{error.strerror}")
        return 1
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    say(f"a mistake of fftui's own: {what}; {_kept(error)}")
    return 1


def say(words: str) -> None:
    """Print lines on stderr, each with the program's name; safe for any terminal."""
    for row in words.split("\n"):
        print(line(redact(f"fftui: {row}"), _WIDTH), file=sys.stderr)


def _kept(error: Exception) -> str:
    import tempfile
    import traceback

    try:
        fd, path = tempfile.mkstemp(prefix="fftui-error-", suffix=".txt")
        with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(clean(redact("".join(traceback.format_exception(error)))))
    except OSError as trouble:
        return f"its details could not be kept: {trouble.strerror}"
    return f"details in {path}"
