"""SORRY-Bench, JSONL or CSV `question_id,category,turns[],prompt_style`; a file for each style."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, key_field, text_field, texts_field

NAME = "sorry-bench"
LICENCE = "sorry-bench (gated)"


def recognises(fields: Mapping[str, Any]) -> bool:
    """`question_id`, `turns` and `prompt_style`."""
    return {"question_id", "turns", "prompt_style"} <= set(fields)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one question. Its style, unless that is `base`, is its family and part of its id.

    Raises RowError for a field of the wrong type.
    """
    key, style = key_field(fields, "question_id"), text_field(fields, "prompt_style").strip()
    mutated = style not in ("", "base")
    return Item(
        turns=_turns(fields),
        key=f"{key}-{style}" if key and mutated else key,
        family=style if mutated else key_field(fields, "category"),
        benign=False,
    )


def _turns(fields: Mapping[str, Any]) -> tuple[str, ...]:
    given = fields.get("turns")
    if isinstance(given, str) and given.lstrip().startswith("["):
        # In a table the list stands as Python writes it.
        try:
            given = ast.literal_eval(given.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise RowError("turns", "must be a list of texts") from None
    return texts_field({"turns": given}, "turns")
