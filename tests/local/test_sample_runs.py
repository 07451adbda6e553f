"""The sample corpora and the local plan that ship with fftui."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from fftui.domain.plan import load_plan
from fftui.resources import shipped

CORPORA = shipped("sample_runs") / "corpora"


def read(name: str) -> list[dict[str, Any]]:
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_local_plan_is_benign_and_says_what_it_is_worth() -> None:
    plan = load_plan(shipped("sample_runs") / "local_smollm2.toml")
    (target,) = plan.targets
    assert (target.platform, target.model) == ("local", "smollm2-135m-instruct")
    assert "mean nothing" in plan.note
    assert plan.engine.concurrency == 2
    (corpus,) = plan.corpus
    items = read(corpus.file.removeprefix("corpora/"))
    assert len(items) == len({item["turns"][0] for item in items}) == 60
    assert all(item["benign"] is True for item in items)
    assert set(Counter(item["family"] for item in items).values()) == {10}


@pytest.mark.parametrize(
    ("name", "families"),
    [
        (
            "placeholders.jsonl",
            dict.fromkeys(["direct", "persona", "format-lock", "multi-turn"], 50),
        ),
        ("placeholders_benign.jsonl", {"benign": 40}),
    ],
)
def test_placeholders_are_nothing_but_markers(name: str, families: dict[str, int]) -> None:
    items = read(name)
    assert Counter(item["family"] for item in items) == families
    assert len({item["id"] for item in items}) == len(items)
    for item in items:
        assert len(item["turns"]) == (2 if item["family"] == "multi-turn" else 1)
        mark = f"[placeholder {item['id'][3:]} | family: {item['family']}"
        for number, turn in enumerate(item["turns"], 1):
            end = " | benign]" if item.get("benign") else "]"
            last = f" turn {number} of 2" if len(item["turns"]) == 2 else ""
            assert turn == mark + end + last
