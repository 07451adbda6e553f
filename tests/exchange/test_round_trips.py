"""What we write, `fftui import` reads back: the same attempts, outcomes and labels."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.cli import main
from fftui.domain.labels import Label
from fftui.domain.readings import Cause, Confidence, Decision
from fftui.exchange.imports.log import ImportFault, Log
from fftui.exchange.imports.recognise import read_log
from fftui.exchange.spreadsheet import field
from fftui.store.claims import Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.reviews import Adjudicate, Read, Undo
from fftui.store.writer import append
from tests.exchange.evidence_run import NAMES, evidence_run
from tests.exchange.test_imports import GARAK


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


def back_again(run: Path, home: Path, form: str) -> Path:
    """The run that an export becomes."""
    out = home / {"inspect": "out", "csv": "out.csv"}.get(form, "out.jsonl")
    assert main(["export", str(run), "--format", form, "-o", str(out), "--with-text"]) == 0
    files = [out] if out.is_file() else sorted(out.iterdir())
    assert main(["import", *map(str, files), "--name", "back"]) == 0
    return home / "fftui_home" / "back"


def read(run: Path, capsys: pytest.CaptureFixture[str], form: str) -> list[tuple[Any, ...]]:
    """What people said of each item, and what follows from it, as far as a form can tell."""
    whole = form in ("jsonl", "csv")
    more = ("blind", "pool", "stratum", "inclusion", "drawn") if whole else ()
    blind = ("blind",) if whole else ()
    capsys.readouterr()
    assert main(["export", str(run)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sorted(
        (
            r["target"], r["scenario"], r["repeat"], r["machine"], r["final"] or "",
            r["source"] or "", *(r[k] for k in more),
            [tuple(v[k] for k in ("reviewer", "label", "guideline", "at", *blind))
             for v in r["readings"]],
        )
        for r in rows if r["record"] == "item"
    )  # fmt: skip


def corrected(run: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[int, Any]]:
    """How many of each target were read for its corrected rate, and what that came to."""
    capsys.readouterr()
    assert main(["status", str(run), "--json"]) == 0
    return [
        (target["read"]["k"], target["read"]["corrected"])
        for target in json.loads(capsys.readouterr().out)["targets"]
    ]


@pytest.mark.parametrize("form", ["csv", "inspect", "jsonl"])
def test_what_people_said_comes_back_with_who_said_it(
    form: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    run = evidence_run(home / "made", scenarios=24, read=12)
    with Reader(run) as reader:
        items = reader.db.execute(
            "SELECT outcome FROM item WHERE votes = 1 ORDER BY outcome LIMIT 4"
        ).fetchall()
    (one,), (two,), (three,), (four,) = items
    who = {name: append(database(run), Enrol(name, 2e9)) for name in ("cem", "dov")}
    label, other = Label.PARTIAL, Label.NON_ANSWER
    for record in (
        Read(who["cem"], "t", one, label, 2e9),
        Read(who["cem"], "t", two, label, 2e9 + 1),
        Undo(who["cem"], "t", 2e9 + 2),
        Read(who["dov"], "t", three, None, 2e9 + 3),
        Read(who["dov"], "t", four, other, 2e9 + 4, blind=False),
        Adjudicate(
            who["dov"], "t", one, Decision(label, Confidence.LOW, Cause.EDGE_CASE, "n"), 2e9 + 5
        ),
    ):
        append(database(run), record)
    back = back_again(run, home, form)
    expected = read(run, capsys, form)
    if form == "inspect":
        # Such a log does not tell who knew more than the text: of the fourth answer both readings
        # stand there, and they differ.
        expected = [
            (*row[:4], "", "unresolved", row[6])
            if any(said[:2] == ("dov", other.value) for said in row[6])
            else row
            for row in expected
        ]
    assert read(back, capsys, form) == expected
    assert main(["doctor", "back"]) == 0
    theirs, ours = corrected(back, capsys), corrected(run, capsys)
    # Of foreign readings nobody knows how their answers were chosen: they correct no rate.
    assert theirs == (ours if form in ("jsonl", "csv") else [(0, None), (0, None)])
    assert any(k for k, _ in ours)


@pytest.mark.parametrize("form", ["csv", "ff-traces", "inspect", "jsonl"])
def test_a_run_comes_back(form: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    run = evidence_run(home / "made", scenarios=20, read=10)
    back = back_again(run, home, form)
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
    assert main(["doctor", str(back)]) == 0
    assert main(["report", str(back), "--check"]) == 0


@pytest.mark.parametrize("form", ["csv", "ff-traces", "inspect", "jsonl"])
def test_an_imported_run_is_exported_and_comes_back(
    form: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    assert main(["import", str(GARAK), "--name", "scan"]) == 0
    run = home / "fftui_home" / "scan"
    back = back_again(run, home, form)
    basis = "always.Fail (imported)"
    name = "labels_pred (imported)" if form == "ff-traces" else basis
    theirs, ours = attempts(back, capsys), attempts(run, capsys)
    assert len(ours) == 8
    assert told(theirs, {name: basis}) == told(ours, {basis: basis})
    with Reader(back) as reader, Reader(run) as before:
        # What nobody told is not told by an export either.
        assert not before.header().settings_told
        assert not reader.header().settings_told


@pytest.mark.parametrize("form", ["inspect", "jsonl"])
def test_how_targets_were_sampled_comes_back_with_an_export(form: str, home: Path) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    run = evidence_run(home / "made", scenarios=4)
    back = back_again(run, home, form)
    with Reader(back) as reader, Reader(run) as before:
        assert reader.header().settings_told
        sampled = [one.targets()[1].sampling for one in (reader, before)]
    assert sampled[0] == sampled[1]


def csv_lines(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def put_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def test_a_csv_export_saved_again_by_a_spreadsheet_comes_back(home: Path) -> None:
    run = evidence_run(home / "made", scenarios=6, read=3, names=("=8b", "'=8b"))
    out = home / "out.csv"
    assert main(["export", str(run), "--format", "csv", "-o", str(out), "--with-text"]) == 0
    before = read_log(out, {})
    for path in home.glob("out*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    after = read_log(out, {})
    assert after.attempts == before.attempts
    assert {one.target.name for one in after.attempts} == {"=8b", "'=8b"}
    assert after.simulated


@pytest.mark.parametrize(
    ("part", "line", "column", "value", "said"),
    [
        ("", 3, "outcome", "won", "out.csv:3: outcome: 'won' cannot be read"),
        ("", 4, "repeat", "-1", 'out.csv:4: repeat: "\'-1" cannot be read'),
        ("", 2, "benign", "", "out.csv:2: benign: it cannot be read"),
        ("", 2, "at", "soon", "out.csv:2: at: 'soon' cannot be read"),
        ("", 3, "verdict:g2", "YES", "out.csv:3: verdict:g2: 'YES' cannot be read"),
        ("", 3, "turns", "[", "out.csv:3: turns: it cannot be read"),
        ("", 1, "repeat", "again", "out.csv:1: the column 'repeat' is missing"),
        ("", 1, "taxonomy", "simulated", "out.csv:1: the column 'simulated' is named twice"),
        ("-items", 2, "inclusion", "1.5", "out-items.csv:2: inclusion: '1.5' cannot be read"),
        ("-items", 2, "attempt", "999", "out-items.csv:2: attempt: 999 stands nowhere"),
        ("-items", 1, "pool", "p", "out-items.csv:1: the column 'pool' is missing"),
        ("-events", 2, "label", "YES", "out-events.csv:2: label: 'YES' cannot be read"),
        ("-events", 2, "body", "[]", "out-events.csv:2: body: '[]' cannot be read"),
    ],
)
def test_a_field_that_is_wrong_is_one_line_with_its_column(
    part: str, line: int, column: str, value: str, said: str, home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run = evidence_run(home / "made", scenarios=4, read=2)
    out = home / "out.csv"
    assert main(["export", str(run), "--format", "csv", "-o", str(out), "--with-text"]) == 0
    path = home / f"out{part}.csv"
    rows = csv_lines(path)
    rows[line - 1][rows[0].index(column)] = str(field(value))
    put_csv(path, rows)
    refused(out, said, home, capsys)


def refused(file: Path, said: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that tells it, and nothing left behind."""
    capsys.readouterr()
    assert main(["import", str(file), "--name", "back"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not list((home / "fftui_home").glob("*back*"))


def test_a_broken_csv_export_is_one_line_and_leaves_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = evidence_run(home / "made", scenarios=4, read=2)
    out, items = home / "out.csv", home / "out-items.csv"
    assert main(["export", str(run), "--format", "csv", "-o", str(out)]) == 0
    refused(items, "goes with a file of attempts", home, capsys)
    whole = out.read_bytes()
    lines = whole.splitlines(keepends=True)
    for body, said in (
        (whole[: whole.rindex(b",")], "out.csv:9: columns are missing: the row is torn off"),
        (whole[:-3], "out.csv:9: simulated: 'tru' cannot be read"),
        (whole.replace(b"8b", b"8\xff", 1), "out.csv:2:4: not UTF-8"),
        (whole.replace(b"8b", b'"8"b"', 1), "out.csv:2: broken CSV"),
        (whole.replace(b"8b", b"8,b", 1), "out.csv:2: "),
        (lines[0] + b"1," + b"x" * (17 << 20), "out.csv:2: longer than 16 MB"),
        (lines[0], "out.csv: holds no attempts"),
        (b"".join(lines[:-1]), "out.csv:1: end: 8 attempts were written, 7 are here"),
    ):
        out.write_bytes(body)
        refused(out, said, home, capsys)
    out.write_bytes(whole)
    for part, what in (("-items", "items"), ("-events", "events")):
        path = home / f"out{part}.csv"
        body = path.read_bytes()
        rows = body.splitlines(keepends=True)
        n = len(rows) - 1
        assert n >= 3
        for kept in (n, 1):
            path.write_bytes(b"".join(rows[:kept]))
            said = f"out.csv:1: end: {n} {what} were written, {kept - 1} are here"
            refused(out, said, home, capsys)
        path.write_bytes(body)
    items.unlink()
    refused(out, "out-items.csv: no such file; out.csv is read with it", home, capsys)


def test_a_jsonl_export_that_ends_before_its_end_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = evidence_run(home / "made", scenarios=3, read=2)
    out = home / "out.jsonl"
    assert main(["export", str(run), "-o", str(out)]) == 0
    whole = out.read_bytes().splitlines(keepends=True)
    for kept in (1, 4, len(whole) - 1):
        out.write_bytes(b"".join(whole[:kept]))
        refused(out, f"out.jsonl:{kept}: the export is cut off here", home, capsys)
    out.write_bytes(b"".join(whole[:3] + whole[4:]))
    refused(out, "out.jsonl:", home, capsys)


@pytest.mark.parametrize(("form", "name"), [("jsonl", "a.jsonl"), ("csv", "a.csv")])
def test_any_change_of_an_export_is_read_or_one_line(form: str, name: str, home: Path) -> None:
    run = evidence_run(home / "made", scenarios=3, read=2)
    out = home / name
    assert main(["export", str(run), "--format", form, "-o", str(out), "--with-text"]) == 0
    body = out.read_bytes()

    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def change(data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 30)))
        out.write_bytes(body[:start] + data.draw(st.binary(max_size=12)) + body[end:])
        found: object = None
        try:
            found = read_log(out, {})
        except ImportFault as error:
            found = str(error)
        assert isinstance(found, Log) or "\n" not in str(found)

    change()
