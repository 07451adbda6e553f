"""Which keys of a label count: one a burst, and none that is typed ahead of the item. No screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

SETTLE_S = 0.2
"""No label is taken for so long after an item's paint, nor after another key of a label."""


@dataclass
class Burst:
    """The keys of labels as they come."""

    dropped: int = 0
    """Since the last that was taken."""
    typed: float = -math.inf
    """When the last one came, taken or not, monotonic."""

    def takes(self, now: float, painted: float) -> bool:
        """Whether a key that is typed now can mean the item that was painted then.

        A key that is held down, or was typed ahead of a line that stalled, may come later than the
        item and was meant for none that was seen.
        """
        before, self.typed = self.typed, now
        if now - painted < SETTLE_S or now - before < SETTLE_S:
            self.dropped += 1
            return False
        return True

    def taken(self) -> None:
        """A label was written: what was dropped before it is told no longer."""
        self.dropped = 0

    @property
    def words(self) -> str:
        """What was dropped; empty where nothing was."""
        n = self.dropped
        return f"{n} key{'' if n == 1 else 's'} dropped: typed ahead of what is shown" if n else ""
