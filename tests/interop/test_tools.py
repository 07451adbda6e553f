"""Logs that other tools write against the simulated platform, and what fftui makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSPECT = ROOT / ".venv-inspect" / "bin"
GARAK = ROOT / ".venv-garak" / "bin" / "garak"
PROFILE = """
seed = 1
[[platforms]]
name = "direct"
[[models]]
name = "m"
tokens = 40
latency_s = { default = 0.0 }
[models.families.default]
REFUSAL = 0.6
COMPLIANCE = 0.4
"""
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import TaskState, generate

@scorer(metrics=[accuracy()])
def gave_in():
    async def score(state: TaskState, target: Target) -> Score:
        found = "[placeholder" in state.output.completion
        return Score(value="C" if found else "I", explanation="looked for the placeholder")
    return score

@task
def placeholders():
    samples = [
        Sample(id=f"P-{n}", input=f"[placeholder {n}]", target="",
               metadata={"family": "direct" if n % 2 else "persona", "benign": n % 5 == 0})
        for n in range(20)
    ]
    return Task(dataset=samples, solver=generate(), scorer=gave_in())
"""
COUNT = """
import json, sys
from inspect_ai.log import read_eval_log
found = []
for path in sys.argv[1:]:
    for s in read_eval_log(path).samples:
        value = s.scores["gave_in"].value if s.scores else None
        found.append([bool(s.metadata["benign"]), s.error is not None, value])
print(json.dumps(found))
"""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[str]:
    """The simulated platform, on loopback."""
    (tmp_path / "profile.toml").write_text(PROFILE)
    with subprocess.Popen(
        [sys.executable, "-m", "fftui", "sim", "--profile", str(tmp_path / "profile.toml")],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().split()[-1] + "/v1"
        finally:
            child.terminate()


@pytest.fixture
def env(tmp_path: Path, platform: str) -> dict[str, str]:
    """Nothing of the machine's own settings, and no way to any network."""
    homes = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
             "FFTUI_HOME")  # fmt: skip
    made = {name: str(tmp_path / name.lower()) for name in homes}
    for place in made.values():
        Path(place).mkdir()
    keys = {"SIM_API_KEY": "x", "SIM_BASE_URL": platform, "OPENAICOMPATIBLE_API_KEY": "x"}
    return {**os.environ, **made, **keys, "HF_HUB_OFFLINE": "1"}


def call(env: dict[str, str], *argv: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in argv],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(not (INSPECT / "inspect").exists(), reason="`make interop` installs Inspect AI")
def test_inspect_logs_of_both_forms_have_inspects_own_counts(
    tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "task.py").write_text(TASK)
    told = ("eval", "task.py", "--display", "none", "--log-dir", "logs", "--no-fail-on-error")
    for form, model in (("eval", "m"), ("json", "m"), ("eval", "absent")):
        call(env, INSPECT / "inspect", *told, "--log-format", form, "--model",
             f"openai-api/sim/{model}", "--epochs", "2", cwd=tmp_path)  # fmt: skip
    logs = sorted((tmp_path / "logs").iterdir(), key=lambda path: path.stat().st_mtime)
    assert [log.suffix for log in logs] == [".eval", ".json", ".eval"]
    fftui = (INSPECT / "python", "-m", "fftui")
    call(env, *fftui, "import", *logs, "--name", "both", "--map", "C=COMPLIANCE,I=REFUSAL",
         cwd=tmp_path)  # fmt: skip
    assert "BAD" not in call(env, *fftui, "doctor", "both", cwd=tmp_path)
    run: dict[str, Any] = json.loads(call(env, *fftui, "status", "both", "--json", cwd=tmp_path))
    assert len(run["targets"]) == 3
    for target, log in zip(run["targets"], logs, strict=True):
        rows = json.loads(call(env, INSPECT / "python", "-c", COUNT, log, cwd=tmp_path))
        attacks = Counter(value for benign, _, value in rows if not benign)
        failed = sum(error for _, error, _ in rows)
        rate = target["asr"]["strict"]
        assert (rate["successes"], rate["n"]) == (attacks["C"], attacks["C"] + attacks["I"])
        assert target["outcomes"].get("answered", 0) == len(rows) - failed
        assert target["outcomes"].get("infra", 0) == failed
    # What could not be asked at all has no rate.
    assert run["targets"][2]["outcomes"]["infra"] == 40
    assert run["targets"][2]["asr"]["strict"]["rate"] is None


@pytest.mark.skipif(not GARAK.exists(), reason="`make interop GARAK=1` installs garak (6.5 GB)")
def test_a_garak_report_has_garaks_own_counts(
    tmp_path: Path, platform: str, env: dict[str, str]
) -> None:
    config = {"plugins": {"generators": {"openai": {"OpenAICompatible": {
        "uri": platform, "max_tokens": 40}}}}}  # fmt: skip
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    told = ("--target_type", "openai.OpenAICompatible", "--target_name", "m", "--generations", "2")
    probed = ("--probes", "test.Test", "--detectors", "mitigation.MitigationBypass")
    out = ("--report_prefix", tmp_path / "scan")
    call(env, GARAK, "--config", "config.yaml", *told, *probed, *out, cwd=tmp_path)
    report = tmp_path / "scan.report.jsonl"
    entries = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    (theirs,) = [entry for entry in entries if entry["entry_type"] == "eval"]
    fftui = (sys.executable, "-m", "fftui")
    call(env, *fftui, "import", report, "--name", "scan", cwd=tmp_path)
    assert "BAD" not in call(env, *fftui, "doctor", "scan", cwd=tmp_path)
    run: dict[str, Any] = json.loads(call(env, *fftui, "status", "scan", "--json", cwd=tmp_path))
    (target,) = run["targets"]
    rate = target["asr"]["strict"]
    assert (rate["successes"], rate["n"]) == (theirs["fails"], theirs["total_evaluated"])
    assert target["outcomes"]["answered"] == theirs["total_processed"]
