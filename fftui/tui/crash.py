"""What is left of a screen that failed: one line on the terminal, the rest in a file."""

from __future__ import annotations

import os
import time
import traceback

from rich.text import Text
from textual.worker import WorkerFailed

from fftui.settings import state_dir
from fftui.text import line


def keep(error: BaseException | None) -> Text:
    """Write the traceback, without locals, to a file of mode 0600; returns what to print."""
    if isinstance(error, WorkerFailed):
        # Textual wraps what fails in a worker, and the wrapping comes from no place.
        error = error.error
    kind = type(error).__name__ if error else "unknown"
    said = f"fftui: the screen failed ({kind}). Runs go on; `fftui attach` opens the view again."
    try:
        file = state_dir() / "crash.log"
        # Only the last crash is kept: a file that grows unseen is nobody's friend.
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as log:
            log.write(time.strftime("%Y-%m-%dT%H:%M:%S%z\n"))
            if error is not None:
                # The message may quote an answer, so only its class and the places are kept.
                log.write("".join(traceback.format_tb(error.__traceback__)) + kind + "\n")
    except OSError:
        return Text(line(said, 400))
    return Text(line(f"{said} Details: {file}", 400))
