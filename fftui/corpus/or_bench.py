"""OR-Bench, CSV `prompt,category`: prompts that only seem harmful, and a file of toxic ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, text_field

NAME = "or-bench"
LICENCE = "CC-BY-4.0"
_CATEGORIES = frozenset(
    {"deception", "harassment", "harmful", "hate", "illegal", "privacy", "self-harm", "sexual",
     "unethical", "violence"}
)  # fmt: skip


def recognises(fields: Mapping[str, Any]) -> bool:
    """These two columns and no other, with one of the set's ten categories."""
    category = str(fields.get("category", "")).strip().lower()
    return set(fields) == {"prompt", "category"} and category in _CATEGORIES


def item(fields: Mapping[str, Any]) -> Item:
    """Read one prompt. The three files differ in their names only; see `load`."""
    return Item(turns=(text_field(fields, "prompt"),), family=text_field(fields, "category"))
