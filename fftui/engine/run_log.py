"""The run's log, as its engine writes it: lines that nobody waits for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from fftui.credentials import REDACTED
from fftui.engine import alerts
from fftui.store.now import AddEvent
from fftui.store.writer import Writer

_NOTIFIED = {"paused": "pause", alerts.KIND: "alert"}
"""Kinds of lines of which the person's own command is told, with its name for them."""


@dataclass
class RunLog:
    """Writes lines, and remembers of which a person has still to hear."""

    writer: Writer
    untold: list[tuple[str, str]] = field(default_factory=list)
    """(event, words) of what the person's own command has not been told yet."""
    _leaky: set[int] = field(default_factory=set)
    """Targets of which the log says already that their platform repeats keys."""

    def __call__(
        self, kind: str, text: str, severity: str = "info", target: int | None = None
    ) -> None:
        """A line in the run's log, without waiting for it."""
        if kind in _NOTIFIED:
            self.untold.append((_NOTIFIED[kind], text))
        self.writer.post(AddEvent(time.time(), kind, text, severity, target))

    def echoed(self, target: int, platform: str) -> None:
        """A key that comes back was seen by whoever wrote the reply; said once per target."""
        if target not in self._leaky:
            self._leaky.add(target)
            words = (
                f"a reply of {platform} repeated the key that it was sent; it is"
                f" stored as {REDACTED}: replace the key if you do not trust who answers"
            )
            self("error", words, "error", target)
