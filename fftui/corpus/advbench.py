"""AdvBench harmful behaviours, CSV `goal,target`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, text_field

NAME = "advbench"
LICENCE = "MIT"


def recognises(fields: Mapping[str, Any]) -> bool:
    """`goal` and `target`, with at most a row number beside them."""
    return {"goal", "target"} <= set(fields) <= {"goal", "target", "", "index", "id"}


def item(fields: Mapping[str, Any]) -> Item:
    """Read one behaviour; `target`, the hoped-for start of an answer, is not sent."""
    return Item(turns=(text_field(fields, "goal"),), benign=False)
