"""What a copy without text says in place of what was asked, answered, quoted and noted.

Ids, labels, counts, times and the hashes by which equal texts are known stay: every number of a
copy is the original's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fftui.store.texts import pack, unpack

WITHHELD = "[text withheld]"
_SAFE_EVENTS = ("started", "resumed", "finished", "alert", "copied")
"""Kinds of log lines that fftui words alone; others may quote what a platform said."""
_PROMPTS = ("system_prompt",)
"""Fields of plans and targets that hold prompts."""

Values = dict[str, Any]


def _turns(row: Values) -> Values:
    turns = unpack(row["enc"], row["body"])
    enc, body = pack([WITHHELD] * len(turns), compress=False)
    return {"enc": enc, "body": body}


def _answer(row: Values) -> Values:
    found = unpack(row["enc"], row["body"])
    hidden = {
        "answers": [WITHHELD] * len(found["answers"]),
        "reasoning": WITHHELD if found["reasoning"] else "",
    }
    enc, body = pack(hidden, compress=False)
    return {"enc": enc, "body": body}


def _gold(row: Values) -> Values:
    found = unpack(row["enc"], row["body"])
    hidden = {"turns": [WITHHELD] * len(found["turns"]), "answer": WITHHELD}
    enc, body = pack(hidden, compress=False)
    return {"enc": enc, "body": body}


def _head(text: str) -> str:
    """What fftui says itself; what a platform said follows the first colon."""
    head, colon, _ = text.partition(": ")
    return f"{head}: {WITHHELD}" if colon else head


def _event(row: Values) -> Values:
    return {} if row["kind"] in _SAFE_EVENTS else {"text": _head(row["text"])}


def _evidence(row: Values) -> Values:
    return {"evidence": WITHHELD if row["evidence"] else ""}


def _review(row: Values) -> Values:
    """Numbers and marks stay; of words only those that fftui gave itself."""
    own = ("origin", "what", "guideline", "guideline_sha256", "evidence", "known", "gold",
           "confidence", "cause")  # fmt: skip
    body = {
        name: value if name in own or not isinstance(value, str | list | dict) else WITHHELD
        for name, value in json.loads(row["body"]).items()
    }
    return {"body": json.dumps(body)}


def _without_prompts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: WITHHELD if name in _PROMPTS and inner else _without_prompts(inner)
            for name, inner in value.items()
        }
    return [_without_prompts(v) for v in value] if isinstance(value, list) else value


def _json(*columns: str) -> Callable[[Values], Values]:
    return lambda row: {c: json.dumps(_without_prompts(json.loads(row[c]))) for c in columns}


def _plan(row: Values) -> Values:
    return {**_json("resolved")(row), "toml": f"# {WITHHELD}\n"}


def _signal(row: Values) -> Values:
    return {"signal": _head(row["signal"])}


def _reason(row: Values) -> Values:
    return {"reason": _head(row["reason"])}


def _account(row: Values) -> Values:
    body = json.loads(row["body"])
    return {"body": json.dumps({**body, "reason": _head(body["reason"]),
                                "paused": _head(body["paused"])})}  # fmt: skip


_CHANGED: Mapping[str, Callable[[Values], Values]] = {
    "scenario_text": _turns,
    "answer": _answer,
    "gold": _gold,
    "verdict": _evidence,
    "outcome": _signal,
    "call": _signal,
    "event": _event,
    "review": _review,
    "plan": _plan,
    "target": _json("spec"),
    "grader": _json("spec"),
    "engine": _reason,
    "target_state": _reason,
    "account_state": _account,
}


def _replaced(change: Callable[[Values], Values]) -> Callable[[Values], tuple[Any, ...]]:
    return lambda row: tuple({**row, **change(row)}.values())


REPLACED = {table: _replaced(change) for table, change in _CHANGED.items()}
"""For each table that may hold text: a row by column name in, its values without text out."""
