"""Any other table or JSONL with one column that looks like a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, bool_field, key_field, text_field, texts_field

NAME = "plain"
LICENCE = ""
COLUMNS = ("prompt", "question", "text", "goal", "behavior", "instruction", "input", "query")
"""Column names that hold prompts, the likeliest first."""
_FAMILIES = ("family", "category", "attack", "technique", "risk_area")


def recognises(fields: Mapping[str, Any]) -> bool:
    """A column of `COLUMNS`, or `turns`."""
    return "turns" in fields or any(name in fields for name in COLUMNS)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one prompt. Raises RowError for a field of the wrong type."""
    column = next((name for name in COLUMNS if name in fields), COLUMNS[0])
    if fields.get("turns") is not None:
        column = "turns"
    texts = texts_field(fields, column)
    family = next((name for name in _FAMILIES if isinstance(fields.get(name), str)), "")
    return Item(
        turns=texts,
        key=key_field(fields, "id", "question_id"),
        family=text_field(fields, family) if family else "",
        benign=bool_field(fields, "benign"),
    )
