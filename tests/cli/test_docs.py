"""The plan's description lists every field of a plan, with its default, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from fftui.cli.parser import parse
from fftui.domain import endpoints, graders, parts, plan
from fftui.store.folder import schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLES: dict[str, type[BaseModel]] = {
    "Top level": plan.RunPlan,
    "[[corpus]]": parts.CorpusPlan,
    "[stop]": parts.StopPlan,
    "[sampling]": parts.SamplingPlan,
    "[[targets]]": endpoints.TargetPlan,
    "[[accounts]]": parts.AccountPlan,
    "[[graders]]": graders.GraderPlan,
    "[review]": parts.ReviewPlan,
    "[engine]": parts.EnginePlan,
    "[policy]": parts.PolicyPlan,
    "[alert]": parts.AlertPlan,
    "[storage]": parts.StoragePlan,
    "[sim]": parts.SimPlan,
    "[notify]": parts.NotifyPlan,
}


def described() -> dict[str, dict[str, str]]:
    """Default by field by table, as the page says."""
    tables: dict[str, dict[str, str]] = {}
    for part in (DOCS / "plan.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*?) \|$", part, flags=re.M)
        tables[part.split("\n", 1)[0].replace("`", "")] = dict(rows)
    return tables


def default(model: type[BaseModel], name: str) -> str:
    value = model.model_fields[name].default
    if value is PydanticUndefined:
        return "*required*"
    if value is None:
        return "*none*"
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return "one heuristic"
    return f"`{json.dumps(value)}`"


@pytest.mark.parametrize("title", TABLES)
def test_every_field_of_a_plan_is_described(title: str) -> None:
    model = TABLES[title]
    assert described()[title] == {name: default(model, name) for name in model.model_fields}


def test_no_table_is_described_that_is_not_there() -> None:
    assert described().keys() == TABLES.keys()


def test_calls_in_the_pages_are_understood() -> None:
    calls = re.findall(r"^fftui [^\n]*", (DOCS / "running.md").read_text("utf-8"), flags=re.M)
    assert calls
    for call in calls:
        argv = re.split(r"\s{2,}", call)[0].split()[1:]
        parse([word.strip("[]") for word in argv])


def test_every_table_of_the_file_is_described() -> None:
    made = [re.match(r"CREATE TABLE (\w+)", statement) for statement in schema()]
    tables = {found[1] for found in made if found}
    page = (DOCS / "file-format.md").read_text("utf-8")
    of_the_run = page.split("\n# The user's own file")[0].partition("## Append-only")[2]
    named = re.findall(r"^\| `(\w+)` \|", of_the_run, flags=re.M)
    assert tables == set(named)
