"""fftui's own JSONL: `{"id", "turns": [...] | "prompt", "family", "benign"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, bool_field, key_field, text_field

NAME = "fftui"
LICENCE = ""
_FIELDS = frozenset({"id", "turns", "prompt", "family", "benign"})


def recognises(fields: Mapping[str, Any]) -> bool:
    """An id and turns of plain texts, or a prompt, and no field that fftui does not know."""
    names = set(fields)
    return bool({"turns", "prompt"} & names) and "id" in names and names <= _FIELDS


def item(fields: Mapping[str, Any]) -> Item:
    """Read one scenario. Raises RowError for a field of the wrong type."""
    turns = fields.get("turns")
    if turns is None:
        turns = [text_field(fields, "prompt")]
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
        raise RowError("turns", "must be a list of texts")
    return Item(
        turns=tuple(turns),
        key=key_field(fields, "id"),
        family=text_field(fields, "family"),
        benign=bool_field(fields, "benign"),
    )
