"""What we write, `fftui import` reads back: the same attempts, outcomes and labels."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fftui.cli import main
from tests.exchange.evidence_run import NAMES, evidence_run

LOST = {"input_filter": {"ff-traces": "output_filter", "inspect": "output_filter"}}
"""Classes that a form cannot carry, and what they become; see docs/formats.md."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where imported runs are made."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "FFTUI_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return tmp_path


def attempts(run: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["export", str(run), "--with-text"]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return [r for r in rows if r["record"] == "attempt"]


def told(rows: list[dict[str, Any]], graders: dict[str, str]) -> Counter[tuple[Any, ...]]:
    """Each attempt with what a form should keep of it."""
    return Counter(
        (
            r["target"], r["scenario"], r["repeat"], r["family"], r["benign"], r["outcome"],
            tuple(r["turns"]), tuple(r["answers"]) if r["outcome"] == "answered" else (),
            tuple(sorted(
                (graders[v["grader"]], v["label"])
                for v in r["verdicts"] if v["grader"] in graders
            )),
        )
        for r in rows
    )  # fmt: skip


def read(run: Path, capsys: pytest.CaptureFixture[str]) -> set[tuple[Any, ...]]:
    """Each reading, and the label that the readings come to."""
    capsys.readouterr()
    assert main(["export", str(run)]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return {
        (r["target"], r["scenario"], r["final"], r["source"], said["reviewer"], said["label"])
        for r in rows
        if r["record"] == "item"
        for said in r["readings"]
    }


@pytest.mark.parametrize("form", ["ff-traces", "inspect"])
def test_a_run_comes_back(form: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    run = evidence_run(home / "made", scenarios=20, read=10)
    out = home / ("out.jsonl" if form == "ff-traces" else "out")
    assert main(["export", str(run), "--format", form, "-o", str(out), "--with-text"]) == 0
    files = [out] if out.is_file() else sorted(out.iterdir())
    assert main(["import", *map(str, files), "--name", "back"]) == 0
    back = home / "fftui_home" / "back"
    ours = attempts(run, capsys)
    theirs = attempts(back, capsys)
    names = (
        {"llm_verdict": "g2", "heuristic_verdict": "words"}
        if form == "ff-traces"
        else {"g2": "g2", "words": "words"}
    )
    heard = {v["grader"] for r in theirs for v in r["verdicts"]}
    known = {g: our for their, our in names.items() for g in heard if g.replace(" ", "_")
             .startswith(their)}  # fmt: skip
    assert len(known) == 2, heard
    assert told(theirs, known) == told(ours, {"g2": "g2", "words": "words"})
    assert {r["target"] for r in theirs} == set(NAMES)
    if form == "inspect":
        assert read(back, capsys) == read(run, capsys)
    assert main(["doctor", str(back)]) == 0
    assert main(["report", str(back), "--check"]) == 0
