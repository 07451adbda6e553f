"""What went wrong, in one line for the person, with the exit code that fits."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback

from fftui.store.sqlite import StoreError


class UsageError(Exception):
    """The call is wrong: exit code 2. `str()` is one line that says how to mend it."""


def report(error: Exception) -> int:
    """Print the error and return the exit code.

    An error of fftui itself is written to a file, for a report; the person sees where it is.
    """
    if isinstance(error, UsageError):
        print(f"fftui: {error}", file=sys.stderr)
        return 2
    if isinstance(error, StoreError):
        print(f"fftui: {error}", file=sys.stderr)
        return 1
    if type(error).__name__ in ("ServerError", "LocalModelError"):
        print(f"fftui: {error}", file=sys.stderr)
        return 1
    fd, path = tempfile.mkstemp(prefix="fftui-error-", suffix=".txt")
    with os.fdopen(fd, "w") as file:
        traceback.print_exception(error, file=file)
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    print(f"fftui: a mistake of fftui's own: {what}; details in {path}", file=sys.stderr)
    return 1
