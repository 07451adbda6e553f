"""How much of what is masked a reader has let themselves see, over one session. No screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fftui.tui.review.shown import How, Shown

if TYPE_CHECKING:
    from fftui.tui.review.desk import Item

MOST = 60
"""Times after which a break is due."""


@dataclass
class Exposure:
    """Whether items come unmasked, and how often anything was."""

    always: bool = False
    """Items come unmasked."""
    n: int = 0
    """Times that something was unmasked: a paragraph, an item, an item that came so."""

    def come(self, item: Item, back: int = -1) -> Shown:
        """An item to be shown, as masked as this session has it."""
        shown = Shown(item, How(unmasked=self.always), back)
        if self.always:
            self.note(shown)
        return shown

    @property
    def much(self) -> bool:
        """More than is good without a break."""
        return self.n > MOST

    @property
    def words(self) -> str:
        """How often, of how often at most."""
        return f"unmasked {self.n}/{MOST}"

    def note(self, shown: Shown) -> None:
        """Something of the item was unmasked."""
        self.n += 1
        shown.unmasked = True
