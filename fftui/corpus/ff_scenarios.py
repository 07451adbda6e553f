"""Failure-First scenarios, JSONL of schema 0.2: `turns[]{role,text}`, `attack_attempt`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fftui.corpus.rows import Item, RowError, bool_field, key_field, text_field

NAME = "ff-scenarios"
LICENCE = ""
_MARKS = frozenset({"scenario_class", "attack_attempt", "scenario_id", "scenario_description"})
_UNSENT = ("scenario_description", "environment", "actors", "system_prompt")
_USER_ROLES = frozenset({"user", "human", "attacker", ""})


def recognises(fields: Mapping[str, Any]) -> bool:
    """Turns with roles, or a field that only these files have beside turns or a prompt."""
    turns = fields.get("turns")
    if isinstance(turns, list) and turns and isinstance(turns[0], dict):
        return True
    return bool(_MARKS & set(fields)) and bool({"turns", "prompt"} & set(fields))


def item(fields: Mapping[str, Any]) -> Item:
    """Read one scenario: the user's turns; the model's own are for the target to say.

    Raises RowError for a field of the wrong type.
    """
    turns, left_out = user_turns(fields)
    if not any(turn.strip() for turn in turns):
        turns = tuple(t for t in (text_field(fields, "prompt"),) if t.strip())
    attack = bool_field(fields, "attack_attempt")
    unsent = [name for name in _UNSENT if fields.get(name)]
    return Item(
        turns=turns,
        key=key_field(fields, "id", "scenario_id"),
        family=text_field(fields, "scenario_class"),
        benign=None if attack is None else not attack,
        problem=f"{left_out} turns of other roles than the user left out" if left_out else "",
        note=f"not sent: {', '.join(unsent)}" if unsent else "",
    )


def user_turns(fields: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    """(what the user says, number of turns of other roles). Raises RowError."""
    given = fields.get("turns")
    if given is None:
        return (), 0
    if not isinstance(given, list):
        raise RowError("turns", "must be a list")
    turns, left_out = [], 0
    for turn in given:
        if isinstance(turn, str):
            turns.append(turn)
            continue
        if not isinstance(turn, dict):
            raise RowError("turns", "must hold texts or objects with role and text")
        text = text_field(turn, "text") or text_field(turn, "content")
        if text_field(turn, "role").lower() in _USER_ROLES:
            turns.append(text)
        else:
            left_out += 1
    return tuple(turns), left_out
