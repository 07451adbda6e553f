"""Failure-First episodes, JSONL: `episode_id`, `scenes[]{context,turns}`; one conversation each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.ff_scenarios import user_turns
from fftui.corpus.rows import Item, RowError, bool_field, key_field, text_field

NAME = "ff-episodes"
LICENCE = ""


def recognises(fields: Mapping[str, Any]) -> bool:
    """`scenes`, a list."""
    return isinstance(fields.get("scenes"), list)


def item(fields: Mapping[str, Any]) -> Item:
    """Read one episode: the user's turns of its scenes, a scene's context before its first turn.

    Raises RowError for a field of the wrong type.
    """
    scenes = fields.get("scenes")
    if not isinstance(scenes, list) or not all(isinstance(scene, dict) for scene in scenes):
        raise RowError("scenes", "must be a list of objects")
    turns: list[str] = []
    left_out = 0
    for scene in scenes:
        said, others = user_turns(scene)
        context = text_field(scene, "context").strip()
        if said and context:
            said = (f"{context}\n\n{said[0]}", *said[1:])
        turns += said
        left_out += others
    attack = bool_field(fields, "attack_attempt")
    memory = "memory_policy is not applied: an episode is one conversation"
    return Item(
        turns=tuple(turns),
        key=key_field(fields, "episode_id", "id"),
        family=text_field(fields, "scenario_class"),
        benign=None if attack is None else not attack,
        problem=f"{left_out} turns of other roles than the user left out" if left_out else "",
        note=memory if fields.get("memory_policy") else "",
    )
