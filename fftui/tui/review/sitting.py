"""A reader's sitting: how much they read, how fast, for how long, and when a break is due."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

BREAK_S = 50 * 60
"""After which a break is due."""
PAUSE_STEP = 25
"""Readings between two hints at a break."""
_REMEMBERED = 4
"""Last things done that a wide terminal shows."""
_HASTE = 5
"""Labels in a row, each too fast, that are remarked upon."""


@dataclass
class Sitting:
    """From the opening of the screen on. Times are monotonic seconds."""

    began: float = field(default_factory=time.monotonic)
    read: int = 0
    """Readings given and not taken back."""
    fast: int = 0
    """Labels in a row that came too fast to have been read for."""
    done: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    """What was done last, in words, oldest first."""

    def label(self, name: str, *, fast: bool, amends: bool) -> str:
        """A label was given, by its name on the screen; what to say of it."""
        self.fast = self.fast + 1 if fast else 0
        if amends:
            said = f"amended: {name}"
        else:
            self.read += 1
            said = f"item {self.read}: {name}"
        self.done.append(said)
        return said

    def taken_back(self) -> None:
        """A reading fewer; one of an earlier session was not counted here."""
        self.read = max(0, self.read - 1)

    @property
    def haste(self) -> str:
        """A word on labels that come too fast; empty where they do not."""
        return "five in a row under 0.7 s" if self.fast >= _HASTE else ""

    def words(self, now: float, *, rest: bool) -> list[str]:
        """Minutes, readings an hour after the first of them, and with `rest` minutes to a break."""
        minutes = (now - self.began) / 60
        said = [f"{minutes:.0f}m"]
        said += [f"{self.read / minutes * 60:.0f}/h"] if minutes >= 1 else []
        return said + [f"break in {max(0.0, BREAK_S / 60 - minutes):.0f}m"] * rest

    def hint(self, now: float, *, tired: bool) -> bool:
        """Whether to say now that a break is due: by the clock, or since the reader is `tired`."""
        due = now - self.began > BREAK_S or tired
        return due and self.read % PAUSE_STEP == 0
