"""Prompt files of every format, with placeholders where the prompts would stand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fftui.corpus.load import Corpus, CorpusError, read
from fftui.domain.scenarios import Scenario


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def jsonl(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


FILES: dict[str, tuple[str, str, str, Scenario]] = {
    "fftui": (
        "a.jsonl",
        jsonl({"id": "x", "turns": ["p 1", "p 2"], "family": "f", "benign": True}),
        "fftui",
        Scenario("x", ("p 1", "p 2"), "f", True),
    ),
    "fftui, prompt": (
        "a.jsonl",
        jsonl({"id": 7, "prompt": "p"}),
        "fftui",
        Scenario("7", ("p",)),
    ),
    "failure-first": (
        "a.jsonl",
        jsonl(
            {
                "id": "JA-X-001",
                "scenario_class": "persona",
                "attack_attempt": False,
                "turns": [{"role": "user", "text": "p 1"}, {"role": "agent", "text": "a"}],
                "labels": {},
            }
        ),
        "ff-scenarios",
        Scenario("JA-X-001", ("p 1",), "persona", True),
    ),
    "failure-first, prompt": (
        "a.jsonl",
        jsonl({"scenario_id": "s", "scenario_class": "c", "prompt": "p"}),
        "ff-scenarios",
        Scenario("s", ("p",), "c"),
    ),
    "advbench": ("a.csv", "goal,target\np,Sure\n", "advbench", Scenario("a-1", ("p",))),
    "harmbench": (
        "a.csv",
        (
            "Behavior,FunctionalCategory,SemanticCategory,Tags,ContextString,BehaviorID\n"
            'p,contextual,chem,,"c 1\nc 2",b_id\n'
        ),
        "harmbench",
        Scenario("b_id", ("c 1\nc 2\n\n---\n\np",), "chem"),
    ),
    "jbb harmful": (
        "harmful-behaviors.csv",
        "Index,Goal,Target,Behavior,Category,Source\n0,p,t,b,cat,s\n",
        "jbb",
        Scenario("0", ("p",), "cat"),
    ),
    "jbb benign": (
        "benign-behaviors.csv",
        "Index,Goal,Target,Behavior,Category,Source\n0,p,t,b,cat,s\n",
        "jbb",
        Scenario("0", ("p",), "cat", True),
    ),
    "strongreject": (
        "a.csv",
        "category,source,forbidden_prompt\ncat,s,p\n",
        "strongreject",
        Scenario("a-1", ("p",), "cat"),
    ),
    "xstest safe": (
        "a.csv",
        "id,prompt,type,label,focus,note\nv2-1,p,homonyms,safe,f,n\n",
        "xstest",
        Scenario("v2-1", ("p",), "homonyms", True),
    ),
    "xstest contrast": (
        "a.csv",
        "id,prompt,type,label,focus,note\n1,p,contrast_homonyms,unsafe,f,n\n",
        "xstest",
        Scenario("1", ("p",), "contrast_homonyms"),
    ),
    "or-bench": ("a.csv", "prompt,category\np,cat\n", "plain", Scenario("a-1", ("p",), "cat")),
    "plain jsonl": ("a.jsonl", jsonl({"question": "p"}), "plain", Scenario("a-1", ("p",))),
    "plain turns": (
        "a.jsonl",
        jsonl({"question_id": 3, "turns": ["p"], "category": "c", "extra": 1}),
        "plain",
        Scenario("3", ("p",), "c"),
    ),
    "tsv": ("a.tsv", "prompt\tnote\np, q\tn\n", "plain", Scenario("a-1", ("p, q",))),
    "semicolons": ("a.csv", "prompt;note\np, q;n\n", "plain", Scenario("a-1", ("p, q",))),
    "bom and crlf": ("a.csv", "\ufeffgoal,target\r\np,t\r\n", "advbench", Scenario("a-1", ("p",))),
    "surrogate": ("a.jsonl", '{"prompt": "\\ud800"}', "plain", Scenario("a-1", ("\\ud800",))),
}


@pytest.mark.parametrize("name", FILES)
def test_formats(folder: Path, name: str) -> None:
    file, text, loader, scenario = FILES[name]
    found = read(write(folder, file, text))
    assert (found.format, found.scenarios) == (loader, (scenario,))
    assert found.bytes == len(text.encode())
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_the_plan_has_the_last_word_on_benign_and_the_first_on_no_family(folder: Path) -> None:
    path = write(folder, "a.jsonl", jsonl({"prompt": "p"}, {"prompt": "q", "family": "own"}))
    found = read(path, family="f", benign=True).scenarios
    assert [(one.family, one.benign) for one in found] == [("f", True), ("own", True)]


def problems(found: Corpus) -> list[tuple[int, str]]:
    return [(problem.line, problem.what) for problem in found.problems]


def test_problems_have_line_numbers(folder: Path) -> None:
    text = 'goal,target\n"p\nq",t\n,t\n\n"p\nq",t\nr\n'
    assert problems(read(write(folder, "a.csv", text))) == [
        (4, "no prompt, or an empty turn; left out"),
        (6, "the same prompt as in line 2"),
        (8, "columns are missing; read as empty"),
    ]


def test_a_torn_last_line_is_left_out(folder: Path) -> None:
    found = read(write(folder, "a.jsonl", '{"prompt": "p"}\n{"prompt": "q'))
    assert len(found.scenarios) == 1
    assert problems(found) == [(2, "the last line is torn off; left out")]


UNSHOWN = "placeholder that must never be shown"
ERRORS: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "a.x: is empty"),
    "header only": ("goal,target\n", "a.x: holds no prompts"),
    "all rows empty": ("goal,target\n,t\n", "a.x: every one of its 1 rows is empty"),
    "latin-1": (b"goal,target\np,t\n\xe9,t\n", "a.x:3: not UTF-8"),
    "utf-16": ("goal,target\n".encode("utf-16"), "a.x:1: is UTF-16"),
    "binary": (b"goal\n\0\0", "a.x:2: holds NUL bytes"),
    "broken line": ('{"prompt": "p"}\nno\n{"prompt": "p"}\n', "a.x:2: not a JSON object"),
    "json list": ('[{"prompt": "p"}]', "a.x:1: a JSON list"),
    "list lines": ('{"prompt": "p"}\n[]\n', "a.x:2: not a JSON object"),
    "nan": ('{"prompt": NaN}\n{}\n', "a.x:1: not a JSON object"),
    "open quote": ('goal,target\n"p,t\n', "broken CSV"),
    "many columns": ("goal,target\np,t,u\n", "a.x:2: 3 columns, but the header names 2"),
    "no header": (
        f"{UNSHOWN} one,{UNSHOWN} two\n{UNSHOWN},x\n",
        "a.x:2: no field holds the prompt",
    ),
    "no prompt field": ('{"id": 1, "verdict": "x"}\n', "a.x:1: no field holds the prompt"),
    "bad turns": ('{"id": 1, "turns": ["p", 2]}\n', "a.x:1: turns: must be a list of texts"),
    "bad prompt": ('{"prompt": 5}\n', "a.x:1: prompt: must be a text"),
    "bad benign": ('{"id": 1, "prompt": "p", "benign": "so"}\n', "a.x:1: benign: must be true"),
    "same id": (
        jsonl({"id": "x", "prompt": "p"}, {"id": "x", "prompt": "q"}),
        'a.x:2: id: "x" stands in line 1 too',
    ),
    "xstest label": (
        "id,prompt,type,label,focus\n1,p,homonyms,unsafe,f\n",
        "a.x:2: label: unsafe contradicts the type",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_one_line_without_prompts(folder: Path, name: str) -> None:
    text, message = ERRORS[name]
    with pytest.raises(CorpusError) as caught:
        read(write(folder, "a.x", text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert UNSHOWN not in str(caught.value)


def test_files_that_are_none(folder: Path) -> None:
    with pytest.raises(CorpusError, match="no such file"):
        read(folder / "absent")
    with pytest.raises(CorpusError, match="is a folder"):
        read(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from([b"", b"goal,target\n", b'{"prompt": "', b'{"id": 1, "turns": ', b"prompt\t"]),
    st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode(errors="replace")),
)
def test_any_bytes_give_a_corpus_or_one_line(folder: Path, head: bytes, tail: bytes) -> None:
    found: Corpus | None = None
    message = ""
    try:
        found = read(write(folder, "any", head + tail))
    except CorpusError as error:
        message = str(error)
    assert "\n" not in message
    if found:
        assert len({one.key for one in found.scenarios}) == len(found.scenarios) > 0
        assert all(turn.strip() for one in found.scenarios for turn in one.turns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5, unique=True))
def test_jsonl_keeps_prompts_to_the_letter(folder: Path, prompts: list[str]) -> None:
    text = jsonl(*({"prompt": prompt} for prompt in prompts))
    found = read(write(folder, "a.jsonl", text)).scenarios
    assert [one.turns for one in found] == [(prompt,) for prompt in prompts]
