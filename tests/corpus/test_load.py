"""Prompt files of every format, with placeholders where the prompts would stand."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fftui.corpus import sorting
from fftui.corpus.load import Corpus, CorpusError, read
from fftui.corpus.order import plan_order
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
    "or-bench toxic": (
        "or-bench-toxic.csv",
        "prompt,category\np,privacy\n",
        "or-bench",
        Scenario("or-bench-toxic-1", ("p",), "privacy"),
    ),
    "or-bench hard": (
        "or-bench-hard-1k.csv",
        "prompt,category\np,privacy\n",
        "or-bench",
        Scenario("or-bench-hard-1k-1", ("p",), "privacy", True),
    ),
    "prompt and category": (
        "a.csv",
        "prompt,category\np,cat\n",
        "plain",
        Scenario("a-1", ("p",), "cat"),
    ),
    "sorry-bench": (
        "a.jsonl",
        jsonl({"question_id": 7, "category": "3", "turns": ["p"], "prompt_style": "base"}),
        "sorry-bench",
        Scenario("7", ("p",), "3"),
    ),
    "sorry-bench, a style": (
        "a.jsonl",
        jsonl({"question_id": 7, "category": "3", "turns": ["p", "q"], "prompt_style": "ascii"}),
        "sorry-bench",
        Scenario("7-ascii", ("p", "q"), "ascii"),
    ),
    "sorry-bench, a table": (
        "a.csv",
        "question_id,category,turns,prompt_style\n7,3,\"['p', 'q']\",base\n",
        "sorry-bench",
        Scenario("7", ("p", "q"), "3"),
    ),
    "do-not-answer": (
        "a.csv",
        (
            "id,risk_area,types_of_harm,specific_harms,question,X_response\n"
            "0,area,harm,specific,p,said\n"
        ),
        "do-not-answer",
        Scenario("0", ("p",), "harm"),
    ),
    "do-not-answer, a mirror": (
        "a.csv",
        "prompt,risk_area,harm_area,harms\np,area,harm,x\n",
        "do-not-answer",
        Scenario("a-1", ("p",), "harm"),
    ),
    "wildjailbreak": (
        "train.tsv",
        (
            "vanilla\tadversarial\ttactics\tcompletion\tdata_type\n"
            'v\t"p\n""q""\tr"\t[]\t"c\n\n"\tadversarial_harmful\n'
        ),
        "wildjailbreak",
        Scenario("train-1", ('p\n"q"\tr',), "adversarial"),
    ),
    "wildjailbreak, vanilla": (
        "train.tsv",
        "vanilla\tadversarial\ttactics\tcompletion\tdata_type\np\t\t\tc\tvanilla_benign\n",
        "wildjailbreak",
        Scenario("train-1", ("p",), "vanilla", True),
    ),
    "wildjailbreak, evaluation": (
        "eval.tsv",
        "adversarial\tlabel\tdata_type\np\t0\tadversarial_benign\n",
        "wildjailbreak",
        Scenario("eval-1", ("p",), "adversarial", True),
    ),
    "failure-first episode": (
        "a.jsonl",
        jsonl(
            {
                "episode_id": "E-1",
                "scenes": [
                    {"scene_id": "1", "context": "c", "turns": [{"role": "user", "text": "p"}]},
                    {"scene_id": "2", "turns": [{"role": "user", "text": "q"}, "r"]},
                ],
            }
        ),
        "ff-episodes",
        Scenario("E-1", ("c\n\np", "q", "r")),
    ),
    "tabs in the header": ("a.tsv", "\n\nprompt\tid\np\tx\n", "plain", Scenario("x", ("p",))),
    "nested quotes": (
        "a.csv",
        'goal,target\r\n"p ""q, ""r"""" s\r\nt",u\r\n',
        "advbench",
        Scenario("a-1", ('p "q, "r"" s\r\nt',)),
    ),
    "bom before an object": (
        "a.jsonl",
        '\ufeff{"prompt": "p"}\r\n',
        "plain",
        Scenario("a-1", ("p",)),
    ),
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
    assert (found.format, tuple(found.scenarios)) == (loader, (scenario,))
    assert found.bytes == len(text.encode())
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_the_plan_has_the_last_word_on_benign_and_the_first_on_no_family(folder: Path) -> None:
    path = write(folder, "a.jsonl", jsonl({"prompt": "p"}, {"prompt": "q", "family": "own"}))
    found = read(path, family="f", benign=True).scenarios
    assert {(one.family, one.benign) for one in found} == {("f", True), ("own", True)}


def test_the_plan_can_name_the_columns(folder: Path) -> None:
    table = write(folder, "a.csv", "Nr,Ask,Kind,Harmless\n1,p,k,0\n2,q,,1\n")
    names = {"prompt": "ask", "id": "Nr", "family": "kind", "benign": "harmless"}
    found = read(table, columns=names, family="none")
    assert found.format == "mapped"
    assert set(found.scenarios) == {
        Scenario("1", ("p",), "k"),
        Scenario("2", ("q",), "none", True),
    }
    objects = write(folder, "a.jsonl", jsonl({"msgs": ["p", "q"], "n": 4}))
    found = read(objects, columns={"prompt": "msgs", "family": "n"})
    assert tuple(found.scenarios) == (Scenario("a-1", ("p", "q"), "4"),)
    with pytest.raises(CorpusError, match=r"a.csv:2: columns.id: the first record has no 'x'"):
        read(table, columns={"prompt": "ask", "id": "x"})


def test_a_set_whose_name_does_not_say_if_it_is_harmless_holds_attacks(folder: Path) -> None:
    path = write(folder, "a.csv", "prompt,category\np,privacy\n")
    found = read(path)
    assert not found.scenarios[0].benign
    assert "read as attacks, unless the plan's corpus.benign says" in found.problems[0].what
    assert read(path, benign=True).problems == ()


def test_of_a_large_file_only_the_first_in_seeded_order_are_kept(folder: Path) -> None:
    path = write(folder, "a.jsonl", jsonl(*({"id": f"{n}", "prompt": f"p {n}"} for n in range(99))))
    everything = read(path)
    ordered = plan_order([Scenario(f"{n}", (f"p {n}",)) for n in range(99)], 5)
    for limit in (0, 1, 7, 99, 200, None):
        some = read(path, limit=limit, seed=5)
        assert list(some.scenarios) == ordered[:limit]
        assert (some.size, some.sha256) == (99, everything.sha256)


def test_a_line_of_100_mb_is_refused_and_not_held(folder: Path) -> None:
    path = folder / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"prompt": "p"}\n{"prompt": "')
        for _ in range(100):
            file.write(b"p" * 1024**2)
        file.write(b'"}\n')
    with pytest.raises(CorpusError, match=r"a.jsonl:2: longer than 16 MB"):
        read(path)
    table = folder / "a.csv"
    with table.open("wb") as file:
        file.write(b'goal,target\np,t\n"')
        for _ in range(20):
            file.write(b"p" * 1024**2 + b"\n")
    with pytest.raises(CorpusError, match=r"record of line 3 goes on without end: a quote left"):
        read(table)


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
    "latin-1": (b"goal,target\np,t\n\xe9,t\n", "a.x:3:1: not UTF-8"),
    "utf-16": ("goal,target\n".encode("utf-16"), "a.x:1: is UTF-16"),
    "binary": (b"goal\n\0\0", "a.x:2:1: holds NUL bytes"),
    "broken line": (
        '{"prompt": "p"}\n{"prompt" "p"}\n{"prompt": "p"}\n',
        "a.x:2:11: not a JSON object",
    ),
    "json list": ('[{"prompt": "p"}]', "a.x:1: a JSON list"),
    "list lines": ('{"prompt": "p"}\n[]\n', "a.x:2: not a JSON object"),
    "nan": ('{"prompt": NaN}\n{}\n', "a.x:1: not a JSON object"),
    "a list over many lines": ('{\n"prompt": "p"}', "a.x:1: a JSON file of many lines"),
    "open quote": (
        'goal,target\nq,t\n"p,t\n\n',
        "a.x:4: broken CSV: the file ends inside the record of line 3",
    ),
    "quote in a quote": (
        'goal,target\n"p "q" r",t\n',
        "a.x:2: broken CSV in the record of line 2: a quote inside a field must be doubled",
    ),
    "cr alone": ("goal,target\rp,t\rq,t\r", "a.x:1: broken CSV: a line ends in CR alone"),
    "column named twice": ("prompt,prompt\np,q\n", "a.x:1: the column 'prompt' is named twice"),
    "wildjailbreak kind": (
        "adversarial\tdata_type\np\tother\n",
        "a.x:2: data_type: must be vanilla_ or adversarial_",
    ),
    "sorry-bench turns": (
        "question_id,turns,prompt_style\n1,['p',base\n",
        "a.x:2: turns: must be a list of texts",
    ),
    "scenes": ('{"episode_id": "e", "scenes": [3]}\n', "a.x:1: scenes: must be a list of objects"),
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
        "a.x:2: id: stands in line 1 too",
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
    st.sampled_from(
        [
            b"",
            b"goal,target\n",
            b'{"prompt": "',
            b'{"id": 1, "turns": ',
            b"prompt\t",
            *(text.encode() for _, text, _, _ in FILES.values()),
        ]
    ),
    st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode(errors="replace")),
)
@example(b"a\xff\xfe,goal\n", b"p")
def test_any_bytes_give_a_corpus_or_one_line(folder: Path, head: bytes, tail: bytes) -> None:
    sound(write(folder, "any", head + tail))


def sound(path: Path) -> None:
    """A file gives scenarios that can be asked, or one line."""
    found: Corpus | None = None
    message = ""
    try:
        found = read(path)
    except CorpusError as error:
        message = str(error)
    assert "\n" not in message
    if found:
        assert found.size == len({one.key for one in found.scenarios}) > 0
        assert all(turn.strip() for one in found.scenarios for turn in one.turns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5, unique=True))
def test_jsonl_keeps_prompts_to_the_letter(folder: Path, prompts: list[str]) -> None:
    text = jsonl(*({"prompt": prompt} for prompt in prompts))
    found = read(write(folder, "a.jsonl", text)).scenarios
    by_row = sorted(found, key=lambda one: int(one.key.removeprefix("a-")))
    assert [one.turns for one in by_row] == [(prompt,) for prompt in prompts]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_any_change_of_a_sound_file_gives_a_corpus_or_one_line(
    folder: Path, name: str, data: st.DataObject
) -> None:
    file, text, _, _ = FILES[name]
    body = bytearray(text.encode())
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 8)))
    body[start:end] = data.draw(st.binary(max_size=8))
    sound(write(folder, file, bytes(body)))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "text", "content", "turns", "context"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
NAMES = [
    "id", "prompt", "turns", "scenes", "episode_id", "scenario_class", "attack_attempt", "family",
    "benign", "question_id", "prompt_style", "category", "adversarial", "data_type", "labels",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=6), min_size=1, max_size=3)
)
def test_any_json_gives_a_corpus_or_one_line(
    folder: Path, records: list[dict[str, object]]
) -> None:
    sound(write(folder, "a.jsonl", jsonl(*records)))


PLAN = """
version = 1
name = "r{0}"
seed = 1
[[corpus]]
file = "{0}.tsv"
[stop]
max_attempts = 10
[[targets]]
name = "t"
platform = "sim"
model = "sim-small-4b"
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_is_flat_on_262000_rows(folder: Path) -> None:
    """The whole commands, `corpus` and `run`: ten times the rows, and no more memory."""

    def peak(*arguments: str) -> int:
        code = (
            "import sys; from fftui.cli import main; assert not main(sys.argv[1:]);"
            "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=os.environ | {"FFTUI_HOME": str(folder / "runs"), "XDG_STATE_HOME": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout.split()[-1])

    found = []
    for rows in (26_200, 262_000):
        path = folder / f"{rows}.tsv"
        with path.open("w") as file:
            file.write("vanilla\tadversarial\ttactics\tcompletion\tdata_type\n")
            for n in range(rows):
                text = f"[placeholder {n}]" + " padding" * 80
                file.write(f'v {n}\t"{text}\nmore"\t[]\t"{text}"\tadversarial_harmful\n')
        write(folder, f"{rows}.toml", PLAN.format(rows))
        found.append(
            (peak("corpus", str(path)), peak("run", str(folder / f"{rows}.toml"), "--headless"))
        )
        path.unlink()
    print(f"KiB with 26,200 and with 262,000 rows: {found}")
    for small, large in zip(*found, strict=True):
        assert large - small < 8 * 1024


def test_repeats_are_found_across_what_is_sorted_on_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_HELD", 100)
    monkeypatch.setattr(sorting, "_READ", 7)
    rows = [{"id": n, "prompt": f"p {n % 698}"} for n in range(700)]
    path = write(folder, "a.jsonl", jsonl(*rows))
    assert problems(read(path, limit=0)) == [
        (699, "the same prompt as in line 1"),
        (700, "the same prompt as in line 2"),
    ]
    found = read(path, seed=3).scenarios
    assert [one.key for one in found] == [
        one.key for one in plan_order([Scenario(f"{n}", ("p",)) for n in range(700)], 3)
    ]
    with path.open("a") as file:
        file.write(jsonl({"id": 8, "prompt": "q"}))
    with pytest.raises(CorpusError, match=r"a.jsonl:701: id: stands in line 9 too"):
        read(path, limit=0)
