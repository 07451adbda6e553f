"""Do-Not-Answer, CSV `id,risk_area,types_of_harm,specific_harms,question`, and its mirrors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, key_field, text_field

NAME = "do-not-answer"
LICENCE = "CC-BY-NC-SA-4.0 (Apache-2.0 on the hub)"


def recognises(fields: Mapping[str, Any]) -> bool:
    """`risk_area` beside the kind of harm; a mirror calls the kinds and the prompt otherwise."""
    names = set(fields)
    return {"risk_area", "types_of_harm", "question"} <= names or {
        "risk_area", "harm_area", "prompt",
    } <= names  # fmt: skip


def item(fields: Mapping[str, Any]) -> Item:
    """Read one question; answers of models that stand beside it are not looked at."""
    return Item(
        turns=(text_field(fields, "question") or text_field(fields, "prompt"),),
        key=key_field(fields, "id"),
        family=text_field(fields, "types_of_harm") or text_field(fields, "harm_area"),
        benign=False,
    )
