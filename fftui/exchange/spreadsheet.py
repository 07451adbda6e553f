"""Values as fields of a CSV file that people open in a spreadsheet."""

from __future__ import annotations

from fftui.text import clean

Value = str | int | float | bool | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def field(value: Value) -> str | int | float | None:
    """A field; a text that begins like a formula gets an apostrophe before it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = str(clean(value, max_chars=2_000_000, max_line=2_000_000))
        return f"'{shown}" if _guarded(shown) else shown
    return value


def text(written: str) -> str:
    """The text of a field as it was before `field` guarded it."""
    return written[1:] if written.startswith("'") and _guarded(written) else written


def _guarded(shown: str) -> bool:
    # Behind apostrophes, too: else nobody could tell which one was the text's own.
    return shown.lstrip("'").startswith(_FORMULA)
