"""SIGHUP and SIGTERM end the view quietly, even where the terminal no longer takes a byte.

So does a terminal that is gone without a word: only the first process of a session is told that it
hung up, and one like make waits for its children instead of telling them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from textual.app import App

PATIENCE_S = 2.0
"""Time to restore the terminal. Behind a stalled link the writer blocks the event loop for good."""
_SIGNALS = (signal.SIGHUP, signal.SIGTERM)


class Signals:
    """Handlers for as long as the application runs."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._before: dict[signal.Signals, Any] = {}

    def listen(self) -> None:
        """Take the signals; only the main thread may."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            # A handler of Python's, not the loop's: it also runs while the loop is blocked.
            self._before[number] = signal.signal(number, self._leave)
        if sys.__stdin__ is not None and sys.__stdin__.isatty() and not self._app.is_headless:
            watch = threading.Thread(
                target=self._watch, args=(sys.__stdin__.fileno(),), name="hang-up", daemon=True
            )
            watch.start()

    def forget(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _watch(self, terminal: int) -> None:
        """Wait until the other end of the terminal is gone."""
        poll = select.poll()
        poll.register(terminal, 0)  # that it hung up is told unasked
        gone = any(what & select.POLLHUP for _, what in poll.poll())
        if gone and self._before:
            self._leave(signal.SIGHUP, None)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        del frame
        last = threading.Timer(PATIENCE_S, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(lambda: self._app.exit(return_code=128 + number))
