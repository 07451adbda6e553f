"""A built wheel carries what fftui reads at run time, and works from an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from fftui.store.folder import SCHEMA_VERSION
from tests.cli.support import interrupt, lines_until

ROOT = Path(__file__).resolve().parents[2]
READ_AT_RUN_TIME = (".toml", ".tcss", ".sql", ".jsonl", ".md", ".txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    pytest.importorskip("hatchling")
    place = tmp_path_factory.mktemp("wheel")
    call = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*call, "--wheel-dir", place, ROOT], check=True, capture_output=True)
    (made,) = place.glob("*.whl")
    return made


def test_a_wheel_carries_every_file_that_is_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "fftui").rglob("*")
        if path.suffix in READ_AT_RUN_TIME
    }
    for folder in ("themes", "sample_runs"):
        wanted |= {
            f"fftui/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.suffix in READ_AT_RUN_TIME and "runs" not in path.relative_to(ROOT).parts
        }
    assert wanted <= names
    assert {
        "fftui/cli/plan.toml",
        f"fftui/store/schema/{SCHEMA_VERSION:03d}.sql",
        "fftui/simulate/profiles/default.toml",
        "fftui/grading/markers.toml",
        "fftui/tui/app.tcss",
        "fftui/themes/harbor.toml",
        "fftui/sample_runs/demo.toml",
        "fftui/sample_runs/corpora/placeholders.jsonl",
    } <= names
    assert not [n for n in names if n.startswith("tests/") or n.endswith((".db", ".pyc", ".log"))]


@pytest.mark.long
def test_an_installed_wheel_runs_from_an_empty_directory(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    pip: list[str | Path] = [binaries / "python", "-m", "pip", "install", "--quiet", wheel]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"pip cannot install here: {installed.stderr.strip().splitlines()[-1]}")
    empty = tmp_path / "empty"
    empty.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FFTUI", "PYTHON", "XDG"))}
    env = {**kept, "HOME": str(tmp_path / "home")}
    fftui = binaries / "fftui"
    demo = subprocess.Popen(
        [fftui, "demo", "--headless"],
        cwd=empty,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines_until(demo, "in flight")
    assert interrupt(demo).code == 130
    for argv in (["init"], ["preflight", "plan.toml"], ["run", "plan.toml", "--headless"]):
        done = subprocess.run(
            [fftui, *argv], cwd=empty, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert "40/40" in done.stdout
    code = "from fftui.resources import shipped; print(shipped('themes'))"
    place = subprocess.run(
        [binaries / "python", "-c", code], cwd=empty, capture_output=True, text=True, check=True
    )
    assert place.stdout.startswith(str(tmp_path / "venv"))
