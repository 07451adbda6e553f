"""A whole run against the simulator's own ledger, and status = screen = rows while it lives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results.status import to_json
from fftui.results.view import RunSummary, TargetSummary
from tests.engine import support
from tests.engine.support import HEURISTIC, ROOT, Simulator, finish, look, make, query, simulator

TARGETS = {
    "small @ ollama": ("ollama", "sim-small-4b"),
    "small @ router": ("router", "sim-small-4b"),
    "medium @ direct": ("direct", "sim-medium-14b"),
    "large @ direct": ("direct", "sim-large-70b"),
}


def demo_profile() -> str:
    """The embedded profile fifty times as fast, its judge faultless, and a second, erring one."""
    text = (ROOT / "fftui/simulate/profiles/default.toml").read_text()
    for old, new in (
        ("time_scale = 1.0", "time_scale = 0.02"),
        ("period_scale = 1.0", "period_scale = 0.02"),
        ("sensitivity = 0.92\nspecificity = 0.97", "sensitivity = 1.0\nspecificity = 1.0"),
        # The router turns calls away: it says nothing of its limit until it is reached.
        (
            'kind = "announced"\nrequests_per_minute = 600',
            'kind = "silent"\nrequests_per_minute = 90',
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    return text + '[[judges]]\nname = "erring"\nsensitivity = 0.8\nspecificity = 0.9\n'


def plan(url: str) -> list[str]:
    parts = ["[sampling]\nmax_tokens = 200\n"]
    for name, (place, model) in TARGETS.items():
        root = f"{url}/{place}"
        where = (
            f'platform = "ollama"\nbase_url = "{root}"'
            if place == "ollama"
            else f'platform = "openai-compatible"\nbase_url = "{root}/v1"'
        )
        parts.append(
            f'[[targets]]\nname = "{name}"\n{where}\nmodel = "{model}"\naccount = "{place}"\n'
        )
    judges = [
        f'[[graders]]\nkind = "judge"\nname = "{name}"\nplatform = "openai-compatible"\n'
        f'base_url = "{url}/direct/v1"\nmodel = "{name}"\naccount = "judges"\n'
        for name in ("sim-judge", "erring")
    ]
    # The router's minutes last as long as its profile says.
    router = '[[accounts]]\nname = "router"\nperiod_scale = 0.02\nshared = false\n'
    return [*parts, *judges, HEURISTIC, router]


def test_every_count_equals_the_simulator_s_ledger(tmp_path: Path) -> None:
    shutil.copy(ROOT / "sample_runs/corpora/placeholders.jsonl", tmp_path / "corpus.jsonl")
    with simulator(tmp_path, demo_profile()) as sim:
        folder = make(tmp_path, *plan(sim.url))
        run = finish(folder)
        assert (run.planned, run.done) == (800, 800)
        for shown in run.targets:
            _equals_ledger(folder, shown, sim)
        ledger = sim.ledger()
        _judges_equal_ledger(folder, run, ledger)
        totals = ledger["totals"]
        assert run.calls.sent == sum(t["calls"] for t in totals)
        assert run.calls.rate_limited == sum(t["rate_limited"] for t in totals) > 0
        assert run.calls.failed == sum(sum(t["faults"].values()) for t in totals) > 0
        assert sum(t.blocked for t in run.targets) > 0
        assert sum(t.cut for t in run.targets) > 0


def _equals_ledger(folder: Path, shown: TargetSummary, sim: Simulator) -> None:
    place, model = TARGETS[shown.name]
    truth = sim.total(model, place)
    calls: Counter[str] = Counter(
        dict(
            query(
                folder,
                "SELECT outcome, count(*) FROM call WHERE target = ? AND grader IS NULL GROUP BY 1",
                shown.id,
            )
        )
    )
    assert shown.calls == truth["calls"]
    for kind in ("answered", "rate_limited", "input_filter", "output_filter", "empty"):
        assert calls[kind] == truth[kind], (shown.name, kind)
    assert calls["infra"] + calls["config"] == sum(truth["faults"].values())
    assert truth["abandoned"] == 0
    # Being turned away is no end of an attempt.
    assert not [kind for kind in shown.outcomes if kind.puts_back]
    kept = [a for a in _attempts(sim, place, model) if not a["superseded"]]
    # An answered turn whose next one was blocked or failed is no answered attempt.
    broken = support.one(
        folder,
        "SELECT count(*) FROM outcome o WHERE target = ? AND class <> 'answered' AND EXISTS"
        " (SELECT 1 FROM call c WHERE c.target = o.target AND c.scenario = o.scenario"
        "  AND c.grader IS NULL AND c.outcome = 'answered')",
        shown.id,
    )
    assert shown.outcomes[OutcomeClass.ANSWERED] == len(kept) - broken
    assert all(a["times"] == 1 for a in kept) or place == "router"
    labels = Counter(a["label"] for a in kept)
    said = Counter({label.value: n for label, n in shown.verdicts.items()})
    if broken:
        assert not said - labels
        assert (labels - said).total() == broken
    else:
        assert said == labels
        assert shown.cut == sum(a["cut"] for a in kept)
    strict = shown.rates[Tier.STRICT]
    assert (strict.successes, strict.n) == (said[Label.COMPLIANCE.value], said.total())
    assert (shown.ungraded, shown.settled) == (0, 200)


def _attempts(sim: Simulator, place: str, model: str) -> list[dict[str, Any]]:
    return [a for a in sim.attempts() if (a["platform"], a["model"]) == (place, model)]


def _judges_equal_ledger(folder: Path, run: RunSummary, ledger: dict[str, Any]) -> None:
    rows = query(
        folder,
        "SELECT g.name, v.label, count(*) FROM verdict v JOIN grader g ON g.id = v.grader"
        " WHERE g.kind = 'judge' GROUP BY 1, 2",
    )
    said: dict[str, dict[str, int]] = {}
    for name, label, count in rows:
        said.setdefault(name, {})[label] = count
    assert said == {judge["model"]: judge["replies"] for judge in ledger["judges"]}
    wrong = next(j["confusion"] for j in ledger["judges"] if j["model"] == "erring")
    assert any(truth != word for truth, words in wrong.items() for word in words)
    usable = sum(t.usable for t in run.targets)
    assert [sum(words.values()) for words in said.values()] == [usable, usable]


def test_status_equals_screen_equals_group_by_while_the_run_lives(tmp_path: Path) -> None:
    support.corpus(tmp_path, 120, benign_every=6)
    profile = support.profile_text(
        latency=0.05, platform="input_filter = 0.05\n[[platforms.faults]]\nkind = \"http_503\"\n"
        "probability = 0.05\n",
    )  # fmt: skip
    with simulator(tmp_path, profile) as sim:
        folder = make(
            tmp_path,
            support.target(sim.url),
            support.target(sim.url, "m2"),
            support.judge(sim.url),
            HEURISTIC,
            "[engine]\nconcurrency = 6\n",
        )
        with support.engine(folder) as running:
            for share in (30, 100, 170):
                support.until(lambda n=share: look(folder).done >= n, "the run goes on")  # type: ignore[misc]
                os.kill(running.process.pid, signal.SIGSTOP)
                try:
                    assert look(folder).done < 240
                    _all_the_same(folder)
                finally:
                    os.kill(running.process.pid, signal.SIGCONT)
            assert running.wait() == 0
        _all_the_same(folder)


def _all_the_same(folder: Path) -> None:
    support.sound(folder)
    printed = subprocess.run(
        [sys.executable, "-m", "fftui", "status", folder.name, "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    status = json.loads(printed.stdout)
    screen = json.loads(json.dumps(to_json(look(folder))))
    for passing in ("eta", "per_minute", "elapsed_s"):
        status.pop(passing)
        screen.pop(passing)
    for target in (*status["targets"], *screen["targets"]):
        target.pop("eta")  # foretold from the moment of each look
    assert status == screen
    calls = query(folder, "SELECT outcome, count(*) FROM call GROUP BY 1")
    assert status["calls"]["sent"] == sum(n for _, n in calls)
    for number, target in enumerate(status["targets"], 1):
        outcomes = query(
            folder, "SELECT class, count(*) FROM outcome WHERE target = ? GROUP BY 1", number
        )
        assert {k: n for k, n in target["outcomes"].items() if n} == dict(outcomes)
        labels = dict(
            query(
                folder,
                "SELECT v.label, count(*) FROM verdict v JOIN outcome o ON o.id = v.outcome"
                " JOIN grader g ON g.id = v.grader JOIN scenario s ON s.id = o.scenario"
                " WHERE o.target = ? AND g.basis AND NOT s.benign GROUP BY 1",
                number,
            )
        )
        assert target["verdicts"] == labels
        strict = target["asr"]["strict"]
        assert (strict["successes"], strict["n"]) == (
            labels.get("COMPLIANCE", 0),
            sum(labels.values()),
        )
