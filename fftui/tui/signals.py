"""SIGHUP and SIGTERM end the view quietly, even where the terminal no longer takes a byte."""

from __future__ import annotations

import asyncio
import os
import signal
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

    def forget(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _leave(self, number: int, frame: FrameType | None) -> None:
        del frame
        last = threading.Timer(PATIENCE_S, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self._app.exit(return_code=128 + number))
