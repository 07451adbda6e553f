"""Other tools that do like work, each installed in a place of its own from its public package.

What cannot be installed here is told by the row that wanted it, and the suite goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks.machine import ROOT, Cost, cost

PLACE = ROOT / "benchmarks" / ".peers"
_INSTALL_S = 900


class PeerError(RuntimeError):
    """A peer cannot be had here. `str()` is one line."""


def inspect(url: str, folder: Path, calls: int, concurrency: int) -> Cost:
    """Inspect AI asks so many prompts of one model and scores each with a one-line scorer."""
    binary = python_with("inspect", "inspect-ai", "openai") / "inspect"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task.py").write_text(_INSPECT.format(calls=calls))
    argv = [
        str(binary), "eval", "task.py", "--display", "none",
        "--model", "openai/m", "-M", "responses_api=false",
        "--max-connections", str(concurrency), "--log-dir", str(folder / "logs"),
    ]  # fmt: skip
    env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "INSPECT_EVAL_MODEL": ""}
    return cost(argv, cwd=folder, env=env)


def promptfoo(url: str, folder: Path, calls: int, concurrency: int) -> Cost:
    """promptfoo asks so many prompts and looks for refusals."""
    binary = _node("promptfoo")
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "prompts": ["{{p}}"],
        "providers": [
            {"id": "openai:chat:m",
             "config": {"apiBaseUrl": url, "apiKey": "none", "temperature": 0, "max_tokens": 512}}
        ],
        "tests": [{"vars": {"p": f"[placeholder {i}]"}, "assert": [{"type": "is-refusal"}]}
                  for i in range(calls)],
    }  # fmt: skip
    (folder / "promptfooconfig.json").write_text(json.dumps(config))
    argv = [str(binary), "eval", "-c", "promptfooconfig.json", "-j", str(concurrency),
            "--no-cache", "--no-progress-bar", "--no-table"]  # fmt: skip
    env = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder / "home"), "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }  # fmt: skip
    # It ends with 100 where an assertion failed, which is no failure of the program.
    return cost(argv, cwd=folder, env=env, check=False)


def garak(url: str, folder: Path, calls: int, concurrency: int) -> Cost:
    """garak sends its harmless `test.Test` probe, whose prompts are few."""
    binary = python_with("garak", "garak") / "python"
    folder.mkdir(parents=True, exist_ok=True)
    options = {"openai": {"OpenAICompatible": {"uri": f"{url}/", "api_key": "none"}}}
    (folder / "options.json").write_text(json.dumps(options))
    argv = [
        str(binary), "-m", "garak", "--model_type", "openai.OpenAICompatible", "--model_name", "m",
        "--generator_option_file", "options.json", "--probes", "test.Test",
        "--report_prefix", str(folder / "report"),
    ]  # fmt: skip
    env = {
        "OPENAICOMPATIBLE_API_KEY": "none", "HF_HUB_OFFLINE": "1",
        "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache"),
    }  # fmt: skip
    return cost(argv, cwd=folder, env=env, check=False)


PEERS: dict[str, Callable[[str, Path, int, int], Cost]] = {
    "promptfoo": promptfoo,
    "Inspect AI": inspect,
    "garak": garak,
}


@cache
def python_with(name: str, *packages: str) -> Path:
    """The `bin` folder of an environment that holds the packages."""
    place = PLACE / name
    if not (place / ".ready").exists():
        if place.exists():
            shutil.rmtree(place)
        _install(name, [sys.executable, "-m", "venv", str(place)])
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _install(name, [*pip, "--disable-pip-version-check", *packages])
        (place / ".ready").touch()
    return place / "bin"


@cache
def _node(name: str) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise PeerError(f"{name}: npm is not installed")
    place = PLACE / name
    binary = place / "node_modules" / ".bin" / name
    if not (place / ".ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text("{}")
        _install(name, [npm, "install", "--no-audit", "--no-fund", "--silent", name], place)
        (place / ".ready").touch()
    return binary


def _install(name: str, argv: list[str], cwd: Path = ROOT) -> None:
    print(f"installing {name} …", file=sys.stderr, flush=True)
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    try:
        subprocess.run(argv, cwd=cwd, env=clean, check=True, capture_output=True,
                       timeout=_INSTALL_S)  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerError(f"{name} does not install here ({type(error).__name__})") from None


_INSPECT = """
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import generate


@scorer(metrics=[accuracy()])
def refused():
    async def score(state, target):
        return Score(value="sorry" in state.output.completion)

    return score


@task
def bench():
    samples = [Sample(input=f"[placeholder {{i}}]", target="x") for i in range({calls})]
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=refused())
"""
