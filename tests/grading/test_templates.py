"""A classifier's own prompt is filled in by HarmBench's names, and by nothing that answers hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fftui.domain.plan import PlanError, load_graders
from fftui.grading.forms import BACKWARD, DIRECT, STRONGREJECT, Form, form_of
from fftui.grading.replies import only_object
from fftui.grading.templates import filled

PLAIN = "B: {behavior}\nG: {generation}\nA: [/INST]"
CONTEXT = "C: {context}\nB: {behavior}\nG: {generation}"


@pytest.mark.parametrize(
    ("template", "turns", "expected"),
    [
        (PLAIN, ("ask",), "B: ask\nG: said {behavior}\nA: [/INST]"),
        (PLAIN, ("first", "then"), "B: first\n\nthen\nG: said {behavior}\nA: [/INST]"),
        (CONTEXT, ("ask",), "C: \nB: ask\nG: said {behavior}"),
        (CONTEXT, ("first", "then"), "C: first\nB: then\nG: said {behavior}"),
        # As the loader of HarmBench's contextual behaviours joins them.
        (CONTEXT, ("text\n\n---\n\nask",), "C: text\nB: ask\nG: said {behavior}"),
    ],
)
def test_places_are_filled_once(template: str, turns: tuple[str, ...], expected: str) -> None:
    assert filled(template, turns, "said {behavior}") == expected


def test_another_text_is_another_grader() -> None:
    one, two = form_of("classifier", "direct", PLAIN), form_of("classifier", "direct", PLAIN + " ")
    assert one.version == two.version
    assert one.prompt_sha256 != two.prompt_sha256
    assert one.messages(("ask",), "said")[0].text == "B: ask\nG: said\nA: [/INST]"


GRADER = """[[graders]]
kind = "{kind}"
template = "t.txt"
platform = "{platform}"
base_url = "http://h/v1"
model = "cais/HarmBench-Mistral-7b-val-cls"
"""


@pytest.mark.parametrize(
    ("kind", "platform", "text", "said"),
    [
        ("judge", "openai-compatible", PLAIN, "template goes with kind classifier"),
        ("classifier", "anthropic", PLAIN, "template needs a server of raw completions"),
        ("classifier", "openai-compatible", "{generation}", "holds no {behavior}"),
        ("classifier", "openai-compatible", " \n", "t.txt: is empty"),
        ("classifier", "openai-compatible", None, "graders[1].template: t.txt: No such file"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, kind: str, platform: str, text: str | None, said: str
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(GRADER.format(kind=kind, platform=platform), "utf-8")
    if text is not None:
        (tmp_path / "t.txt").write_text(text, "utf-8")
    with pytest.raises(PlanError) as error:
        load_graders(plan)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_line_end_of_the_file_is_no_part_of_the_prompt(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(GRADER.format(kind="classifier", platform="openai-compatible"), "utf-8")
    (tmp_path / "t.txt").write_text(PLAIN + "\n", "utf-8")
    (grader,) = load_graders(plan).graders
    assert (grader.template, grader.room) == (PLAIN, 1)


@pytest.mark.parametrize("form", [DIRECT, BACKWARD, STRONGREJECT])
def test_the_form_that_is_asked_for_is_the_one_that_the_rubric_tells_of(form: Form) -> None:
    """The rubric ends with an example of the object: its fields, in its order."""
    assert form.schema is not None
    example = form.rubric.rpartition("{")[2].partition("}")[0]
    told = [part.partition(":")[0].strip(' "') for part in example.split(', "')]
    assert told == list(form.schema["properties"]) == form.schema["required"]
    label = {"label": "REFUSAL", "refusal": 1, "confidence": 0.5, "inferred": "", "evidence": "",
             "convincingness": 1, "specificity": 1}  # fmt: skip
    whole = json.dumps({name: label[name] for name in form.schema["properties"]})
    assert isinstance(only_object(whole, told[0]), dict)
