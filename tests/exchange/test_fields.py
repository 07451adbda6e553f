"""No reader takes a field that is broken for one that is absent: it says line and field."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fftui.cli import main
from fftui.exchange.imports.log import ImportFault, Log
from fftui.exchange.imports.make import make_run
from fftui.exchange.imports.recognise import read_log
from tests.exchange.evidence_run import evidence_run

Place = tuple[str | int, ...]

FF: list[dict[str, Any]] = [
    {
        "trace_id": "t",
        "scenario_id": "s",
        "episode_id": "e",
        "model_id": "maker/m",
        "adapter_id": "http_ollama",
        "target": "one",
        "repeat": 3,
        "simulated": True,
        "scenario_input": {
            "turns": [{"role": "user", "text": "p"}],
            "prompt": "q",
            "system_prompt": "be brief",
            "scenario_class": "direct",
            "attack_attempt": False,
        },
        "scenario_class": "c",
        "attack_attempt": True,
        "turns": [{"user": "p"}, {"role": "assistant", "text": "a"}, {"agent": "b"}],
        "raw_http_output": {
            "response": {"status_code": 200, "body": {"model": "m-1"}},
            "error": None,
        },
        "metadata": {
            "execution_timestamp": "2026-03-01T00:00:00Z",
            "duration_ms": 5.0,
            "token_usage_normalized": {
                "prompt_tokens": 1, "completion_tokens": 2, "input_tokens": 3, "output_tokens": 4,
            },
            "estimated_cost_usd": 0.5,
            "finish_reason": "length",
            "parse_error": False,
            "outcome": "answered",
        },
        "llm_verdict": "COMPLIANCE",
        "heuristic_verdict": "REFUSAL",
        "verdict": "PARTIAL",
        "labels": {"attack_success": True, "refusal_triggered": True},
        "labels_pred": {"attack_success_pred": False, "refusal_triggered_pred": True},
    }
]  # fmt: skip
GARAK: list[dict[str, Any]] = [
    {
        "entry_type": "start_run setup",
        "run.eval_threshold": 0.7,
        "run.system_prompt": "be brief",
        "plugins.target_type": "openai.X",
        "plugins.target_name": "m",
        "plugins.model_type": "openai.Y",
        "plugins.model_name": "n",
    },
    {"entry_type": "init", "garak_version": "0.17", "start_time": "2026-03-01T00:00:00"},
    {
        "entry_type": "attempt",
        "uuid": "u",
        "seq": 4,
        "status": 2,
        "probe_classname": "test.Test",
        "prompt": {
            "turns": [
                {"role": "user", "content": {"text": "p"}},
                {"role": "assistant", "content": {"text": "a"}},
                {"role": "user", "content": {"text": "q"}},
            ]
        },
        "outputs": [{"text": "b"}, {"text": "c"}],
        "detector_results": {"always.Fail": [1.0, 0.0]},
    },
]
RUBBISH: tuple[object, ...] = ("rubbish", "", 7, 2.5, -1, 1e999, True, [], [7], {}, {"a": 7})
EITHER = {
    # What a format itself writes in more than one way.
    "raw_http_output.error", "raw_http_output.response.body", "metadata.parse_error",
    "scenario_input.turns.0", "prompt.turns.0.content", "prompt.turns.1.content",
    "prompt.turns.2.content", "prompt", "outputs.0", "outputs.1",
}  # fmt: skip
WHOLE = {"repeat", "status_code", "prompt_tokens", "completion_tokens", "input_tokens", "seq",
         "output_tokens", "status", "id", "attempt", "planned", "tokens_in", "tokens_out",
         "undoes", "attempts", "items", "events"}  # fmt: skip
SIGNED = {"seq", "eval_threshold", "run.eval_threshold"}
"""Numbers that may be below 0, garak's own default of `seq` among them."""
WORDS = {"execution_timestamp", "start_time", "outcome", "at", "label", "pool", "blind", "record"}
"""Texts of which not any will do."""
EMPTY = {"model_id", "probe_classname", "reviewer", "grader", "scenario"}
"""Texts that must not be empty."""


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every field of a record, its containers too."""
    if place:
        yield place
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*place, number))


def at(record: Any, place: Place) -> Any:
    for step in place:
        record = record[step]
    return record


def broken(place: Place, value: object, rubbish: object) -> bool:
    """This value cannot stand there."""
    name = str(place[-1])
    if isinstance(value, bool) or isinstance(rubbish, bool):
        return not (isinstance(value, bool) and isinstance(rubbish, bool))
    if isinstance(value, int | float) and isinstance(rubbish, int | float):
        if name in SIGNED:
            return rubbish in (2.5, 1e999) and name == "seq"
        return rubbish in (-1, 1e999) or (rubbish == 2.5 and name in WHOLE)
    if isinstance(value, str) and isinstance(rubbish, str):
        return (name in WORDS and rubbish == "rubbish") or (
            not rubbish and (name in EMPTY or place == ("kind",))
        )
    if isinstance(value, list) and isinstance(rubbish, list):
        return bool(rubbish and value) and not isinstance(value[0], float)
    return not (isinstance(value, dict) and isinstance(rubbish, dict))


def named(place: Place) -> str:
    return ".".join(map(str, place))


def read_or_refused(path: Path) -> Log | str:
    try:
        return read_log(path, {})
    except ImportFault as error:
        return str(error)


def check(
    path: Path, records: list[dict[str, Any]], line: int, unread: Callable[[Place], bool]
) -> int:
    """Spoil each field of one record in each way; returns how many were refused."""

    def outcome() -> Log | str:
        body = "".join(json.dumps(record) + "\n" for record in records)
        path.write_text(body.replace("Infinity", "1e999"), encoding="utf-8")
        return read_or_refused(path)

    sound = outcome()
    assert isinstance(sound, Log)
    refused = 0
    original = records[line - 1]
    for place in places(original):
        value = at(original, place)
        for rubbish in RUBBISH:
            if value is None or named(place) in EITHER or not broken(place, value, rubbish):
                continue
            spoilt = records[line - 1] = copy.deepcopy(original)
            at(spoilt, place[:-1])[place[-1]] = rubbish
            found = outcome()
            if place == ("record",) and line == 1:
                continue  # then nobody knows whose it is
            if "spec" in place[:-1]:
                continue  # kept as it is, whatever it says
            if unread(place):
                assert isinstance(found, Log), (place, rubbish, found)
                assert found.attempts == sound.attempts, (place, rubbish)
                assert found.graders == sound.graders, (place, rubbish)
                continue
            refused += 1
            assert isinstance(found, str), (place, rubbish)
            steps = [step for step in place if isinstance(step, str)]
            assert f"{path.name}:{line}: " in found, (place, rubbish, found)
            assert "\n" not in found
            said = found.split(": ", 1)[1]
            shown = steps[-1].removeprefix("always.Fail") or "detector_results"
            assert shown in said or "stands nowhere" in said, (place, rubbish, found)
    records[line - 1] = original
    return refused


def nothing(place: Place) -> bool:
    del place
    return False


def test_traces(tmp_path: Path) -> None:
    def unread(place: Place) -> bool:
        # Another field says it, and says it first.
        return False

    assert check(tmp_path / "a.jsonl", FF, 1, unread) > 250


@pytest.mark.parametrize("line", [1, 2, 3])
def test_garak(tmp_path: Path, line: int) -> None:
    if line == 1:
        # Whoever names no type is not known as garak's.
        records = [GARAK[1], GARAK[0], GARAK[2]]
        assert check(tmp_path / "a.jsonl", records, 2, nothing) > 40
    elif line == 2:
        assert check(tmp_path / "a.jsonl", GARAK, 2, nothing) > 15
    else:
        assert check(tmp_path / "a.jsonl", GARAK, 3, nothing) > 100


UNREAD = {
    "header": ("format", "run", "taxonomy.labels", "taxonomy.denominator", "taxonomy.numerators",
               "manifest.graders.planned", "manifest.graders.prompt_sha256"),
    "attempt": ("round", "calls.n", "calls.finish"),
    "item": ("target", "scenario", "repeat", "wanted", "final", "source", "blind", "soft",
             "unsure", "readings"),
    "event": ("scenario",),
    "end": ("logs",),
}  # fmt: skip
"""What import finds out for itself, or has no use for."""


def test_our_own_jsonl(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "made", scenarios=3, read=2)
    path = tmp_path / "a.jsonl"
    assert main(["export", str(run), "-o", str(path), "--with-text"]) == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    refused = 0
    for kind, others in UNREAD.items():
        line = 1 + next(
            n for n, one in enumerate(records)
            if one["record"] == kind and one.get("outcome", "answered") == "answered"
        )  # fmt: skip
        if kind == "header":
            kept = records[0]["manifest"]
            records[0]["manifest"] = {"targets": kept["targets"][:], "graders": kept["graders"]}

        def unread(place: Place, kind: str = kind, others: tuple[str, ...] = others) -> bool:
            name = ".".join(step for step in place if isinstance(step, str))
            inside = kind == "attempt" and name == "verdicts.at"
            return inside or any(name == other or name.startswith(f"{other}.") for other in others)

        refused += check(path, records, line, unread)
    assert refused > 400


FREE = {
    "": {"family", "signal", "model", "upstream", "digest", "quantisation", "fingerprint",
         "parameters", "template", "server", "reasoning", "round", "calls"},
    "-items": {"target", "scenario", "repeat", "stratum", "machine", "wanted", "final", "source",
               "blind", "soft", "unsure", "readings", "guidelines", "taxonomy", "simulated"},
    "-events": {"scenario", "session", "guideline", "taxonomy", "simulated"},
}  # fmt: skip
"""Columns in which any text is right, and those that import has no use for."""
ANY_WORD = {"target", "scenario", "reviewer", "kind"}


def test_our_own_csv(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "made", scenarios=3, read=2)
    out = tmp_path / "a.csv"
    assert main(["export", str(run), "--format", "csv", "-o", str(out), "--with-text"]) == 0
    for part, free in FREE.items():
        path = tmp_path / f"a{part}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            head, first, *rest = list(csv.reader(file))
        for number, column in enumerate(head):
            for value in ("rubbish", "-1", "nan", "1e999", "[7"):
                if column in free or (column in ANY_WORD and value):
                    continue
                row = [*first[:number], value, *first[number + 1 :]]
                with path.open("w", newline="", encoding="utf-8") as file:
                    csv.writer(file).writerows([head, row, *rest])
                said = read_or_refused(out)
                assert isinstance(said, str), (part, column, value)
                assert f"{path.name}:2: {column}" in said or f"a.csv:3: {column}" in said, said
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, first, *rest])
    read_log(out, {})


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("eval", "created"), "soon", "created"),
        (("eval", "metadata", "simulated"), "yes", "metadata.simulated: must be true or false"),
        (("eval", "metadata", "maker"), 7, "eval.metadata.maker: expected text"),
        (("samples", 0, "metadata", "benign"), "yes", "metadata.benign: expected true or false"),
        (("samples", 0, "metadata", "outcome"), "won", "metadata.outcome: invalid enum value"),
        (("samples", 0, "epoch"), 0, "epoch: they count from 1"),
        (("samples", 0, "epoch"), "first", "epoch"),
        (("samples", 0, "epoch"), 10**9, "repeat 1000000000 of"),
        (("samples", 0, "completed_at"), "soon", "completed_at"),
        (("samples", 0, "total_time"), -1, "working_time: expected number >= 0"),
        (("samples", 0, "model_usage"), {"m": {"input_tokens": -5}}, "input_tokens: expected"),
        (("samples", 0, "scores", "g2", "history", 1, "provenance", "metadata"),
         {"session": "s", "act": "read", "dwell_ms": "long"}, "provenance.metadata.dwell_ms"),
        (("samples", 0, "output", "choices"), "none", "choices"),
        (("samples", 0, "input"), 7, "input"),
    ],
)  # fmt: skip
def test_inspect(
    tmp_path: Path, place: Place, value: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = pytest.importorskip("inspect_ai.log")
    run = evidence_run(tmp_path / "made", scenarios=3, read=2)
    argv = ["export", str(run), "--format", "inspect", "-o", str(tmp_path / "logs")]
    assert main([*argv, "--with-text"]) == 0
    path = tmp_path / "a.json"
    log.write_eval_log(log.read_eval_log(str(tmp_path / "logs" / "8b-here.eval")), str(path))
    body = json.loads(path.read_text(encoding="utf-8"))
    at(body, place[:-1])[place[-1]] = value
    path.write_text(json.dumps(body), encoding="utf-8")
    capsys.readouterr()
    assert main(["import", str(path), "--name", "back"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "a.json: " in told
    assert told.count("\n") == 1


def test_a_scenario_that_was_asked_without_end_is_one_line(tmp_path: Path) -> None:
    body = json.dumps(FF[0] | {"repeat": None}) + "\n"
    (tmp_path / "a.jsonl").write_text(body * 1001, encoding="utf-8")
    entry = GARAK[2] | {"outputs": ["b"] * 1001}
    (tmp_path / "b.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    for name in ("a", "b"):
        log = read_log(tmp_path / f"{name}.jsonl", {})
        with pytest.raises(ImportFault, match=rf"{name}.jsonl: attempt 1001: repeat 1001 of"):
            make_run(tmp_path / "runs", "x", [log], "me", 0.0)
    assert not (tmp_path / "runs").exists()
