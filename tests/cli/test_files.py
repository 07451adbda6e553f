"""`init`, `preflight`, `corpus`, and the help of every command."""

from __future__ import annotations

import json
import tomllib

import pytest

from fftui.cli import main
from tests.cli.support import MINIMAL, Desk, toml

COMMANDS = ["demo", "init", "run", "attach", "status", "wait", "pause", "resume", "stop",
            "preflight", "corpus", "import", "doctor", "sim", "local"]  # fmt: skip


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([name, "--help"] if name else ["--help"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith("usage: fftui")
    for command in COMMANDS if not name else []:
        assert f"    {command}" in shown.out


def test_a_new_plan_runs_as_it_stands(desk: Desk) -> None:
    place = desk.folder / "new"
    place.mkdir()
    there = Desk(place)
    made = there.fftui("init")
    assert (made.code, made.out) == (0, "plan.toml\n")
    assert "placeholders" in made.err
    assert there.fftui("preflight", "plan.toml").code == 0
    done = there.fftui("run", "plan.toml", "--headless")
    assert done.code == 0, done.err
    assert "40/40" in done.out


def test_init_overwrites_nothing(desk: Desk) -> None:
    before = desk.plan.read_text()
    desk.fftui("init").refused(2, "plan.toml: exists already")
    prompts = (desk.folder / "prompts.jsonl").read_text()
    assert desk.fftui("init", "other.toml").code == 0
    assert desk.plan.read_text() == before
    assert (desk.folder / "prompts.jsonl").read_text() == prompts


def test_init_from_a_run_finds_the_same_files_from_elsewhere(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    place = desk.folder / "elsewhere"
    place.mkdir()
    there = Desk(place)
    assert there.fftui("init", "--from", "quick").out == "plan.toml\n"
    plan = tomllib.loads(there.plan.read_text())
    assert plan["corpus"][0]["file"] == str(desk.folder / "prompts.jsonl")
    assert plan["sim"]["profile"] == str(desk.folder / "profile.toml")
    assert sorted(p.name for p in place.iterdir()) == ["plan.toml"]
    assert there.fftui("run", "plan.toml", "--headless", "--name", "again").code == 0
    # The same scenarios in the same order, the same simulated answers, the same labels.
    first, again = (_attempts(desk, name) for name in ("quick", "again"))
    assert len(first) == 20
    assert first == again


def _attempts(desk: Desk, name: str) -> list[tuple[str, str, str]]:
    rows = map(json.loads, desk.fftui("export", name).out.splitlines())
    found = [r for r in rows if r["record"] == "attempt"]
    heard = [{v["grader"]: v["label"] for v in r["verdicts"]} for r in found]
    return sorted(
        (f"{r['target']} {r['scenario']}", r["outcome"], str(said["heuristic"]))
        for r, said in zip(found, heard, strict=True)
    )


def test_another_file_of_the_same_name_here_is_not_taken_for_the_runs(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    place = desk.folder / "elsewhere"
    place.mkdir()
    (place / "prompts.jsonl").write_text('{"id": "x", "turns": ["[placeholder]"]}\n')
    said = Desk(place).fftui("init", "--from", "quick")
    assert said.code == 0
    assert "prompts.jsonl" not in said.err


def test_init_from_a_run_tells_what_will_not_be_the_same(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    said = desk.fftui("init", "same.toml", "--from", "quick")
    assert "temperature zero" in said.err
    assert "has changed" not in said.err
    prompts = desk.folder / "prompts.jsonl"
    prompts.write_text(prompts.read_text() + '{"id": "new", "turns": ["[placeholder]"]}\n')
    (desk.folder / "profile.toml").unlink()
    said = desk.fftui("init", "changed.toml", "--from", "quick")
    assert said.code == 0
    assert "will not be the same: corpus prompts.jsonl has changed since" in said.err
    assert "simulator profile profile.toml is not where it was" in said.err


@pytest.mark.long
def test_init_from_a_run_that_was_changed_later_starts_its_last_plan_and_says_what_else_was_done(
    desk: Desk,
) -> None:
    target = dict(MINIMAL["targets"][0])
    desk.write(graders=[{"kind": "heuristic"}])
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    rows = [{"id": f"P-{n}", "turns": [f"[placeholder {n}]"]} for n in range(24)]
    (desk.folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    judge = {"kind": "judge", "name": "judge", "platform": "sim:direct", "model": "j"}
    changed = {**MINIMAL, "graders": [{"kind": "heuristic"}],
               "targets": [target, target | {"name": "b"}]}  # fmt: skip
    (desk.folder / "more.toml").write_text(toml(changed))
    assert desk.fftui("extend", "quick", "more.toml").code == 0
    assert desk.fftui("resume", "quick").code == 0
    assert desk.fftui("wait", "quick", "--for", "done", "--timeout", "30").code == 0
    (desk.folder / "judge.toml").write_text(toml({"graders": [judge]}))
    assert desk.fftui("regrade", "quick", "--from", "judge.toml").code == 0
    assert desk.fftui("wait", "quick", "--for", "done", "--timeout", "30").code == 0
    assert desk.fftui("regrade", "quick", "--promote", "judge").code == 0

    said = desk.fftui("init", "again.toml", "--from", "quick")
    assert said.code == 0
    for words in (
        "the plan was changed once in mid-run: another run goes by its last form from the start",
        "graders that no plan names came by `fftui regrade`: judge",
        "a person made judge the basis of the rates; the plan does not say so",
    ):
        assert f"will not be the same: {words}" in said.err
    assert "has changed since" not in said.err
    assert desk.fftui("run", "again.toml", "--headless", "--name", "again").code == 0
    # Of each target the same attempts with the same answers, in whatever order they came.
    first, again = (_attempts(desk, name) for name in ("quick", "again"))
    assert len(first) == 48
    assert first == again
    assert "no plan names came by" in desk.fftui("report", "quick", "-o", "-").out


def test_corpus_shows_how_a_file_is_read(desk: Desk) -> None:
    (desk.folder / "odd.jsonl").write_text(
        '{"id": "A", "turns": ["[placeholder]"], "family": "\\u001b[31mred", "benign": true}\n'
        '{"id": "B", "turns": [""]}\n'
    )
    shown = desk.fftui("corpus", "prompts.jsonl", "odd.jsonl", "absent.jsonl")
    assert shown.code == 2
    assert "20 scenarios, 0 benign" in shown.out
    assert "1 scenarios, 1 benign" in shown.out
    assert "line 2:" in shown.out
    assert "\x1b" not in shown.out
    assert "absent.jsonl: no such file" in shown.err


def test_corpus_tells_a_hundred_alike_problems_in_one_line_and_the_licence(desk: Desk) -> None:
    rows = "".join(f"[placeholder {n}],copyright,copyright,b{n}\n" for n in range(100))
    (desk.folder / "a.csv").write_text(
        "Behavior,FunctionalCategory,SemanticCategory,BehaviorID\n" + rows
    )
    shown = desk.fftui("corpus", "a.csv")
    assert shown.code == 0
    (line,) = [text for text in shown.out.splitlines() if "needs a judge of its own" in text]
    assert line.startswith("  lines 2, 3, 4, ")
    assert "13 and 88 more: copyright behaviour" in line
    assert "  licence, as published: MIT\n" in shown.out
    assert "  family copyright: 100\n" in shown.out
