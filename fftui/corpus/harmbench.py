"""HarmBench text behaviours, CSV `Behavior,FunctionalCategory,SemanticCategory,…,BehaviorID`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, key_field, text_field

NAME = "harmbench"
LICENCE = "MIT"


def recognises(fields: Mapping[str, Any]) -> bool:
    """The columns `Behavior` and `BehaviorID`."""
    return {"behavior", "behaviorid"} <= set(fields)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one behaviour, a contextual one behind its context as HarmBench sends it."""
    behaviour = text_field(fields, "behavior")
    context = text_field(fields, "contextstring").strip()
    copyrighted = text_field(fields, "functionalcategory").strip().lower() == "copyright"
    return Item(
        turns=(f"{context}\n\n---\n\n{behaviour}" if context else behaviour,),
        key=key_field(fields, "behaviorid"),
        family=text_field(fields, "semanticcategory"),
        benign=False,
        problem="copyright behaviour: needs a judge of its own" if copyrighted else "",
    )
