"""The front door: `fftui` and its commands.

Each command is imported when it is called, so that `fftui status` loads neither Textual nor
pydantic. stdout is data, stderr is talk. Exit codes: 0 done, 1 the run or check failed, 2 the call
or the plan is wrong, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. No traceback reaches a person."""
    from fftui.cli.parser import parse

    os.umask(0o077)
    options = parse(sys.argv[1:] if argv is None else argv)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from fftui.cli.errors import report

        return report(error)
