"""How the rows of the terminal are shared out between the panes."""

from __future__ import annotations

from msgspec import Struct

WIDE = 120
"""Columns from which the chosen target has a column of its own."""


class Sizes(Struct, frozen=True):
    """Heights of the panes, and the width of the right column; zero hides it."""

    targets: int
    middle: int
    """Budget and flags."""
    selected: int


_HEADER, _DETAIL, _FOOTER = 2, 1, 1
_MIN_TARGETS, _MIN_MIDDLE, _MIN_ACTIVITY = 4, 4, 4
_MIN_SELECTED = 43
"""Tier, count, `100.0 %` and its interval side by side."""
ROOMY = 34
"""Rows from which the parts are set apart by empty lines and charts."""


def sizes(width: int, height: int, targets: int, budget_rows: int) -> Sizes:
    """The table gets what it needs, then the budget; the log takes what is left.

    Heights depend on the number of targets and accounts only, so nothing moves while a run goes.
    """
    room = max(0, height - _HEADER - _DETAIL - _FOOTER)
    roomy = height >= ROOMY
    activity = _MIN_ACTIVITY + (8 if roomy else 0)
    # One blank row below the table keeps it apart from its detail line where there is room.
    wanted = 1 + max(1, targets) + (1 if roomy else 0)
    table = max(_MIN_TARGETS, min(wanted, room - _MIN_MIDDLE - activity))
    left = room - table - activity
    wanted = max(6 if roomy else 5, 1 + budget_rows)
    # What a tall terminal leaves is shared with the log, for the sake of the flags.
    wanted += max(0, left - wanted) // 2 if roomy else 0
    middle = max(_MIN_MIDDLE, min(left, wanted, height * 2 // 5 if roomy else height // 3))
    selected = 0 if width < WIDE else min(48, max(_MIN_SELECTED, width * 3 // 10))
    return Sizes(table, middle, selected)
