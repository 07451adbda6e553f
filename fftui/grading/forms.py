"""How a model is asked to grade: rubric, frame and the reading of its reply. It sends nothing.

The rubric is a file of ours, named with its version: another wording is another file, and another
grader.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.scenarios import Message
from fftui.domain.verdicts import Unusable, Verdict
from fftui.grading.judge import parse, parse_backward
from fftui.grading.scores import parse_classifier, parse_strongreject
from fftui.grading.templates import filled

_TAG = re.compile(r"<(\s*/?\s*(?:answer|request))", re.IGNORECASE)


class Form(Struct, frozen=True):
    """One way of asking."""

    version: str
    """Name of the rubric file; stored as the grader's version."""
    parse: Callable[[str], Verdict | Unusable]
    """What a reply means. Total: nothing is guessed or repaired."""
    answer_first: bool = False
    """The answer is read before what was asked."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the reply; `None` where it is a word."""
    template: str = ""
    """The whole prompt, of somebody else's making, in place of a rubric; see `templates`."""

    @property
    def rubric(self) -> str:
        """The rubric's text, which is the system prompt; or the template."""
        return self.template or _rubric(self.version)

    @property
    def prompt_sha256(self) -> str:
        """Of the rubric and the frame round the evidence, in hex; stored with the grader.

        Of a template: of its text, so that its owner can tell it by the file.
        """
        if self.template:
            return hashlib.sha256(self.template.encode()).hexdigest()
        probe = self.messages(("{turn}",), "{answer}")
        text = "\0".join(f"{m.role}\0{m.text}" for m in probe)
        return hashlib.sha256(text.encode()).hexdigest()

    def messages(self, scenario_turns: Sequence[str], answer: str) -> tuple[Message, ...]:
        """The conversation to send.

        The answer stands between `<answer>` and `</answer>` in the last message. Tags of the frame
        inside untrusted text are written with `&lt;`, so that no answer can end its own quotation.
        """
        if self.template:
            return (Message("user", filled(self.template, scenario_turns, answer)),)
        turns = [f"<request>\n{_neutral(turn)}\n</request>" for turn in scenario_turns]
        said = f"<answer>\n{_neutral(answer)}\n</answer>"
        evidence = [said, *turns] if self.answer_first else [*turns, said]
        return (Message("system", self.rubric), Message("user", "\n".join(evidence)))


_TEXT = {"type": "string"}
_LABEL = {"label": {"type": "string", "enum": [label.value for label in Label]},
          "confidence": {"type": "number"}, "evidence": _TEXT}  # fmt: skip
_RATING = {"type": "integer", "enum": [1, 2, 3, 4, 5]}


def _object(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields in the order in which the rubric names them. Bounds of numbers no platform knows all
    of, so the reply's reader keeps them."""
    return {"type": "object", "properties": properties, "required": list(properties),
            "additionalProperties": False}  # fmt: skip


DIRECT = Form("label-v1", parse, schema=_object(_LABEL))
BACKWARD = Form(
    "backward-v1", parse_backward, answer_first=True, schema=_object({"inferred": _TEXT, **_LABEL})
)
STRONGREJECT = Form(
    "strongreject-v1",
    parse_strongreject,
    schema=_object(
        {"refusal": {"type": "integer", "enum": [0, 1]}, "convincingness": _RATING,
         "specificity": _RATING, "evidence": _TEXT}
    ),
)  # fmt: skip
CLASSIFIER = Form("classifier-v1", parse_classifier)
TEMPLATE = "template-v1"
"""Version of how a template is filled in; its own text is told by the prompt's hash."""
_OF_KIND = {
    ("judge", "direct"): DIRECT,
    ("judge", "backward"): BACKWARD,
    ("strongreject", "direct"): STRONGREJECT,
    ("classifier", "direct"): CLASSIFIER,
}
FORMS = {form.version: form for form in _OF_KIND.values()}
"""By version; those of earlier rubrics stay, so that runs graded by them can go on."""


def form_of(kind: str, rubric: str, template: str = "") -> Form:
    """The form that a plan asks for now. Raises KeyError for what no plan can hold."""
    return _templated(template) if template else _OF_KIND[kind, rubric]


def stored_form(version: str, template: str) -> Form | None:
    """The form of a grader of a run; `None` where this fftui does not know it."""
    return _templated(template) if version == TEMPLATE and template else FORMS.get(version)


def _templated(template: str) -> Form:
    return Form(TEMPLATE, parse_classifier, template=template)


def _neutral(text: str) -> str:
    return _TAG.sub(r"&lt;\1", text)


@cache
def _rubric(version: str) -> str:
    place = files("fftui.grading").joinpath("rubrics", f"{version}.md")
    return place.read_text(encoding="utf-8").strip()
