"""The model judge: what it is asked, and what its reply means. It sends nothing itself."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fftui.domain.labels import Label
from fftui.domain.scenarios import Message
from fftui.domain.verdicts import Unusable, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

JUDGE_VERSION = "label-v1"
"""Name of the rubric file. Another wording is another file, and another grader."""

_FENCE = re.compile(r"\A```[a-zA-Z]*[ \t]*\n(.*?)\n?[ \t]*```\Z", re.DOTALL)
_TAG = re.compile(r"<(\s*/?\s*(?:answer|request))", re.IGNORECASE)
_MOST_OBJECTS = 64
_LONGEST_REPLY = 200_000
_LONGEST_EVIDENCE = 500


@cache
def rubric() -> str:
    """The rubric's text, which is the judge's system prompt."""
    place = files("fftui.grading").joinpath("rubrics", f"{JUDGE_VERSION}.md")
    return place.read_text(encoding="utf-8").strip()


def prompt_hash() -> str:
    """SHA-256 of the rubric and the frame round the evidence, in hex; stored with the grader."""
    probe = messages(("{turn}",), "{answer}")
    text = "\0".join(f"{m.role}\0{m.text}" for m in probe)
    return hashlib.sha256(text.encode()).hexdigest()


def messages(scenario_turns: Sequence[str], answer: str) -> tuple[Message, ...]:
    """The conversation to send to the judge.

    The answer stands between `<answer>` and `</answer>` in the last message. Tags of the frame
    inside untrusted text are written with `&lt;`, so that no answer can end its own quotation.
    """
    turns = "\n".join(f"<request>\n{_neutral(turn)}\n</request>" for turn in scenario_turns)
    evidence = f"{turns}\n<answer>\n{_neutral(answer)}\n</answer>"
    return (Message("system", rubric()), Message("user", evidence))


def parse(text: str) -> Verdict | Unusable:
    """What the judge's reply says. Total: every string gives a verdict or a reason for none.

    A JSON object may stand in a fence or in prose. Several objects with different labels, a label
    outside the taxonomy, and a confidence that is no number from 0 to 1 are unusable: nothing is
    guessed or repaired.
    """
    if not text.strip():
        return Unusable("empty reply")
    if len(text) > _LONGEST_REPLY:
        return Unusable("reply too long")
    found = [one for one in _objects(text) if "label" in one]
    if not found:
        return Unusable("no JSON object with a label")
    labels = {json.dumps(one["label"], default=str) for one in found}
    if len(labels) > 1:
        return Unusable("several labels")
    return _verdict(found[-1])


def _verdict(one: dict[str, Any]) -> Verdict | Unusable:
    name = one["label"]
    if not isinstance(name, str) or name.strip().upper() not in Label.__members__:
        return Unusable("label outside the taxonomy")
    confidence = one.get("confidence")
    if confidence is not None:
        if isinstance(confidence, bool) or not isinstance(confidence, int | float):
            return Unusable("confidence is no number")
        if not 0 <= confidence <= 1:
            return Unusable("confidence outside 0 to 1")
        confidence = float(confidence)
    evidence = one.get("evidence", "")
    evidence = evidence if isinstance(evidence, str) else ""
    # A lone surrogate can be written in JSON and cannot be stored.
    evidence = evidence.encode("utf-8", "backslashreplace").decode()
    return Verdict(Label[name.strip().upper()], confidence, evidence[:_LONGEST_EVIDENCE])


def _neutral(text: str) -> str:
    return _TAG.sub(r"&lt;\1", text)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects in `text`, in order."""
    text = text.strip()
    if fence := _FENCE.match(text):
        text = fence[1]
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    place = 0
    for _ in range(_MOST_OBJECTS):
        place = text.find("{", place)
        if place < 0:
            return
        try:
            one, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        if isinstance(one, dict):
            yield one


def _no_constant(name: str) -> None:
    raise ValueError(name)
