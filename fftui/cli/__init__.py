"""The front door: `fftui` and its commands.

Each command is imported when it is called, so that `fftui status` loads neither Textual nor
pydantic. stdout is data, stderr is talk. Exit codes: 0 done, 1 the run or check failed, 2 the call
or the plan is wrong, 130 interrupted.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. No traceback reaches a person."""
    # What is loaded stays: to look through it for garbage, over and over, finds none.
    gc.disable()
    from fftui.cli.parser import parse
    from fftui.cli.terminal import show_only
    from fftui.credentials import guard

    guard()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal of another encoding shows codes for our glyphs instead of failing on them.
            stream.reconfigure(errors="backslashreplace")
    show_only()
    try:
        try:
            options = parse(sys.argv[1:] if argv is None else argv)
            code = int(options.run(options))
        except SystemExit as end:  # how argparse ends after --help, and after a wrong call
            code = int(end.code or 0)
        # What is still in the buffer fails here, where it is caught, and not at the exit.
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `head` does.
        _discard()
        return 0
    except Exception as error:
        from fftui.cli.errors import report

        if isinstance(error, OSError) and error.filename is None:
            _discard()
        return report(error)
    finally:
        # The interpreter would look through all that is left before it lets it go with the process.
        gc.freeze()
        gc.enable()
    return code


def _discard() -> None:
    """Let the exit flush what nobody takes into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
