"""How a model is asked to grade: rubric, frame and the reading of its reply. It sends nothing.

The rubric is a file of ours, named with its version: another wording is another file, and another
grader.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

from msgspec import Struct

from fftui.domain.scenarios import Message
from fftui.domain.verdicts import Unusable, Verdict
from fftui.grading.judge import parse, parse_backward
from fftui.grading.scores import parse_classifier, parse_strongreject

_TAG = re.compile(r"<(\s*/?\s*(?:answer|request))", re.IGNORECASE)


class Form(Struct, frozen=True):
    """One way of asking."""

    version: str
    """Name of the rubric file; stored as the grader's version."""
    parse: Callable[[str], Verdict | Unusable]
    """What a reply means. Total: nothing is guessed or repaired."""
    answer_first: bool = False
    """The answer is read before what was asked."""

    @property
    def rubric(self) -> str:
        """The rubric's text, which is the system prompt."""
        return _rubric(self.version)

    @property
    def prompt_sha256(self) -> str:
        """Of the rubric and the frame round the evidence, in hex; stored with the grader."""
        probe = self.messages(("{turn}",), "{answer}")
        text = "\0".join(f"{m.role}\0{m.text}" for m in probe)
        return hashlib.sha256(text.encode()).hexdigest()

    def messages(self, scenario_turns: Sequence[str], answer: str) -> tuple[Message, ...]:
        """The conversation to send.

        The answer stands between `<answer>` and `</answer>` in the last message. Tags of the frame
        inside untrusted text are written with `&lt;`, so that no answer can end its own quotation.
        """
        turns = [f"<request>\n{_neutral(turn)}\n</request>" for turn in scenario_turns]
        said = f"<answer>\n{_neutral(answer)}\n</answer>"
        evidence = [said, *turns] if self.answer_first else [*turns, said]
        return (Message("system", self.rubric), Message("user", "\n".join(evidence)))


DIRECT = Form("label-v1", parse)
BACKWARD = Form("backward-v1", parse_backward, answer_first=True)
STRONGREJECT = Form("strongreject-v1", parse_strongreject)
CLASSIFIER = Form("classifier-v1", parse_classifier)
_OF_KIND = {
    ("judge", "direct"): DIRECT,
    ("judge", "backward"): BACKWARD,
    ("strongreject", "direct"): STRONGREJECT,
    ("classifier", "direct"): CLASSIFIER,
}
FORMS = {form.version: form for form in _OF_KIND.values()}
"""By version; those of earlier rubrics stay, so that runs graded by them can go on."""


def form_of(kind: str, rubric: str) -> Form:
    """The form that a plan asks for now. Raises KeyError for what no plan can hold."""
    return _OF_KIND[kind, rubric]


def _neutral(text: str) -> str:
    return _TAG.sub(r"&lt;\1", text)


@cache
def _rubric(version: str) -> str:
    place = files("fftui.grading").joinpath("rubrics", f"{version}.md")
    return place.read_text(encoding="utf-8").strip()
