"""Whatever stands in a plan file, a person gets lines that they can mend it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from fftui.domain import endpoints, parts
from fftui.domain.plan import PlanError, RunPlan, load_plan
from fftui.results.preflight import check
from tests.cli.support import MINIMAL, toml
from tests.text.payloads import payloads

MODELS: list[type[BaseModel]] = [
    RunPlan,
    *parts.Part.__subclasses__(),
    *endpoints.EndpointPlan.__subclasses__(),
]
NAMES = tuple(name for model in MODELS for name in model.model_fields)
SCALARS = (
    st.none().map(lambda _: "")
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["sim", "sim:direct", "heuristic", "judge", "strict", "prompts.jsonl", "m"])
    | st.sampled_from(payloads()).map(lambda t: t.encode("utf-8", "replace").decode()[:80])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text("ab.-_ ", min_size=1), inner, max_size=4)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(NAMES)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def understood(path: Path, text: str | bytes) -> None:
    """The file is a plan, or lines say what is wrong with it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = ""
    try:
        load_plan(path)
    except PlanError as error:
        said = str(error) or "nothing"
    assert said != "nothing"
    assert all(len(row) < 2000 for row in said.splitlines())


@SLOW
@given(st.text() | st.binary())
def test_any_file(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    understood(tmp_path_factory.getbasetemp() / "any.toml", text)


@SLOW
@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_fields(tmp_path_factory: pytest.TempPathFactory, plan: dict[str, Any]) -> None:
    understood(tmp_path_factory.getbasetemp() / "fields.toml", toml(plan))


@SLOW
@given(KEYS, VALUES, st.sampled_from(["", "targets", "corpus", "sim"]))
def test_one_wrong_field_of_a_sound_plan(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any, table: str
) -> None:
    place = tmp_path_factory.getbasetemp()
    (place / "prompts.jsonl").write_text('{"id": "P", "turns": ["[placeholder]"]}\n')
    plan = {**MINIMAL, "sim": {}}
    if not table:
        plan[name] = value
    elif table == "sim":
        plan["sim"] = {name: value}
    else:
        plan[table] = [{**plan[table][0], name: value}]
    path = place / "one.toml"
    understood(path, toml(plan))
    found = check(path, {})
    assert found.ok or found.problems
    assert all("\n" not in problem for problem in found.problems)
