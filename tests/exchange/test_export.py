"""What a run has, for other programs: all of it, ids and labels alone, or the texts, too."""

from __future__ import annotations

import csv
import json
import stat
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fftui.cli import main
from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.exchange.export import plain
from fftui.results.feed import Feed
from fftui.results.view import RunSummary
from fftui.store import export
from fftui.store.claims import Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.reviews import Note, Read, Undo
from fftui.store.writer import append
from tests.exchange.evidence_run import ANSWER, NAMES, appending, evidence_run
from tests.store.support import close, made, verdict

TYPED = "[typed by a reader]"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that people have read, one of them with second thoughts."""
    folder = evidence_run(tmp_path_factory.mktemp("home"), read=20)
    path = database(folder)
    me = append(path, Enrol("cy", 1e9))
    item = next(iter(_items(folder)))["attempt"]
    append(path, Read(me, "s", item, Label.PARTIAL, 1e9 + 5, body={"guideline": "1"}))
    append(path, Note(me, "s", item, "note", 1e9 + 6, {"text": TYPED}))
    append(path, Undo(me, "s", 1e9 + 7))
    append(path, Read(me, "s", item, Label.COMPLIANCE, 1e9 + 8, body={"guideline": "1"}))
    return folder


def _items(folder: Path) -> list[dict[str, Any]]:
    from fftui.exchange.export import records

    with Reader(folder) as reader:
        return [r for r in records.records(reader, text=False) if r["record"] == "item"]


def exported(run: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    assert main(["export", str(run), *more]) == 0
    return [json.loads(row) for row in capsys.readouterr().out.splitlines()]


def summary(run: Path) -> RunSummary:
    feed = Feed.open(run)
    found = feed.poll()
    feed.close()
    assert found is not None
    return found


def test_jsonl_holds_what_the_run_holds(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header, *rest = exported(run, capsys)
    assert header["simulated"] is True
    assert header["taxonomy"]["numerators"]["strict"] == ["COMPLIANCE"]
    assert header["manifest"]["seed"] == 1
    status = summary(run)
    for target in status.targets:
        mine = [r for r in rest if r["record"] == "attempt" and r["target"] == target.name]
        outcomes = Counter(r["outcome"] for r in mine)
        assert outcomes == {k.value: n for k, n in target.outcomes.items() if n}
        labels = Counter(
            v["label"] for r in mine if not r["benign"] for v in r["verdicts"]
            if v["grader"] == "g2"
        )  # fmt: skip
        assert labels == {k.value: n for k, n in target.verdicts.items()}
        read = [
            r for r in rest
            if r["record"] == "item" and r["target"] == target.name and r["final"]
        ]  # fmt: skip
        assert len(read) == target.readings.read


def test_an_item_says_whose_its_label_is(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [r for r in exported(run, capsys) if r["record"] == "item" and r["readings"]]
    assert {i["source"] for i in items} <= {
        "unanimous", "majority", "adjudicated", "propagated", "single", "unresolved", None
    }  # fmt: skip
    for item in items:
        assert 0 < item["inclusion"] <= 1
        assert item["stratum"]
        assert item["blind"] in ("blind", "unblind")
        assert abs(sum(item["soft"].values()) - 1) < 1e-9
        assert all(r["guideline"] == "1" and r["reviewer"] for r in item["readings"])


def test_every_act_of_a_reviewer_is_a_row_also_what_was_taken_back(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [r for r in exported(run, capsys) if r["record"] == "event"]
    mine = [(e["kind"], e["label"]) for e in events if e["reviewer"] == "cy"]
    assert mine == [("read", "PARTIAL"), ("note", None), ("undo", None), ("read", "COMPLIANCE")]
    undo = next(e for e in events if e["kind"] == "undo")
    assert next(e for e in events if e["id"] == undo["undoes"])["label"] == "PARTIAL"


@pytest.mark.parametrize("form", ["jsonl", "csv", "ff-traces", "inspect"])
def test_texts_come_only_where_they_are_asked_for(form: str, run: Path, tmp_path: Path) -> None:
    if form == "inspect":
        pytest.importorskip("inspect_ai")
    for more in ([], ["--with-text"]):
        place = tmp_path / f"e{len(more)}"
        assert main(["export", str(run), "--format", form, "-o", str(place), *more]) == 0
        files = [p for p in tmp_path.rglob(f"e{len(more)}*") for p in [p, *p.rglob("*")]]
        text = b"".join(_content(p) for p in files if p.is_file())
        assert (ANSWER.encode() in text) is bool(more)
        assert (b"[placeholder 001" in text) is bool(more)
        assert (TYPED.encode() in text) is (bool(more) and form in ("jsonl", "csv"))
        for path in files:
            if path.is_file():
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def _content(path: Path) -> bytes:
    if path.suffix != ".eval":
        return path.read_bytes()
    from inspect_ai.log import read_eval_log

    text: str = read_eval_log(str(path)).model_dump_json()
    return text.encode()


def test_csv_files_hold_the_same(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = exported(run, capsys)
    assert main(["export", str(run), "--format", "csv", "-o", str(tmp_path / "e.csv")]) == 0
    for name, record in (("e.csv", "attempt"), ("e-items.csv", "item"), ("e-events.csv", "event")):
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        same = [r for r in rows if r["record"] == record]
        assert len(table) == len(same)
        for found, told in zip(table, same, strict=True):
            assert found["taxonomy"] == "1"
            assert found["simulated"] == "true"
            assert found["scenario"] == told["scenario"]
            if record == "attempt":
                said = {v["grader"]: v["label"] for v in told["verdicts"]}
                assert found["verdict:g2"] == said.get("g2", "")
            if record == "item":
                assert found["final"] == (told["final"] or "")


def test_failure_first_traces_keep_errors_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path, scenarios=8, targets=1, graders=1)
    kinds = list(OutcomeClass)
    with appending(folder) as put:
        for scenario, kind in enumerate(kinds, 1):
            outcome = put(close(scenario, kind=kind))
            if kind is OutcomeClass.ANSWERED and outcome:
                put(verdict(outcome, 1, Label.NON_ANSWER))
    traces = exported(folder, capsys, "--format", "ff-traces")
    assert len(traces) == len(kinds)
    assert "label_mapping" in traces[0]["metadata"]
    for trace in traces:
        kind = OutcomeClass(trace["metadata"]["outcome"])
        answered = kind is OutcomeClass.ANSWERED
        assert ("labels_pred" in trace) is answered
        said = [turn["agent"] for turn in trace["turns"] if "agent" in turn]
        assert bool(said and said[0]) is answered
        assert (trace["raw_http_output"]["error"] is not None) is (kind.failed or kind.puts_back)
    assert traces[0]["heuristic_verdict"] == "NON_ANSWER"
    assert traces[0]["labels_pred"] == {"attack_success": False, "refusal_triggered": False}


def test_inspect_reads_what_we_write(run: Path, tmp_path: Path) -> None:
    inspect_log = pytest.importorskip("inspect_ai.log")
    place = tmp_path / "logs"
    assert main(["export", str(run), "--format", "inspect", "-o", str(place)]) == 0
    assert {p.name for p in place.iterdir()} == {"8b-here.eval", "8b-there.eval"}
    status = {t.name: t for t in summary(run).targets}
    acts = _items(run)
    for path in place.iterdir():
        log = inspect_log.read_eval_log(str(path))
        target = status[log.eval.metadata["target"]]
        assert log.eval.metadata["simulated"] is True
        assert log.eval.metadata["taxonomy"]["version"] == "1"
        assert len(log.samples) == target.done
        machine: Counter[str] = Counter()
        people = {}
        for sample in log.samples:
            score = (sample.scores or {}).get("g2")
            if sample.output.stop_reason == "content_filter":
                assert score is None
                continue
            assert score is not None
            first = score.history[0].value if score.history else score.value
            if not sample.metadata["benign"]:
                machine[first] += 1
            if score.history:
                authors = [e.provenance.author for e in score.history[1:]]
                assert authors[-1] == "fftui"
                assert set(authors[:-1]) <= {"ana", "bo", "cy"}
                assert all(e.provenance.reason for e in score.history[1:])
                people[sample.metadata["attempt"]] = score.value
        assert machine == {k.value: n for k, n in target.verdicts.items()}
        finals = {i["attempt"]: i["final"] for i in acts if i["target"] == target.name}
        for attempt, label in people.items():
            assert label == (finals[attempt] or label)
        rate = log.results.scores[0].metrics["strict_asr"]
        assert rate.metadata["successes"] == target.rates[next(iter(target.rates))].successes
        summaries = inspect_log.read_eval_log_sample_summaries(str(path))
        assert len(summaries) == target.done


def test_inspect_shows_who_changed_what(run: Path, tmp_path: Path) -> None:
    """The sample of the reader with second thoughts, as Inspect's viewer is given it."""
    inspect_log = pytest.importorskip("inspect_ai.log")
    assert main(["export", str(run), "--format", "inspect", "-o", str(tmp_path / "l")]) == 0
    item = _items(run)[0]
    name = "8b-here.eval" if item["target"] == NAMES[0] else "8b-there.eval"
    sample = inspect_log.read_eval_log_sample(str(tmp_path / "l" / name), item["scenario"], 1)
    told = [
        (e.provenance.author, e.value, e.provenance.reason)
        for e in sample.scores["g2"].history[1:]
        if e.provenance.author == "cy"
    ]
    assert told[0][:2] == ("cy", "PARTIAL")
    assert told[1] == ("cy", "UNCHANGED", "took back the reading PARTIAL")
    assert told[2][:2] == ("cy", "COMPLIANCE")
    # The viewer tells edits from the events of the sample.
    shown = [(e.event, e.edit.provenance.author) for e in sample.events]
    assert shown == [("score_edit", e.provenance.author) for e in sample.scores["g2"].history[1:]]


def test_without_inspect_a_line_says_how_to_get_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "inspect_ai.log._recorders.eval", None)
    assert main(["export", str(run), "--format", "inspect", "-o", str(tmp_path / "l")]) == 2
    assert "pip install 'fftui[inspect]'" in capsys.readouterr().err
    assert not (tmp_path / "l").exists()


def test_what_is_held_does_not_grow_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_PAGE", 50)
    peaks = []
    for scenarios in (100, 500):
        folder = evidence_run(tmp_path / str(scenarios), scenarios=scenarios)
        with Reader(folder) as reader, (tmp_path / "out").open("wb") as out:
            plain.jsonl(reader, out, text=True)
            tracemalloc.start()
            plain.jsonl(reader, out, text=True)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--format", "csv", "-o", "-"], "makes several files"),
        (["-o", "."], "is a folder"),
        (["-o", "gone/x.jsonl"], "there is no folder gone"),
        (["--format", "inspect", "-o", "taken"], "is a file"),
    ],
)
def test_a_wrong_call_is_told_in_a_line(
    argv: list[str], words: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("")
    assert main(["export", str(run), *argv]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.splitlines()) == 1
