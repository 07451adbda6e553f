"""WildJailbreak, TSV `vanilla,adversarial,tactics,completion,data_type` or fewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, text_field

NAME = "wildjailbreak"
LICENCE = "ODC-BY (gated)"
_ENDS = {"_harmful": False, "_benign": True}


def recognises(fields: Mapping[str, Any]) -> bool:
    """The columns `adversarial` and `data_type`."""
    return {"adversarial", "data_type"} <= set(fields)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one row: what is sent is the vanilla or the adversarial prompt, as `data_type` says.

    The family is the kind, `vanilla` or `adversarial`; the example answer is not looked at. Raises
    RowError for another kind.
    """
    kind = text_field(fields, "data_type").strip()
    end = next((end for end in _ENDS if kind.endswith(end)), "")
    family = kind.removesuffix(end)
    if family not in ("vanilla", "adversarial") or not end:
        raise RowError("data_type", "must be vanilla_ or adversarial_ and harmful or benign")
    return Item(turns=(text_field(fields, family),), family=family, benign=_ENDS[end])
