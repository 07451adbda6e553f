"""JBB-Behaviors, CSV `Index,Goal,Target,Behavior,Category,Source`, harmful and benign alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, key_field, text_field

NAME = "jbb"
LICENCE = "MIT"


def recognises(fields: Mapping[str, Any]) -> bool:
    """The columns `Goal`, `Behavior` and `Category`."""
    return {"goal", "behavior", "category"} <= set(fields)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one behaviour. The two files differ in their names only; see `load`."""
    return Item(
        turns=(text_field(fields, "goal"),),
        key=key_field(fields, "index"),
        family=text_field(fields, "category"),
    )
