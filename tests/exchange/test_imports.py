"""Other tools' logs: what they say is kept, errors stay errors, and nothing is half imported."""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fftui.cli import main
from fftui.domain.labels import Label
from fftui.domain.verdicts import Unusable
from fftui.exchange.imports.log import ImportFault, Log
from fftui.exchange.imports.recognise import read_log
from fftui.resources import shipped
from fftui.results.doctor import examine_run
from fftui.results.tally import by_label
from fftui.store.reader import Reader
from tests.cli.support import Desk, Done

STUDY = shipped("sample_runs") / "published" / "qwen3_study.toml"
GARAK = Path(__file__).parent / "recorded" / "garak_0_17_1.report.jsonl"
"""Made by garak 0.17.1 with its harmless `test.Test` probe against the simulated platform: four of
the probe's prompts, two generations each; what garak tells of its machine is taken out."""


def sound(folder: Path) -> None:
    """The run file holds against itself."""
    assert [f"{f}" for f in examine_run(folder) if not f.ok] == []


def status(desk: Desk, name: str) -> dict[str, Any]:
    done = desk.fftui("status", name, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def garak_entries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GARAK.read_text(encoding="utf-8").splitlines()]


def jsonl(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


# garak


def test_a_garak_report_becomes_a_run_with_garaks_own_counts(desk: Desk) -> None:
    shutil.copy(GARAK, desk.folder / "scan.report.jsonl")
    done = desk.fftui("import", "scan.report.jsonl", "--name", "scan")
    assert (done.code, done.out.strip()) == (0, str(desk.runs / "scan"))
    sound(desk.runs / "scan")
    run = status(desk, "scan")
    (target,) = run["targets"]
    assert run["state"] == "done"
    assert (target["platform"], target["name"], target["done"]) == ("openai", "m", 8)
    # The first detector of the report, of eight scores: `always.Fail` hits always.
    assert target["basis"].startswith("as graded by always.Fail (imported)")
    assert (target["asr"]["strict"]["successes"], target["asr"]["strict"]["n"]) == (8, 8)
    with Reader(desk.runs / "scan") as reader:
        assert reader.header().imported == "garak 0.17.1"
        counts = reader.counts(1).verdicts
        graders = {g.id: g.name for g in reader.graders()}
        said = {graders[row.grader]: by_label(row.n) for row in counts}
    mitigation = "mitigation.MitigationBypass (imported)"
    assert said[mitigation] == {Label.COMPLIANCE: 6, Label.REFUSAL: 2}


def test_what_garak_got_no_output_for_is_a_failure_and_no_refusal(desk: Desk) -> None:
    entries = garak_entries()
    for entry in entries:
        if entry["entry_type"] == "attempt" and entry["seq"] == 1:
            entry["outputs"] = [None, {"text": "", "lang": "en"}]
            if entry["status"] == 2:
                entry["detector_results"] = {"always.Fail": [None, 1.0]}
    jsonl(desk.folder / "a.jsonl", entries)
    assert desk.fftui("import", "a.jsonl").code == 0
    (target,) = status(desk, "a")["targets"]
    assert target["outcomes"] == {"answered": 6, "empty": 1, "infra": 1} | {
        kind: 0 for kind in target["outcomes"] if kind not in ("answered", "empty", "infra")
    }
    assert target["asr"]["strict"]["n"] == 6
    sound(desk.runs / "a")


def test_scores_that_do_not_fit_the_outputs_are_nobodys(tmp_path: Path) -> None:
    """A detector that passes over what is no output gives fewer: whose is which is not told."""
    entry = next(e for e in garak_entries() if e.get("status") == 2)
    entry |= {"outputs": [None, "[one]", "[two]"], "detector_results": {"d.D": [1.0, 0.0]}}
    found = read_log(jsonl(tmp_path / "a.jsonl", [entry]), {})
    said = [v for one in found.attempts for v in one.verdicts.values()]
    assert len(said) == 2
    assert all(isinstance(v, Unusable) for v in said)


def test_a_garak_report_that_ended_early_keeps_its_answers_ungraded(desk: Desk) -> None:
    entries = [e for e in garak_entries() if e.get("status") != 2 or e["seq"] == 0]
    path = jsonl(desk.folder / "a.jsonl", entries)
    with path.open("a") as file:
        file.write('{"entry_type": "att')
    done = desk.fftui("import", "a.jsonl")
    assert done.code == 0
    assert "3 of 4 attempts were not judged" in done.err
    assert "the last line is torn off; left out" in done.err
    (target,) = status(desk, "a")["targets"]
    assert (target["outcomes"]["answered"], target["ungraded"]) == (8, 6)
    assert target["asr"]["strict"]["n"] == 2
    sound(desk.runs / "a")


# Failure-First


def trace(n: int, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "trace_id": f"t{n}",
        "scenario_id": f"S-{n}",
        "model_id": "maker/m",
        "adapter_id": "http_openrouter",
        "dataset_kind": "single",
        "scenario_input": {"turns": [{"role": "user", "text": f"[placeholder {n}]"}]},
        "turns": [{"user": f"[placeholder {n}]"}, {"agent": "I cannot assist with this."}],
        "labels": {"attack_success": False, "refusal_triggered": True},
        "raw_http_output": {"response": {"status_code": 200}, "error": None},
        "metadata": {"execution_timestamp": f"2026-03-01T00:00:{n:02}Z", "finish_reason": "stop"},
    }
    return made | changes


def said(text: str) -> list[dict[str, str]]:
    return [{"user": "[placeholder]"}, {"agent": text}]


def test_errors_in_traces_never_become_verdicts(desk: Desk) -> None:
    """The published run counted parse errors as successes, and empty replies as refusals."""
    won = {"attack_success": True, "refusal_triggered": False}
    reply = {"response": {"status_code": 429}, "error": "rate limited"}
    traces = [
        trace(0),
        trace(1, turns=said("Sure, [placeholder]."), labels=won),
        trace(2, turns=said("[PARSE_ERROR: null content]"), labels=won),
        trace(3, turns=said("[ERROR: timed out]"), labels=won),
        trace(4, turns=said("[ERROR: 429]"), raw_http_output=reply),
        trace(5, turns=said(""), labels={"attack_success": False, "refusal_triggered": True}),
        trace(6, raw_http_output={"response": {"status_code": 402}}),
        trace(7, raw_http_output={"response": {"status_code": 403}}),
        trace(8, metadata={"finish_reason": "content_filter"}),
        trace(9, turns=said("That is one way to see it."), labels=won | {"attack_success": False}),
        trace(10, metadata={"finish_reason": "length"}),
        trace(11, labels={"attack_success": None}),
    ]
    jsonl(desk.folder / "m_traces.jsonl", traces)
    done = desk.fftui("import", "m_traces.jsonl", "--name", "ff")
    assert done.code == 0, done.err
    (target,) = status(desk, "ff")["targets"]
    outcomes = {kind: n for kind, n in target["outcomes"].items() if n}
    assert outcomes == {
        "answered": 5, "infra": 2, "rate_limited": 1, "empty": 1, "quota": 1, "config": 1,
        "output_filter": 1,
    }  # fmt: skip
    verdicts = {label: n for label, n in target["verdicts"].items() if n}
    assert verdicts == {"COMPLIANCE": 1, "REFUSAL": 2, "NON_ANSWER": 1}
    assert (target["ungraded"], target["cut"], target["settled"]) == (1, 1, 12)
    assert (target["maker"], target["platform"]) == ("maker", "openrouter")
    sound(desk.runs / "ff")


def test_their_own_verdicts_come_before_the_keywords(desk: Desk) -> None:
    traces = [
        trace(0, llm_verdict="HALLUCINATION_REFUSAL", heuristic_verdict="REFUSAL"),
        trace(1, llm_verdict="PARSE_ERROR", heuristic_verdict="COMPLIANCE"),
    ]
    jsonl(desk.folder / "t.jsonl", traces)
    assert desk.fftui("import", "t.jsonl").code == 0
    (target,) = status(desk, "t")["targets"]
    assert {k: n for k, n in target["verdicts"].items() if n} == {"REFUSAL": 1, "COMPLIANCE": 1}
    assert "heuristic verdict (imported)" in target["basis"]
    with Reader(desk.runs / "t") as reader:
        assert {g.name: g.planned for g in reader.graders()} == {
            "llm verdict (imported)": False,
            "heuristic verdict (imported)": True,
            "labels (imported)": False,
        }


# Several logs in one run


def test_models_of_several_files_stand_beside_each_other(desk: Desk) -> None:
    jsonl(desk.folder / "a.jsonl", [trace(n) for n in range(6)])
    jsonl(desk.folder / "b.jsonl", [trace(n, model_id="maker/other") for n in range(4)])
    jsonl(desk.folder / "c.jsonl", [trace(n) for n in range(2)])
    done = desk.fftui("import", "a.jsonl", "b.jsonl", "c.jsonl", "--name", "many")
    assert done.code == 0, done.err
    run = status(desk, "many")
    told = {t["name"]: (t["done"], t["settled"], t["state"]) for t in run["targets"]}
    # The same model asked the same things in another file is a target of its own.
    assert told == {
        "maker/m": (6, 6, "finished"),
        "maker/other": (4, 4, "exhausted"),
        "maker/m #2": (2, 2, "exhausted"),
    }
    sound(desk.runs / "many")


def test_an_id_that_stands_for_two_prompts_is_kept_apart(desk: Desk) -> None:
    other = {"scenario_input": {"prompt": "[another placeholder]"}, "turns": said("Sure.")}
    jsonl(desk.folder / "a.jsonl", [trace(0)])
    jsonl(desk.folder / "b.jsonl", [trace(0, model_id="maker/other", **other)])
    assert desk.fftui("import", "a.jsonl", "b.jsonl", "--name", "two").code == 0
    with Reader(desk.runs / "two") as reader:
        keys = reader.db.execute("SELECT key FROM scenario").fetchall()
    assert {key for (key,) in keys} == {"S-0", "b/S-0"}


def test_an_imported_run_is_compared_read_and_not_asked_again(desk: Desk) -> None:
    jsonl(desk.folder / "a.jsonl", [trace(n) for n in range(30)])
    won = {"attack_success": True, "refusal_triggered": False}
    jsonl(
        desk.folder / "b.jsonl",
        [trace(n, adapter_id="http_ollama", labels=won) for n in range(30)],
    )
    assert desk.fftui("import", "a.jsonl").code == desk.fftui("import", "b.jsonl").code == 0
    shown = desk.fftui("compare", "a", "b")
    assert shown.code == 0, shown.err
    assert "on 30 matched scenarios" in shown.out
    for call in (
        ["resume", "a"],
        ["retry", "a", "--outcome", "infra"],
        ["extend", "a", "plan.toml"],
    ):
        desk.fftui(*call).refused(2, "a: was imported from Failure-First traces: nothing of it is")
    desk.fftui("init", "again.toml", "--from", "a").refused(2, "was imported")
    with Reader(desk.runs / "b") as reader:
        items = reader.db.execute("SELECT count(*), sum(drawn) FROM item").fetchone()
    assert items == (30, 30)


def test_what_is_graded_again_stays_over(desk: Desk) -> None:
    jsonl(desk.folder / "a.jsonl", [trace(n) for n in range(4)])
    jsonl(desk.folder / "b.jsonl", [trace(n, model_id="maker/other") for n in range(2)])
    assert desk.fftui("import", "a.jsonl", "b.jsonl", "--name", "x").code == 0
    assert desk.fftui("regrade", "x", "--grader", "heuristic").code == 0
    assert desk.fftui("wait", "x", "--for", "done", "--timeout", "30").code == 0
    assert desk.fftui("regrade", "x", "--promote", "heuristic").code == 0
    run = status(desk, "x")
    assert run["state"] == "done"
    assert {t["name"]: t["state"] for t in run["targets"]} == {
        "maker/m": "finished",
        "maker/other": "exhausted",
    }
    assert [t["verdicts"].get("REFUSAL") for t in run["targets"]] == [4, 2]
    assert all("heuristic" in t["basis"] for t in run["targets"])
    sound(desk.runs / "x")


# What is wrong


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is no log that can be imported"),
        (b"PK\x03\x04rubbish", ""),
        (b"name,count\n1,2\n", "is no log that can be imported"),
        (b'{"entry_type": "init"}\n', "holds no attempts"),
        (b'{"entry_type": "init"}\nrubbish\n{}\n', "a.jsonl:2:1: not a JSON object"),
        (b'{"entry_type": "init"}\n{"entry_type": "attempt", "seq": 0}\n', ":2: probe_classname"),
        (b'{"entry_type": "init"}\n{"x": "\xff"}\n', "a.jsonl:2:8: not UTF-8"),
        (b'{"model_id": "m", "trace_id": "t"}\n', "a.jsonl:1: scenario_id: is missing"),
        (b'{"model_id": "", "scenario_id": "t"}\n', "a.jsonl:1: model_id: is missing"),
        (b'{"model_id": "m", "scenario_id": "s"}\n[]\n', "a.jsonl:2: not a JSON object"),
        (b'{"model_id": "m", "scenario_id": "s"}\n{"x": "\xff"}\n', "a.jsonl:2:8: not UTF-8"),
        (b'{"eval": {}, "version": 2}', ""),
        (
            b'{"model_id": "m", "scenario_id": "s", "repeat": 0}\n' * 2,
            "attempt 2: 'm' was asked 's' twice as repeat 1",
        ),
    ],
)
def test_a_broken_log_is_one_line_and_leaves_nothing(
    desk: Desk, capsys: pytest.CaptureFixture[str], body: bytes, words: str
) -> None:
    (desk.folder / "a.jsonl").write_bytes(body)
    code = main(["import", "a.jsonl"])
    shown = capsys.readouterr()
    Done(code, shown.out, shown.err).refused(2, "a.jsonl", words)
    assert desk.left() == []


@pytest.mark.parametrize("tool", ["garak", "ff"])
def test_a_log_that_windows_has_touched_is_the_same_log(tool: str, tmp_path: Path) -> None:
    body = GARAK.read_bytes() if tool == "garak" else FF
    path = tmp_path / "a.jsonl"
    path.write_bytes(body)
    before = read_log(path, {})
    path.write_bytes(b"\xef\xbb\xbf" + body.replace(b"\n", b"\r\n"))
    assert read_log(path, {}).attempts == before.attempts


def test_a_torn_last_line_of_a_log_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(FF[:-20])
    found = read_log(path, {})
    assert len(found.attempts) == 1
    assert "line 2: the last line is torn off; left out" in found.remarks


def test_a_line_of_100_mb_in_a_log_is_one_line(desk: Desk) -> None:
    with (desk.folder / "a.jsonl").open("wb") as file:
        file.write(b'{"entry_type": "init"}\n{"x": "')
        for _ in range(100):
            file.write(b"x" * 1024**2)
    desk.fftui("import", "a.jsonl").refused(2, "a.jsonl:2: longer than 16 MB")


def test_a_name_is_used_once_and_one_bad_file_spoils_the_import(desk: Desk) -> None:
    jsonl(desk.folder / "a.jsonl", [trace(0)])
    (desk.folder / "b.jsonl").write_text("rubbish")
    desk.fftui("import", "a.jsonl", "b.jsonl", "--name", "x").refused(2, "b.jsonl: is no log")
    assert desk.left() == []
    assert desk.fftui("import", "a.jsonl", "--name", "x").code == 0
    desk.fftui("import", "a.jsonl", "--name", "x").refused(2, "a run of this name exists")
    desk.fftui("import", "a.jsonl", "a.jsonl").refused(2, "a file is named twice")
    desk.fftui("import", "a.jsonl", "--name", "../x").refused(2, "--name '../x'")
    desk.fftui("import", "a.jsonl", "--map", "C=GOOD").refused(2, "--map 'C=GOOD'")
    assert desk.left() == ["x"]


def read_or_refused(path: Path) -> Log | str:
    try:
        return read_log(path, {})
    except ImportFault as error:
        return str(error)


FF = "".join(json.dumps(trace(n)) + "\n" for n in range(2)).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([GARAK.read_bytes(), FF]), st.data())
def test_any_change_of_a_log_is_read_or_one_line(
    tmp_path: Path, body: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 30)))
    path = tmp_path / "a.jsonl"
    path.write_bytes(body[:start] + data.draw(st.binary(max_size=12)) + body[end:])
    found = read_or_refused(path)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        assert all(bool(one.verdicts) <= bool(one.outcome.text) for one in found.attempts)


FIELDS = [*trace(0), "repeat", "verdict", "uuid", "seq", "outputs", "prompt", "detector_results",
          "probe_classname", "status"]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "role", "user", "agent", "turns"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.booleans(), st.dictionaries(st.sampled_from(FIELDS), values))
def test_any_json_in_a_log_is_read_or_one_line(
    tmp_path: Path, garak: bool, changes: dict[str, Any]
) -> None:
    attempt = next(e for e in garak_entries() if e["entry_type"] == "attempt")
    path = jsonl(tmp_path / "a.jsonl", [attempt | changes] if garak else [trace(0) | changes])
    found = read_or_refused(path)
    assert isinstance(found, Log) or "\n" not in found


# Inspect AI, through its own log reader


@pytest.fixture(scope="module")
def inspect() -> Any:
    """Inspect AI's log module, where it is installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("inspect_ai.log")


def inspect_log(log: Any, path: Path, *, status: str = "success", **samples: Any) -> Path:
    """A log as Inspect AI writes it, with one sample of each kind."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalError, EvalSample, EvalSampleLimit
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import Score

    def sample(number: int, output: Any, value: Any = None, **more: Any) -> EvalSample:
        scores = {"judge": Score(value=value, explanation="said so")} if value is not None else None
        given = {"id": f"S-{number}", "epoch": 1, "input": f"[placeholder {number}]", "target": ""}
        return EvalSample(**(given | {"output": output, "scores": scores} | more))

    def out(text: str, stop: Any = "stop") -> ModelOutput:
        return ModelOutput.from_content("m", text, stop_reason=stop)

    kinds = [
        sample(0, out("Sure, [placeholder]"), "C", metadata={"family": "direct"}),
        sample(1, out("I cannot assist with this."), "I", metadata={"benign": True}),
        sample(2, ModelOutput(), "I", error=EvalError(message="boom\nat", traceback="",
               traceback_ansi="")),
        sample(3, out(""), "I"),
        sample(4, out("", "content_filter"), "I"),
        sample(5, out("Sure, [placehol", "max_tokens"), "C"),
        sample(6, ModelOutput(), "I", limit=EvalSampleLimit(type="time", limit=1)),
        sample(7, ModelOutput(model="m", error="refused to connect"), "I"),
        sample(8, out("Sure"), {"a": 1}),
        sample(9, out("Sure")),
    ]  # fmt: skip
    spec = log.EvalSpec(created="2026-03-01T00:00:00+00:00", task="t", dataset=EvalDataset(),
                        model="openrouter/maker/m", config=EvalConfig(),
                        packages={"inspect_ai": "0.3"}, **samples)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.write_eval_log(log.EvalLog(status=status, eval=spec, samples=kinds), str(path))
    return path


@pytest.mark.parametrize("end", ["eval", "json"])
def test_errors_of_inspect_samples_stay_errors(desk: Desk, inspect: Any, end: str) -> None:
    inspect_log(inspect, desk.folder / f"a.{end}")
    done = desk.fftui("import", f"a.{end}", "--name", "a", "--map", "C=COMPLIANCE,I=REFUSAL")
    assert done.code == 0, done.err
    assert "1 scores are no labels and stay ungraded" in done.err
    (target,) = status(desk, "a")["targets"]
    outcomes = Counter({kind: n for kind, n in target["outcomes"].items() if n})
    assert outcomes == {"answered": 5, "infra": 3, "empty": 1, "output_filter": 1}
    assert (target["ungraded"], target["cut"]) == (2, 1)
    assert (target["asr"]["strict"]["successes"], target["asr"]["strict"]["n"]) == (2, 2)
    assert (target["over_refusal"]["refused"], target["over_refusal"]["n"]) == (1, 1)
    assert (target["platform"], target["maker"]) == ("openrouter", "maker")
    assert target["basis"].startswith("as graded by judge (imported)")
    sound(desk.runs / "a")


def test_what_a_score_means_is_never_guessed(desk: Desk, inspect: Any) -> None:
    inspect_log(inspect, desk.folder / "a.eval", status="cancelled")
    done = desk.fftui("import", "a.eval")
    assert done.code == 0, done.err
    assert "status is 'cancelled'" in done.err
    (target,) = status(desk, "a")["targets"]
    assert target["asr"]["strict"]["n"] == 0
    assert target["ungraded"] == 5


def test_an_inspect_log_that_windows_has_touched(tmp_path: Path, inspect: Any) -> None:
    path = inspect_log(inspect, tmp_path / "s.json")
    body = path.read_bytes()
    before = read_log(path, {})
    path.write_bytes(body.replace(b"\n", b"\r\n"))
    assert read_log(path, {}).attempts == before.attempts
    path.write_bytes(b"\xef\xbb\xbf" + body)
    found = read_or_refused(path)
    assert isinstance(found, Log) or "\n" not in found
    path.write_bytes(body.replace(b"placeholder", b"placeholder \xff"))
    assert isinstance(said := read_or_refused(path), str)
    assert "\n" not in said


def test_any_change_of_an_inspect_log_is_read_or_one_line(tmp_path: Path, inspect: Any) -> None:
    sources = [inspect_log(inspect, tmp_path / f"s.{end}").read_bytes() for end in ("eval", "json")]

    @settings(deadline=None, max_examples=60)
    @given(st.sampled_from(sources), st.data())
    def change(body: bytes, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(body)))
        path = tmp_path / "a.eval"
        path.write_bytes(body[:start] + data.draw(st.binary(max_size=4)) + body[start + 3 :])
        found = read_or_refused(path)
        assert isinstance(found, Log) or "\n" not in found

    change()
