"""Every reader against every fault that files come with: read alike, or one line saying where."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.cli import main
from fftui.corpus.load import CorpusError
from fftui.corpus.load import read as read_corpus
from fftui.exchange.imports.log import ImportFault
from fftui.exchange.imports.recognise import read_log
from fftui.exchange.summary import SummaryError, load_summary
from tests.corpus.test_load import FILES
from tests.exchange.evidence_run import evidence_run
from tests.exchange.test_fields import FF, GARAK
from tests.exchange.test_imports import STUDY

ALIKE: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "lines that end in CR LF": lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "empty lines at the end": lambda body: body + b"\n\n",
}
"""What changes nothing."""


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "Latin-1": (lambda body: body.rstrip(b"\n")[:-1] + b"\xe9\n", r":\d+:\d+: not UTF-8"),
    "UTF-16": (lambda body: body.decode().encode("utf-16"), r"UTF-16"),
    "NUL bytes": (lambda body: body.rstrip(b"\n")[:-1] + b"\0\0", r":\d+:\d+: holds NUL bytes"),
    "a line of 17 MB": (lambda body: body + b"x" * (17 << 20), r":\d+: longer than 16 MB"),
}  # fmt: skip
"""What ends the reading, and what is said of it."""


def logs(folder: Path) -> dict[str, Path]:
    """A log of each kind, each in a folder of its own."""
    run = evidence_run(folder / "made", scenarios=3, read=2)
    found = {}
    for name, records in (("traces", FF), ("garak", GARAK)):
        found[name] = folder / name / "a.jsonl"
        found[name].parent.mkdir()
        found[name].write_text("".join(json.dumps(one) + "\n" for one in records))
    for form in ("jsonl", "csv"):
        found[form] = folder / form / f"a.{form}"
        found[form].parent.mkdir()
        argv = ["export", str(run), "--format", form, "-o", str(found[form]), "--with-text"]
        assert main(argv) == 0
    return found


def log_said(path: Path) -> str:
    with pytest.raises(ImportFault) as caught:
        read_log(path, {})
    return str(caught.value)


@pytest.mark.parametrize("kind", ["traces", "garak", "jsonl", "csv"])
def test_logs(tmp_path: Path, kind: str) -> None:
    path = logs(tmp_path)[kind]
    sound = read_log(path, {}).attempts
    files = sorted(path.parent.iterdir())
    assert len(files) == (3 if kind == "csv" else 1)
    for file in files:
        body = file.read_bytes()
        for fault, change in ALIKE.items():
            file.write_bytes(change(body))
            assert read_log(path, {}).attempts == sound, (file.name, fault)
        for fault, (change, said) in SPOILT.items():
            file.write_bytes(change(body))
            told = log_said(path)
            assert re.search(rf"{re.escape(file.name)}\S*{said}|{file.name}.*{said}", told), (
                fault,
                told,
            )
            assert "\n" not in told
        file.write_bytes(body)


@pytest.mark.parametrize("name", FILES)
def test_prompt_files(tmp_path: Path, name: str) -> None:
    file, text, _, _ = FILES[name]
    path, body = tmp_path / file, text.encode().removeprefix(b"\xef\xbb\xbf")
    path.write_bytes(body)
    sound = scenarios(path)
    for change in ALIKE.values():
        path.write_bytes(change(body))
        assert scenarios(path) == sound
    for change, said in SPOILT.values():
        path.write_bytes(change(body))
        assert re.search(said, corpus_said(path))


def scenarios(path: Path) -> list[tuple[str, list[str], str, bool]]:
    """As read, but for the line ends inside of texts."""
    return [
        (one.key, ["\n".join(turn.splitlines()) for turn in one.turns], one.family, one.benign)
        for one in read_corpus(path).scenarios
    ]


def corpus_said(path: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        read_corpus(path)
    told = str(caught.value)
    assert told.startswith(path.name)
    assert "\n" not in told
    return told


TABLES = [
    name for name, (_, text, _, one) in FILES.items()
    if not text.lstrip("\ufeff\n").startswith("{") and len(one.turns) == 1
]  # fmt: skip
NASTY = 'p "q, ""r"" \' s,;\tt\r\nu"'


@pytest.mark.parametrize("name", TABLES)
def test_nested_quotes_in_tables(tmp_path: Path, name: str) -> None:
    file, text, _, one = FILES[name]
    tab = "\t" if file.endswith(".tsv") else ";" if name == "semicolons" else ","
    rows = list(csv.reader(io.StringIO(text.strip("\ufeff\n"), newline=""), delimiter=tab))
    column = next(
        i for i, (head, value) in enumerate(zip(*rows[:2], strict=True))
        if value == one.turns[0] or (head == "Behavior" and value == "p")
    )  # fmt: skip
    rows[1][column] = NASTY
    with (tmp_path / file).open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=tab).writerows(rows)
    (found,) = read_corpus(tmp_path / file).scenarios
    assert found.turns[0].endswith(NASTY)
    body = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(body.replace(b'""', b'"'))
    told = corpus_said(tmp_path / file)
    assert re.search(r":\d+: .*(quote|columns)", told), told


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_is_missing(tmp_path: Path, name: str) -> None:
    """Without the column of its prompts a file is refused, and none of another is taken for it."""
    file, text, _, one = FILES[name]
    tab = "\t" if file.endswith(".tsv") else ";" if name == "semicolons" else ","
    rows = list(csv.reader(io.StringIO(text.strip("\ufeff\n"), newline=""), delimiter=tab))
    column = next(
        i for i, (head, value) in enumerate(zip(*rows[:2], strict=True))
        if value == one.turns[0] or (head == "Behavior" and value == "p")
    )  # fmt: skip
    for row in rows:
        del row[column]
    with (tmp_path / file).open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=tab).writerows(rows)
    told = corpus_said(tmp_path / file)
    assert re.search("no field holds the prompt|has the columns of|rows is empty", told), told


@pytest.mark.parametrize(
    ("head", "gone"),
    [
        ("Behavior,FunctionalCategory,SemanticCategory,Tags,ContextString", "behaviorid"),
        ("Index,Target,Behavior,Category,Source", "goal"),
        ("id,prompt,label,focus,note", "type"),
        ("id,types_of_harm,specific_harms,question", "risk_area"),
    ],
)
def test_a_set_without_one_of_its_columns_is_not_read_as_something_else(
    tmp_path: Path, head: str, gone: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n{','.join('p' for _ in head.split(','))}\n")
    assert re.search(rf"a.csv:1: has the columns of \S+, but not {gone};", corpus_said(path))


@pytest.mark.parametrize(
    ("kind", "cut", "said"),
    [
        ("traces", 5, "a.jsonl:1:"),
        ("garak", 5, "a.jsonl:1: holds no attempts"),
        ("jsonl", 5, "the export is cut off here: its record `end` is missing"),
        ("csv", 5, "a.csv:7: "),
    ],
)
def test_a_log_torn_in_its_last_line(tmp_path: Path, kind: str, cut: int, said: str) -> None:
    """Of several traces the torn one is left out and told; here there is no other."""
    path = logs(tmp_path)[kind]
    path.write_bytes(path.read_bytes().rstrip()[:-cut])
    assert said in log_said(path)


def test_summaries(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    body = STUDY.read_bytes()
    sound = load_summary(STUDY)
    for change in ALIKE.values():
        path.write_bytes(change(body))
        assert load_summary(path) == sound
    for change, said in (
        (lambda b: b.replace(b"Qwen3", b"Qw\xe9n3", 1), "cannot be read: 'utf-8' codec"),
        (lambda b: b.decode().encode("utf-16"), "cannot be read"),
        (lambda b: b[:-1], ""),
        (lambda b: b[: b.rindex(b"]")], "not valid TOML"),
        (lambda b: b + b"\0", "not valid TOML"),
    ):
        path.write_bytes(change(body))
        if said:
            with pytest.raises(SummaryError) as caught:
                load_summary(path)
            assert f"{path}: {said}" in str(caught.value)
            assert "\n" not in str(caught.value)
