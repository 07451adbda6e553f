"""A plan with each field wrong in turn: one line that says where, what, and what is allowed."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from fftui.cli import main
from fftui.domain.plan import RunPlan
from tests.cli.support import MINIMAL, Desk, spoilt, toml

TEXT, WHOLE, NUMBER, SWITCH = "text in quotes", "whole number", "a number", "true or false"
LIST, TABLE, ENTRY = "a list", "a table", "at least 1 entry"
JUDGE = {
    "kind": "judge",
    "platform": "sim:direct",
    "model": "j",
    "price": {"input": 1.0, "output": 1.0},
}
FULL = {
    **MINIMAL,
    "corpus": [{"file": "prompts.jsonl", "columns": {"prompt": "turns", "id": "id"}}],
    "targets": [{**MINIMAL["targets"][0], "price": {"input": 2.0, "output": 2.0}}],
    "accounts": [{"name": "sim:direct"}],
    "graders": [JUDGE],
}

# Field, wrong value, what the line says of it.
WRONG: list[tuple[str, object, str]] = [
    ("version", 2, "should be 1"),
    ("version", "1", "should be 1"),
    ("name", 5, TEXT),
    ("name", "", "at least 1 character"),
    ("name", "a b", "letters, digits, dot, dash and underscore"),
    ("name", ".hidden", "the first a letter or digit"),
    ("name", "../up", "letters, digits, dot, dash and underscore"),
    ("name", "x" * 81, "at most 80"),
    ("seed", -1, "greater than or equal to 0"),
    ("seed", 2**63, "less than"),
    ("seed", "1", WHOLE),
    ("repeats", 0, "greater than or equal to 1"),
    ("repeats", 1.5, WHOLE),
    ("repeats", 1001, "less than or equal to 1000"),
    ("note", 1, TEXT),
    ("corpus", [], ENTRY),
    ("corpus", "prompts.jsonl", LIST),
    ("corpus.file", 1, TEXT),
    ("corpus.file", "absent.jsonl", "no such file"),
    ("corpus.columns", 1, TABLE),
    ("corpus.columns.prompt", 1, TEXT),
    ("corpus.columns.id", "", "at least 1 character"),
    ("corpus.columns.family", 1, TEXT),
    ("corpus.columns.benign", False, TEXT),
    ("corpus.family", 1, TEXT),
    ("corpus.benign", "yes", SWITCH),
    ("corpus.limit", 0, "greater than or equal to 1"),
    ("corpus.limit", "all", WHOLE),
    ("targets", [], ENTRY),
    ("targets.name", "", "at least 1 character"),
    ("targets.name", "x" * 121, "at most 120"),
    ("targets.platform", "mainframe", "allowed: anthropic, local, ollama, openai"),
    ("targets.platform", "sim:nowhere", "allowed: sim:direct"),
    ("targets.platform", "openai-compatible", "needs base_url"),
    ("targets.model", "", "at least 1 character"),
    ("targets.model", "absent", "allowed: j, m"),
    ("targets.base_url", "ftp://host", "http:// or https:// address"),
    ("targets.base_url", "http://host:99999", "http:// or https:// address"),
    ("targets.base_url", "http://[x", "http:// or https:// address"),
    ("targets.base_url", 5, TEXT),
    ("targets.dialect", "latin", "'openai', 'anthropic' or 'ollama'"),
    ("targets.account", 1, TEXT),
    ("targets.upstream", "host", LIST),
    ("targets.upstream", [1], TEXT),
    ("targets.quantisations", "fp8", LIST),
    ("targets.stream", "yes", SWITCH),
    ("targets.price", 1, TABLE),
    ("targets.price.input", -1, "greater than or equal to 0"),
    ("targets.price.output", "free", NUMBER),
    ("targets.maker", 1, TEXT),
    ("targets.weights", 1, TEXT),
    ("targets.quantisation", 4, TEXT),
    ("targets.tags", "one", LIST),
    ("targets.thinking", False, TEXT),
    ("targets.system_prompt", 1, TEXT),
    ("targets.sampling", 1, TABLE),
    ("targets.sampling.temperature", 2.5, "less than or equal to 2"),
    ("targets.sampling.temperature", True, NUMBER),
    ("targets.sampling.max_tokens", 0, "greater than or equal to 1"),
    ("targets.sampling.top_p", 0, "greater than 0"),
    ("sampling", [], TABLE),
    ("sampling.temperature", "hot", NUMBER),
    ("sampling.max_tokens", 10**7, "less than or equal to 1000000"),
    ("sampling.top_p", 1.5, "less than or equal to 1"),
    ("accounts", {"name": "x"}, LIST),
    ("accounts.name", "", "at least 1 character"),
    ("accounts.platform", 1, TEXT),
    ("accounts.key_env", 1, LIST),
    ("accounts.key_env", "gsk_0123456789", "never the key itself"),
    ("accounts.key_env", "FFTUI_TEST_UNSET", "export it first"),
    ("accounts.requests_per_minute", 0, "greater than 0"),
    ("accounts.requests_per_minute", float("inf"), "finite"),
    ("accounts.requests_per_day", "50", NUMBER),
    ("accounts.tokens_per_minute", 0, "greater than 0"),
    ("accounts.spend_usd", -1, "greater than or equal to 0"),
    ("accounts.concurrency", 0, "greater than or equal to 1"),
    ("accounts.concurrency", 5000, "less than or equal to 4096"),
    ("accounts.period_scale", 2, "less than or equal to 1"),
    ("accounts.shared", 1, SWITCH),
    ("graders", [], ENTRY),
    ("graders.kind", "oracle", "'heuristic', 'judge', 'strongreject' or 'classifier'"),
    ("graders.rubric", "sideways", "'direct' or 'backward'"),
    ("graders.template", 1, TEXT),
    ("graders.template", "absent.txt", "absent.txt: No such file"),
    ("graders.maker", 1, TEXT),
    ("graders.name", 1, TEXT),
    ("graders.platform", "", "needs platform and model"),
    ("graders.platform", "mainframe", "allowed: anthropic, local, ollama"),
    ("graders.model", "", "needs platform and model"),
    ("graders.model", "absent", "allowed: j, m"),
    ("graders.base_url", "host", "http:// or https:// address"),
    ("graders.dialect", "latin", "'openai', 'anthropic' or 'ollama'"),
    ("graders.account", 1, TEXT),
    ("graders.upstream", "host", LIST),
    ("graders.stream", 1, SWITCH),
    ("graders.price", 1, TABLE),
    ("graders.price.input", -1, "greater than or equal to 0"),
    ("graders.price.output", "free", NUMBER),
    ("graders.max_tokens", 1, "greater than or equal to 16"),
    ("stop", 1, TABLE),
    ("stop.tier", "loose", "'strict', 'broad' or 'fd'"),
    ("stop.width", 0, "greater than 0"),
    ("stop.width", 1.1, "less than or equal to 1"),
    ("stop.width", float("nan"), "finite"),
    ("stop.width", "0.1", NUMBER),
    ("stop.below", 1.0, "less than 1"),
    ("stop.above", 0.0, "greater than 0"),
    ("stop.differs_from", 3, "text in quotes"),
    ("stop.differs_from", "nobody", "'nobody' is no target here; allowed: "),
    ("stop.max_attempts", 0, "greater than or equal to 1"),
    ("review", 1, TABLE),
    ("review.readings", 10, "less than or equal to 9"),
    ("review.audit", -1, "greater than or equal to 0"),
    ("review.double", 1.5, "less than or equal to 1"),
    ("review.reveal", "yes", SWITCH),
    ("review.rules", "soft", TABLE),
    ("review.rules", {"hunch": 0.5}, "unknown rule 'hunch'; allowed: "),
    ("review.rules", {"soft": 2.0}, "less than or equal to 1"),
    ("engine", 1, TABLE),
    ("engine.concurrency", 0, "greater than or equal to 1"),
    ("engine.deadline_s", 0, "greater than 0"),
    ("engine.tries", 21, "less than or equal to 20"),
    ("engine.usable_share", 1.5, "less than or equal to 1"),
    ("engine.usable_window", 3, "greater than or equal to 4"),
    ("policy", 1, TABLE),
    ("policy.empty", "answer", "'exclude' or 'refusal'"),
    ("alert", 1, TABLE),
    ("alert.above", 0.2, LIST),
    ("alert.above", [1.5], "less than 1"),
    ("storage", 1, TABLE),
    ("storage.compress", "zstd", SWITCH),
    ("sim", 1, TABLE),
    ("sim.profile", "absent.toml", "no such file"),
    ("sim.profile", 1, TEXT),
    ("sim.seed", -1, "greater than or equal to 0"),
    ("notify", 1, TABLE),
    ("notify.command", [], ENTRY),
    ("notify", {"command": ["x"], "on": ["lunch"]}, "'finish', 'pause', 'alert' or 'death'"),
    ("notify", {"on": ["finish"]}, "is missing"),
    # Unknown ones, in each table.
    ("bogus", 1, "allowed here: version, name"),
    *((f"{table}.bogus", 1, "allowed here: ") for table in (
        "corpus", "targets", "accounts", "graders", "stop", "sampling", "review", "engine",
        "policy", "alert", "storage", "sim", "targets.sampling", "corpus.columns",
    )),
]  # fmt: skip
MISSING = ["version", "name", "seed", "corpus", "targets", "corpus.file", "targets.name",
           "targets.platform", "targets.model", "graders.kind", "accounts.name"]  # fmt: skip


def fields(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """Every field of a plan, as `table.field`."""
    for name, info in model.model_fields.items():
        yield above + name
        for inner in _models(info.annotation):
            yield from fields(inner, f"{above}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    if get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for inner in get_args(annotation):
            yield from _models(inner)


def test_the_table_spoils_every_field() -> None:
    spoilt_ones = {path for path, _, _ in WRONG} | {"notify.on"}
    assert set(fields(RunPlan)) <= spoilt_ones


def refused(
    desk: Desk, capsys: pytest.CaptureFixture[str], plan: dict[str, Any], field: str, words: str
) -> None:
    desk.plan.write_text(toml(plan))
    for call in (["run", "--headless", "plan.toml"], ["preflight", "plan.toml", "--json"]):
        assert main(call) == 2
        shown = capsys.readouterr()
        if call[0] == "run":
            assert shown.out == ""
            (line,) = shown.err.splitlines()
            assert line.startswith("fftui: plan.toml: ")
            assert field in line.replace("[1]", "")
            assert words in line
        else:
            assert '"ok": false' in shown.out
            assert words.replace('"', '\\"') in shown.out
    assert desk.left() == []


@pytest.mark.parametrize(("path", "value", "words"), WRONG)
def test_a_wrong_field_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], path: str, value: object, words: str
) -> None:
    # Where the mistake is in the whole entry, its last field stands in the words.
    field = path.rpartition(".")[0] if "needs" in words else path
    field = "notify" if path == "notify" else field
    refused(desk, capsys, spoilt(FULL, path, value), field, words)


@pytest.mark.parametrize("path", MISSING)
def test_a_missing_field_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    plan = spoilt(FULL, path, None)
    place: Any = plan
    *tables, last = path.split(".")
    for name in tables:
        place = place[name][0]
    del place[last]
    refused(desk, capsys, plan, path, "is missing")


def test_each_mistake_has_its_line_and_no_other(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = spoilt(spoilt(FULL, "seed", -1), "targets.model", 7)
    desk.plan.write_text(toml(plan))
    assert main(["run", "--headless", "plan.toml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in lines] == ["seed", "targets[1].model"]


@pytest.mark.parametrize("table", ["targets", "graders", "accounts"])
def test_a_name_used_twice_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    plan = {**FULL, table: [*FULL[table], *FULL[table]]}
    refused(desk, capsys, plan, table, "is used twice")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("accounts.key_env", "sk-SECRET-0123456789"),
        ("accounts.key_env", "sk_SECRET_0123456789"),
        ("accounts.key_env", ["sk-SECRET-0123456789"]),
        ("accounts.api_key", "sk-SECRET-0123456789"),
        ("targets.api_key", "sk-SECRET-0123456789"),
        ("targets.base_url", "https://user:sk-SECRET-0123456789@host/v1"),
    ],
)
def test_a_key_in_a_plan_is_not_repeated(
    desk: Desk, capsys: pytest.CaptureFixture[str], path: str, value: object
) -> None:
    desk.plan.write_text(toml(spoilt(FULL, path, value)))
    assert main(["run", "--headless", "plan.toml"]) == 2
    shown = capsys.readouterr()
    assert "SECRET" not in shown.out + shown.err


@pytest.mark.parametrize(
    "text",
    ["version = ", "= 1", "[[corpus]", "version = 1\nversion = 1", "\x00", "key = 'a\x1b[31m'"],
)
def test_what_is_no_toml_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    desk.plan.write_text(text)
    assert main(["run", "--headless", "plan.toml"]) == 2
    shown = capsys.readouterr()
    assert len(shown.err.splitlines()) == 1
    assert "plan.toml: not valid TOML" in shown.err
    assert "\x1b" not in shown.err
    assert shown.out == ""


def test_hostile_names_of_fields_and_files_are_shown_safely(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b]0;x\x07\u202eevil"
    cases = [
        spoilt(FULL, f"targets.{name}", 1),
        spoilt(FULL, "corpus.file", name),
        spoilt(FULL, "targets.model", name),
        spoilt(FULL, "name", name),
    ]
    for plan in cases:
        desk.plan.write_text(toml(plan))
        assert main(["run", "--headless", "plan.toml"]) == 2
        shown = capsys.readouterr().err
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
        assert len(shown.splitlines()) == 1
