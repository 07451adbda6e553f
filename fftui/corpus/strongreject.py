"""StrongREJECT, CSV `category,source,forbidden_prompt`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, text_field

NAME = "strongreject"
LICENCE = "MIT"


def recognises(fields: Mapping[str, Any]) -> bool:
    """The column `forbidden_prompt`."""
    return "forbidden_prompt" in fields


def item(fields: Mapping[str, Any]) -> Item:
    """Read one prompt."""
    return Item(
        turns=(text_field(fields, "forbidden_prompt"),),
        family=text_field(fields, "category"),
        benign=False,
    )
