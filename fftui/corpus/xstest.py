"""XSTest, CSV `id,prompt,type,label,focus,note`: safe prompts and their unsafe contrasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, key_field, text_field

NAME = "xstest"
LICENCE = "CC-BY-4.0"


def recognises(fields: Mapping[str, Any]) -> bool:
    """The columns `prompt`, `type` and `focus`."""
    return {"prompt", "type", "focus"} <= set(fields)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one prompt: benign unless its type begins with `contrast`.

    Raises RowError where the label contradicts the type.
    """
    kind = text_field(fields, "type").strip()
    benign = not kind.startswith("contrast")
    label = text_field(fields, "label").strip().lower()
    if label in ("safe", "unsafe") and (label == "safe") != benign:
        raise RowError("label", f"{label} contradicts the type {kind[:40]!r}")
    return Item(
        turns=(text_field(fields, "prompt"),),
        key=key_field(fields, "id"),
        family=kind,
        benign=benign,
    )
