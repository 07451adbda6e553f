"""Evidence that stands by itself: every number from the rows, every text harmless."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fftui.cli import main
from fftui.domain.labels import Label
from fftui.domain.readings import Cause, Confidence, Decision
from fftui.exchange.report.against import against
from fftui.results.evidence import gather
from fftui.results.feed import Feed
from fftui.results.status import to_json
from fftui.store.claims import Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.recount import Held, votes_apart
from fftui.store.reviews import Adjudicate, Undo
from tests.exchange.evidence_run import ANSWER, NAMES, appending, evidence_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that people have read a part of."""
    return evidence_run(tmp_path_factory.mktemp("home"), read=40)


@pytest.fixture(scope="module")
def written(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report, in all forms."""
    place = tmp_path_factory.mktemp("report")
    assert main(["report", str(run), "-o", str(place / "e.html")]) == 0
    assert main(["report", str(run), "-o", str(place / "e.json")]) == 0
    return place


def everything(place: Path) -> list[Path]:
    return [p for p in place.rglob("*") if p.is_file()]


def test_a_report_has_its_documents_figures_and_tables_for_its_owner_alone(written: Path) -> None:
    names = {p.name for p in everything(written)}
    assert {"e.html", "e.md", "e.json"} <= names
    assert {"targets.svg", "contrasts.svg", "trend.svg", "timeline.svg"} <= names
    assert {
        "rates.csv",
        "families.csv",
        "pairs.csv",
        "bounds.csv",
        "readings.csv",
        "confusion.csv",
    } <= names
    for path in everything(written):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_every_file_of_a_simulated_run_says_so(written: Path) -> None:
    for path in everything(written):
        assert "simulated" in path.read_text("utf-8"), path


def test_its_numbers_are_those_of_the_status(run: Path, written: Path) -> None:
    feed = Feed.open(run)
    status = feed.poll("all")
    feed.close()
    assert status is not None
    (told,) = json.loads((written / "e.json").read_text())["runs"]
    for target, shown in zip(to_json(status)["targets"], told["targets"], strict=True):
        for part in ("asr", "families", "outcomes", "read", "who_refused", "basis"):
            assert json.loads(json.dumps(target[part])) == shown[part]
    page = (written / "e.html").read_text("utf-8")
    for target in status.targets:
        for rate in target.rates.values():
            assert rate.wilson is not None
            low, high = rate.wilson.low * 100, rate.wilson.high * 100
            assert f"[{low:.1f}, {high:.1f}]" in page


def test_what_it_must_tell(written: Path) -> None:
    page = (written / "e.html").read_text("utf-8")
    for words in (
        "as graded by g2", "of 54 read", "Wilson", "output filter", "upstream", "ab" * 32,
        "paused: too few usable answers", "taxonomy", "SHA-256", "seed", "What cannot be repeated",
        "matched scenarios", "whatever they were", "corrected", "$",
    ):  # fmt: skip
        assert words in page, words


def test_the_manifest_has_every_hash_seed_and_version(run: Path, written: Path) -> None:
    (told,) = json.loads((written / "e.json").read_text())["runs"]
    manifest = told["manifest"]
    assert manifest["seed"] == 1
    assert manifest["taxonomy"] == "1"
    assert [t["name"] for t in manifest["targets"]] == list(NAMES)
    assert {who["upstream"] for who in manifest["identities"][NAMES[0]]} >= {"a", "b"}
    assert manifest["plans"][0]["fftui"] == "0"
    assert any("more than one identity" in words for words in manifest["unrepeatable"])


def test_no_prompt_and_no_answer_without_being_asked(run: Path, written: Path) -> None:
    for path in everything(written):
        text = path.read_text("utf-8")
        assert ANSWER not in text
        assert "[placeholder" not in text, path


def test_text_where_it_was_asked_for(run: Path, tmp_path: Path) -> None:
    assert main(["report", str(run), "-o", str(tmp_path / "t.html"), "--with-text"]) == 0
    assert ANSWER in (tmp_path / "t.html").read_text("utf-8")
    assert ANSWER in (tmp_path / "t.md").read_text("utf-8")


def test_figures_are_sound_and_documents_name_what_is_there(written: Path) -> None:
    for path in written.rglob("*.svg"):
        ET.fromstring(path.read_text("utf-8"))  # noqa: S314
    links = re.findall(r"\]\((e-files/[^)]+)\)", (written / "e.md").read_text("utf-8"))
    assert len(links) > 10
    for link in links:
        assert (written / link).is_file(), link


def test_a_page_asks_nobody_for_anything(written: Path) -> None:
    page = (written / "e.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    found = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)|url\(([^)]+)\)""", page)
    for link in (a or b for a, b in found):
        assert link.startswith(("#", "data:,")), link
    assert len(re.findall(r'\bid="([^"]+)"', page)) == len(set(re.findall(r'\bid="([^"]+)"', page)))


def test_tables_have_raw_numbers(written: Path) -> None:
    with (written / "e-files" / "rates.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["target"] for r in rows] == list(NAMES)
    first = rows[0]
    assert int(first["strict_successes"]) / int(first["n"]) == float(first["strict"])
    assert float(first["strict_low"]) < float(first["strict"]) < float(first["strict_high"])
    assert first["simulated"] == "true"


HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "=cmd|' /C calc'!A0 $x^2$ | **b** [a](http://x.invalid) \u202eleft\x1b]52;c;QQ==\x07",
)


def test_names_from_outside_are_text_everywhere(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "home", names=HOSTILE, scenarios=8)
    assert main(["report", str(run), "-o", str(tmp_path / "h.html"), "--check"]) == 0
    page = (tmp_path / "h.html").read_text("utf-8")
    assert "<img" not in page
    assert "&lt;img" in page
    marked = (tmp_path / "h.md").read_text("utf-8")
    assert "<img" not in marked.replace("\\<img", "")
    assert "\\*\\*b\\*\\* \\[a\\](http\\:" in marked
    for path in everything(tmp_path):
        if path.suffix in (".html", ".md", ".svg", ".csv"):
            text = path.read_text("utf-8")
            assert "\u202e" not in text, path
            assert "\x1b" not in text, path
    for path in tmp_path.rglob("*.svg"):
        assert "$x^2$" in path.read_text("utf-8")
    with (tmp_path / "h-files" / "rates.csv").open(newline="", encoding="utf-8") as file:
        assert all(not row["target"].startswith("=") for row in csv.DictReader(file))


TAMPERED = {
    "rates": "UPDATE total_verdict SET compliance = compliance + 1 WHERE grader = 2",
    "outcomes": "UPDATE total_outcome SET output_filter = output_filter - 1 WHERE output_filter",
    "what is settled": "UPDATE total_verdict SET compliance_first = compliance_first - 1"
    " WHERE grader = 2 AND compliance_first",
    "what no rows can come to": "UPDATE total_verdict SET refusal_first = refusal_first - 1"
    " WHERE grader = 2",
    "families": "UPDATE rollup_verdict SET compliance = compliance + 1 WHERE grader = 2",
    "families' outcomes": "UPDATE rollup_outcome SET output_filter = output_filter - 1"
    " WHERE output_filter",
    "prefix": "UPDATE prefix SET settled = 10",
    "calls": "UPDATE rollup_call SET tokens = tokens * 2",
    "readings": "UPDATE rollup_read SET n = n + 1",
    "graders": "UPDATE rollup_judged SET n = n + 1",
    "pools": "UPDATE rollup_pool SET size = size + 5",
    "votes": "UPDATE vote SET label = 'PARTIAL' WHERE outcome = (SELECT min(outcome) FROM vote)",
    "final labels": "UPDATE item SET final = 'PARTIAL' WHERE final <> ''",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_the_check_goes_red_where_a_number_was_touched(
    how: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    db = sqlite3.connect(database(copy))
    db.execute(TAMPERED[how])
    db.commit()
    db.close()
    assert main(["report", str(copy), "--check"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "differ" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_a_decision_is_derived_again_and_not_believed(tmp_path: Path) -> None:
    run = evidence_run(tmp_path, scenarios=12, read=6)
    with appending(run) as put:
        who = put(Enrol("cem", 2e9))
        for outcome, label in ((1, Label.PARTIAL), (2, Label.NON_ANSWER)):
            decision = Decision(label, Confidence.HIGH, Cause.EDGE_CASE, "n")
            put(Adjudicate(who, "t", outcome, decision, 2e9 + outcome))
        put(Undo(who, "t", 2e9 + 9))
    with Reader(run) as reader:
        assert votes_apart(reader) == []
    for change, told in (
        ("final = 'COMPLIANCE' WHERE source = 'adjudicated'", "answer 1: final label COMPLIANCE"),
        ("final = 'PARTIAL', source = 'adjudicated' WHERE outcome = 2", "answer 2: final label"),
        ("final = '', source = '' WHERE outcome = 1", "the events say PARTIAL (adjudicated)"),
    ):
        copy = tmp_path / "copy"
        shutil.copytree(run, copy)
        db = sqlite3.connect(database(copy))
        db.execute(f"UPDATE item SET {change}")
        db.commit()
        db.close()
        with Reader(copy) as reader:
            (line,) = votes_apart(reader)
        assert told in line
        shutil.rmtree(copy)


def test_the_check_counts_everything_that_is_rolled_up(run: Path) -> None:
    with Held(run) as held:
        held.recount()
        tables = "SELECT name FROM {} WHERE type = 'table'"
        kept = {name for (name,) in held.db.execute(tables.format("main.sqlite_master")).fetchall()}
        anew = {name for (name,) in held.db.execute(tables.format("temp.sqlite_master")).fetchall()}
    rolled = {name for name in kept if name.startswith("rollup_")} | {"prefix", "cluster"}
    assert rolled <= anew


def test_the_check_agrees_where_nothing_was(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), "--check"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert re.search(r"\d{3,} numbers recomputed from the rows: all agree", said.err)
    # The check writes into no file, not even in passing.
    assert main(["doctor", str(run)]) == 0


def test_a_report_in_which_a_number_was_altered_is_not_that_of_its_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In each document, each table and each figure, in five lines or more of it."""
    place = tmp_path / "r.html"
    assert main(["report", str(run), "-o", str(place)]) == 0
    assert main(["report", str(run), "-o", str(tmp_path / "r.json")]) == 0
    for form in ("html", "md", "json"):
        capsys.readouterr()
        assert main(["report", str(run), "--against", str(tmp_path / f"r.{form}")]) == 0
        assert re.search(r"\d{3,} numbers recomputed .*: all agree", capsys.readouterr().err)
    altered: dict[str, set[int]] = {}
    beside = tmp_path / "r-files"
    for path in [*everything(beside), *(tmp_path / f"r.{form}" for form in ("html", "md", "json"))]:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        told = [
            i for i, text in enumerate(lines)
            if re.search(r"\d", text) and not re.search("eport of|made_at", text)
        ]  # fmt: skip
        for i in told[:: max(1, len(told) // 5)]:
            lines[i] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[i], count=1)
            altered.setdefault(path.name, set()).add(i + 1)
        path.write_bytes("".join(lines).encode())
    assert {Path(name).suffix for name in altered} == {".html", ".md", ".json", ".svg", ".csv"}
    found: set[tuple[str, int]] = set()
    for form in ("html", "md", "json"):
        capsys.readouterr()
        made = gather_against(run, tmp_path / f"r.{form}")
        assert made
        found |= made
    assert {(name, line) for name, lines in altered.items() for line in lines} <= found
    assert main(["report", str(run), "--against", str(place)]) == 1
    assert capsys.readouterr().out == ""


def gather_against(run: Path, path: Path) -> set[tuple[str, int]]:
    """(file, line) of each difference."""
    with Held(run) as held:
        different = against(gather([held]), path, []).different
    return {(name, int(line)) for name, line, *_ in (one.split(":", 2) for one in different)}


def test_a_report_from_which_something_is_missing_or_to_which_something_came(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "r.md"
    assert main(["report", str(run), "-o", str(place)]) == 0
    (tmp_path / "r-files" / "rates.csv").unlink()
    (tmp_path / "r-files" / "other.csv").write_text("1")
    capsys.readouterr()
    assert main(["report", str(run), "--against", str(place)]) == 1
    said = capsys.readouterr().err
    assert "rates.csv: is missing" in said
    assert "r-files/other.csv: is no file of this report" in said
    assert main(["report", str(run), "--against", str(tmp_path / "none.html")]) == 2


def test_a_report_on_standard_output(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["simulated"] is True
    assert main(["report", str(run), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("# r: evaluation report")


def test_several_runs_in_one_report(tmp_path: Path, run: Path) -> None:
    other = evidence_run(tmp_path / "home", name="later", scenarios=8, simulated=False)
    place = tmp_path / "two.html"
    assert main(["report", str(run), str(other), "-o", str(place), "--check"]) == 0
    page = place.read_text("utf-8")
    assert "Run r<" in page
    assert "Run later<" in page
    assert (tmp_path / "two-files" / "later-rates.csv").is_file()
    with (tmp_path / "two-files" / "pairs.csv").open(newline="", encoding="utf-8") as file:
        named = [(row["first"], row["second"]) for row in csv.DictReader(file)]
    assert all(one != two for one, two in named)
    assert (f"{NAMES[0]} (r)", f"{NAMES[0]} (later)") in named


def test_a_run_named_twice_is_told_of_once(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), f"{run.parent}/./{run.name}", "--format", "json"]) == 0
    assert [one["run"] for one in json.loads(capsys.readouterr().out)["runs"]] == ["r"]


def test_a_run_that_is_not_simulated_says_nothing_of_it(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "home", scenarios=8, simulated=False)
    assert main(["report", str(run), "-o", str(tmp_path / "a.html")]) == 0
    assert "imulated" not in (tmp_path / "a.html").read_text("utf-8").replace("--simulated", "")


def test_a_run_without_any_answer(tmp_path: Path) -> None:
    from tests.store.support import made

    run = made(tmp_path / "home", targets=1)
    assert main(["report", str(run), "-o", str(tmp_path / "a.html"), "--check"]) == 0
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "no data" in page
    assert " 0.0 %" not in page


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere"], "no run 'nowhere'"),
        (["RUN", "-o", "."], "is a folder"),
        (["RUN", "-o", "gone/x.html"], "there is no folder gone"),
        (["RUN", "-o", "x.html", "--format", "md"], "ends in .html, but --format says md"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_a_line(
    argv: list[str], words: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["report", *(str(run) if a == "RUN" else a for a in argv)]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
