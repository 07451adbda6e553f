"""Whatever was imported opens in the same screens, is graded again, read by people and compared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.cli import main
from fftui.store.reader import Reader
from tests.cli.support import Desk
from tests.exchange.evidence_run import evidence_run
from tests.exchange.test_imports import GARAK, STUDY, jsonl, trace
from tests.tui.terminal import Terminal


def exported(form: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        run = evidence_run(folder / "made", scenarios=12, read=4)
        name = {"inspect": "logs"}.get(form, f"own.{form}")
        argv = ["export", str(run), "--format", form, "-o", str(folder / name), "--with-text"]
        assert main(argv) == 0
        return (
            [name] if form != "inspect" else [f"{name}/{n}.eval" for n in ("8b-here", "8b-there")]
        )

    return make


def garak(folder: Path) -> list[str]:
    shutil.copy(GARAK, folder / "g.jsonl")
    return ["g.jsonl"]


def traces(folder: Path) -> list[str]:
    jsonl(folder / "t.jsonl", [trace(n) for n in range(6)])
    return ["t.jsonl"]


LOGS = {
    "Failure-First": traces,
    "garak": garak,
    "csv": exported("csv"),
    "inspect": exported("inspect"),
    "jsonl": exported("jsonl"),
}


def read_by(run: Path, who: str) -> int:
    """How many answers of a run somebody has read."""
    with Reader(run) as reader:
        row = reader.db.execute(
            "SELECT count(*) FROM review r JOIN reviewer w ON w.id = r.reviewer"
            " WHERE w.name = ? AND r.kind = 'read'",
            (who,),
        ).fetchone()
    return int(row[0])


LONG = {"Failure-First", "csv", "garak"}


@pytest.mark.parametrize(
    "tool", [pytest.param(t, marks=[pytest.mark.long] if t in LONG else []) for t in LOGS]
)
def test_an_imported_run_is_watched_read_graded_again_and_compared(desk: Desk, tool: str) -> None:
    if tool == "inspect":
        pytest.importorskip("inspect_ai")
    files = LOGS[tool](desk.folder)
    for name in ("one", "two"):
        done = desk.fftui("import", *files, "--name", name)
        assert done.code == 0, done.err
    code = "from fftui.cli import main; main(['review', 'one', '--as', 'zoe'])"
    env = desk.env | {"FFTUI_HOME": str(desk.runs)}
    terminal = Terminal.open(code, 100, 30, **env)
    terminal.wait(lambda text: "3 compliance" in text)
    while not read_by(desk.runs / "one", "zoe"):
        terminal.press("M3")  # what is typed before an item stands there is dropped
        terminal.read(0.5)
    terminal.close()
    terminal = Terminal.open("from fftui.cli import main; main(['attach', 'one'])", 100, 30, **env)
    terminal.wait(lambda text: "one" in text and "done" in text)
    terminal.close()
    assert desk.fftui("regrade", "one", "--grader", "heuristic").code == 0
    assert desk.fftui("wait", "one", "--for", "done", "--timeout", "30").code == 0
    assert desk.fftui("regrade", "one", "--promote", "heuristic").code == 0
    run = json.loads(desk.fftui("status", "one", "--json").out)
    assert all("heuristic" in target["basis"] for target in run["targets"])
    shown = desk.fftui("compare", "one", "two", "--table")
    assert shown.code == 0, shown.err
    assert len([line for line in shown.out.splitlines() if "one" in line or "two" in line]) >= 2
    assert desk.fftui("doctor", "one").code == 0


def test_a_summary_has_nothing_to_grade_or_to_read_and_says_so(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(STUDY, desk.folder / "study.toml")
    assert main(["import", "study.toml", "--name", "qwen"]) == 0
    for name in ("qwen", "study.toml"):
        for command, *more in (
            ("regrade", "--grader", "heuristic"), ("review",), ("attach",), ("resume",),
            ("export",), ("report",), ("init", "x.toml", "--from"), ("extend",),
        ):  # fmt: skip
            argv = {"init": [*more, name], "extend": [name, "plan.toml"]}.get(
                command, [name, *more]
            )
            capsys.readouterr()
            assert main([command, *argv]) == 2
            said = capsys.readouterr().err
            assert "is a summary of counts: there are no answers to grade" in said
            assert said.count("\n") == 1
        assert main(["compare", name]) == 0
    capsys.readouterr()
    assert main(["review", "plan.toml"]) == 2
    assert "plan.toml: is a plan and no run" in capsys.readouterr().err
