"""The model judge: what its reply means."""

from __future__ import annotations

from typing import Any

from fftui.domain.labels import Label
from fftui.domain.verdicts import Unusable, Verdict
from fftui.grading.replies import only_object, quoted


def parse(text: str) -> Verdict | Unusable:
    """What the judge's reply says. Total: every string gives a verdict or a reason for none.

    A JSON object may stand in a fence or in prose. Several objects with different labels, a label
    outside the taxonomy, and a confidence that is no number from 0 to 1 are unusable: nothing is
    guessed or repaired.
    """
    one = only_object(text, "label")
    return one if isinstance(one, Unusable) else _verdict(one)


def parse_backward(text: str) -> Verdict | Unusable:
    """The same of a judge that names the request which the answer would fit.

    What it named stands behind the evidence.
    """
    one = only_object(text, "label")
    if isinstance(one, Unusable):
        return one
    said = _verdict(one)
    inferred = quoted(one, "inferred")
    if isinstance(said, Unusable) or not inferred:
        return said
    return Verdict(said.label, said.confidence, f"{said.evidence} [answers: {inferred}]")


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
    return Verdict(Label[name.strip().upper()], confidence, quoted(one))
