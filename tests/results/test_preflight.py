"""What a plan is understood to do before anything is sent."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from fftui.results.preflight import Preflight, check
from fftui.results.preflight_json import to_json
from fftui.settings import state_dir
from fftui.store.ledger import Ledger
from fftui.store.windows import Window
from tests.cli.support import toml

DAY = 86_400.0
NOON = 20_000 * DAY + DAY / 2
MIDNIGHT = 20_001 * DAY
KEYS = {"OPENROUTER_API_KEY": "sk-or-placeholder", "PAID_KEY": "sk-placeholder"}


def target(number: int, **other: Any) -> dict[str, Any]:
    return {
        "name": f"t{number}", "maker": "a", "platform": "openrouter", "model": f"a/m{number}:free",
        "account": "or", "upstream": ["host"], **other,
    }  # fmt: skip


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes and checks a plan of five free models and fifty prompts, changed as asked."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FFTUI_HOME", str(tmp_path / "runs"))

    def made(
        *, prompts: int = 50, benign: int = 0, environ: dict[str, str] = KEYS, **changes: Any
    ) -> Preflight:
        rows = [
            {"id": f"P-{n}", "turns": [f"[placeholder {n}]"], "benign": n < benign}
            for n in range(prompts)
        ]
        (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        values: dict[str, Any] = {
            "version": 1, "name": "free", "seed": 1, "corpus": [{"file": "p.jsonl"}],
            "targets": [target(n) for n in range(1, 6)],
            "accounts": [{"name": "or", "key_env": "OPENROUTER_API_KEY"}],
        }  # fmt: skip
        path = tmp_path / "plan.toml"
        path.write_text(toml(values | changes))
        return check(path, environ, NOON)

    return made


def text(checked: Preflight) -> str:
    return "\n".join(line for section in checked.sections for line in section.lines)


def test_five_free_models_take_five_days(plan: Any) -> None:
    checked = plan()
    assert checked.problems == ()
    (account,) = checked.ahead.accounts
    assert (account.target_calls, account.judge_calls) == (250, 0)
    # 50 at noon, 50 after each of four midnights, 20 a minute.
    assert checked.ahead.end.latest == MIDNIGHT + 3 * DAY + 120
    said = text(checked)
    assert "50 a day buys width 0.07 at 0 of 50 for one target, 0.28 at 0 of 10 for five" in said
    assert "20 requests/minute (OpenRouter's own" in said
    assert "50 requests/day (OpenRouter's own" in said
    assert "1000 a day" in said
    assert "costs nothing" in said


def test_a_judge_on_the_account_doubles_the_days(plan: Any) -> None:
    grader = {
        "kind": "judge", "platform": "openrouter", "model": "b/j:free", "account": "or",
        "upstream": ["host"],
    }  # fmt: skip
    checked = plan(graders=[grader])
    (account,) = checked.ahead.accounts
    assert (account.target_calls, account.judge_calls) == (250, 250)
    assert checked.ahead.end.latest == MIDNIGHT + 8 * DAY + 120
    assert [(b.targets, b.n) for b in account.bought] == [(1, 25), (5, 5)]


def test_what_is_spent_today_counts(plan: Any) -> None:
    day = Window("requests/day", "requests", 50, DAY, "plan")
    ledger = Ledger(state_dir())
    name = ledger.owner([KEYS["OPENROUTER_API_KEY"]], "known-by-another-name")
    assert ledger.buy(name, [day], {"requests": 50}, {}, ({}, 0.0), (), NOON).granted
    ledger.close()
    account = {"name": "or", "key_env": "OPENROUTER_API_KEY", "requests_per_day": 50}
    checked = plan(accounts=[account])
    assert checked.ahead.end.latest == MIDNIGHT + 4 * DAY + 120
    assert "50 spent already, anew 2024-10-05 00:00 UTC" in text(checked)


def test_looking_makes_no_ledger(plan: Any, tmp_path: Path) -> None:
    plan()
    assert not list((tmp_path / "state").rglob("*.db"))


def test_benign_scenarios_buy_no_interval(plan: Any) -> None:
    checked = plan(benign=25)
    assert checked.ahead.verdicts == 25
    assert [(b.targets, b.n) for b in checked.ahead.accounts[0].bought] == [(1, 25), (5, 5)]
    assert "(25 benign = 50 %)" in text(checked)
    assert "over-refusal" in text(plan(benign=50))


def test_unknown_cost_is_unknown(plan: Any) -> None:
    paid = target(1, model="a/m", account="paid")
    accounts = [{"name": "paid", "key_env": "PAID_KEY"}]
    unknown = plan(targets=[paid], accounts=accounts)
    assert unknown.ahead.cost_usd is None
    assert "cost unknown" in text(unknown)
    assert "$" not in text(unknown)
    assert to_json(unknown)["accounts"][0]["cost_usd"] is None
    priced = {**paid, "price": {"input": 1.0, "output": 2.0}}
    known = plan(targets=[priced], accounts=accounts)
    # 50 prompts of 15 or 16 bytes. At most a token for 3 bytes, framed by 64, and 512 for each
    # answer; at least a token for 6 bytes and one for the answer.
    assert known.ahead.cost_usd.most == pytest.approx(50 * (69.3 + 2 * 512) / 1e6, rel=0.01)
    assert known.ahead.cost_usd.least == pytest.approx(50 * (2.6 + 2 * 1) / 1e6, rel=0.02)
    assert "costs about $0.00023 to $0.055" in text(known)
    capped = plan(targets=[priced], accounts=[{**accounts[0], "spend_usd": 0.01}])
    assert capped.ok
    assert any("pauses at spend_usd" in warning for warning in capped.warnings)


@pytest.mark.parametrize(
    ("account", "price", "field", "words"),
    [
        ({"spend_usd": 5.0}, None, "targets[1].price", "price = {input = …, output = …}"),
        ({"spend_usd": 0.0}, {"input": 1.0, "output": 1.0}, "accounts[1].spend_usd", "raise it"),
        ({"tokens_per_minute": 100}, None, "accounts[1].tokens_per_minute", "max_tokens"),
    ],
)
def test_a_limit_that_nothing_can_pass_or_keep_is_a_problem(
    plan: Any, account: dict[str, Any], price: dict[str, float] | None, field: str, words: str
) -> None:
    paid = target(1, model="a/m", account="paid") | ({"price": price} if price else {})
    checked = plan(targets=[paid], accounts=[{"name": "paid", "key_env": "PAID_KEY", **account}])
    (problem,) = checked.problems
    assert field in problem
    assert words in problem


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompts": 12}, "too few for a rate"),
        ({"prompts": 30}, "preliminary"),
        ({"repeats": 2}, "repeats = 2 at temperature 0"),
        ({"targets": [target(1, upstream=[])]}, 'upstream = ["…"]'),
        ({"targets": [target(1, platform="openai-compatible", base_url="http://far.example/v1")]},
         "far.example"),
        ({"accounts": []}, "key_env"),
        ({"graders": [{"kind": "judge", "platform": "openrouter", "model": "a/m1", "account": "or",
                       "upstream": ["h"]}]}, "judge its own answers"),
        ({"graders": [{"kind": "judge", "platform": "openrouter", "model": "a/big", "account": "or",
                       "upstream": ["h"]}]}, "the same maker (a)"),
        ({"graders": [{"kind": "judge", "platform": "openrouter", "model": "c/big", "account": "or",
                       "upstream": ["h"], "maker": "A"}]}, "the same maker (a)"),
        ({"graders": [{"kind": kind, "platform": "openrouter", "model": f"c/{kind}",
                       "account": "or", "upstream": ["h"]} for kind in ("judge", "classifier")]},
         "they may err alike"),
        ({"accounts": [{"name": "or", "key_env": "OPENROUTER_API_KEY",
                        "tokens_per_minute": 10_000, "concurrency": 32}]}, "16384 tokens"),
    ],
)  # fmt: skip
def test_what_is_unwise_is_one_line_with_the_mend(
    plan: Any, changes: dict[str, Any], words: str
) -> None:
    assert plan().warnings == ()
    checked = plan(**changes)
    assert checked.ok
    assert any(words in warning for warning in checked.warnings), checked.warnings
    assert all("\n" not in warning for warning in checked.warnings)


def test_a_loopback_address_over_http_is_no_risk_unless_a_proxy_takes_it(plan: Any) -> None:
    near = target(1, platform="openai-compatible", base_url="http://127.0.0.1:8000/v1")
    assert plan(targets=[near]).warnings == ()
    proxied = plan(targets=[near], environ={**KEYS, "http_proxy": "http://me:secret@proxy:3128"})
    assert "NO_PROXY=127.0.0.1" in proxied.warnings[0]
    assert "http://proxy:3128" in text(proxied)
    excepted = {**KEYS, "http_proxy": "http://proxy:3128", "no_proxy": "127.0.0.1"}
    assert plan(targets=[near], environ=excepted).warnings == ()


def test_no_secret_is_shown(plan: Any) -> None:
    proxy = {"https_proxy": "http://me:secret-word@proxy:3128"}
    checked = plan(environ={**KEYS, **proxy})
    said = text(checked) + json.dumps(to_json(checked))
    for secret in ("secret-word", *KEYS.values()):
        assert secret not in said
    assert "key OPENROUTER_API_KEY: present" in said


def test_a_missing_key_is_named(plan: Any) -> None:
    checked = plan(environ={})
    assert "no OPENROUTER_API_KEY" in checked.problems[0]
    assert "key OPENROUTER_API_KEY: MISSING" in text(checked)


def test_the_sample_says_when_its_short_days_are_over() -> None:
    sample = Path(__file__).parents[2] / "sample_runs" / "advbench_baseline_free.toml"
    checked = check(sample, {}, NOON)
    assert checked.problems == ()
    assert checked.ahead is not None
    # Some placeholders have several turns: 50 calls are 40 attempts, and 250 take 7 days of 30 s.
    assert checked.ahead.end.latest is not None
    days = math.ceil((checked.ahead.end.latest - NOON) / 30)
    assert 5 <= days <= 8


def test_json_has_the_same_numbers_as_the_page(plan: Any) -> None:
    checked = plan()
    found = json.loads(json.dumps(to_json(checked)))
    assert found["ok"] is True
    assert found["attempts"] == {
        "scenarios": 50, "benign": 0, "targets": 5, "repeats": 1, "per_target": 50,
        "least_per_target": 50, "total": 250,
        "judge_calls": 0, "verdicts_per_target": 50,
    }  # fmt: skip
    (account,) = found["accounts"]
    assert account["calls"] == {"targets": 250, "judges": 0, "total": 250}
    assert account["requests_per_day"] == 50
    at = "2024-10-08T00:02:00+00:00"
    assert found["end"] == {"earliest": at, "latest": at}
    assert found["corpora"][0]["sha256"] == checked.corpora[0].sha256


def test_a_plan_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    checked = check(tmp_path / "absent.toml", {}, NOON)
    assert not checked.ok
    found = to_json(checked)
    assert found["ok"] is False
    assert found["attempts"] is None


@pytest.mark.parametrize(
    "secret", ["quetzal", "u:quetzal", "u:a@quetzal", "quetzal#x", "u:1/quetzal", "quetzal?"]
)
def test_a_proxy_is_shown_without_who_asks_it(plan: Any, secret: str) -> None:
    checked = plan(environ=KEYS | {"HTTPS_PROXY": f"http://{secret}@proxy.invalid:3128"})
    shown = text(checked) + json.dumps(to_json(checked))
    assert "https calls go through the proxy" in shown
    assert "quetzal" not in shown
    assert "://u:1" not in shown
    unreadable = any(c in secret for c in "#/?")
    assert ("http://proxy.invalid:3128" in shown) is not unreadable
    assert checked.ok is not unreadable
    assert ("https_proxy: is no address of a proxy" in shown) is unreadable
