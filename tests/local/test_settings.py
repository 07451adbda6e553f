"""The user's settings: a mistake costs one line, never the start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fftui.settings import Settings, config_dir, load_settings, runs_dir, state_dir


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == (Settings(), [])


def test_all_settings(tmp_path: Path) -> None:
    text = """
        theme = "dusk"
        ascii = true
        mouse = true
        bell = true
        refresh_s = 2
        keys.pause = "p,f5"
    """
    settings, warnings = load_settings(write(tmp_path, text))
    assert warnings == []
    assert settings == Settings("dusk", True, True, True, 2.0, {"pause": "p,f5"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = 3", "theme: must be one line"),
        ('theme = "\\u001b[2J"', "theme: must be one line"),
        ("ascii = 1", "ascii: must be true or false"),
        ('mouse = "yes"', "mouse: must be true"),
        ("refresh_s = 0", "refresh_s: must be seconds from 0.1 to 60"),
        ("refresh_s = true", "refresh_s: must be"),
        ("refresh_s = nan", "refresh_s: must be"),
        ("keys = 1", "keys: must be a table"),
        ("[keys]\npause = 1", "keys: 'pause' must be"),
        ("colour = 1", "'colour' is no setting; allowed: theme, ascii"),
        ("theme = ", "cannot be read"),
    ],
)
def test_a_mistake_is_one_line_and_the_default_stands(tmp_path: Path, text: str, said: str) -> None:
    settings, warnings = load_settings(write(tmp_path, text))
    assert settings == Settings()
    (warning,) = warnings
    assert said in warning
    assert warning.isprintable()


def test_the_rest_of_a_file_with_a_mistake_counts(tmp_path: Path) -> None:
    settings, warnings = load_settings(write(tmp_path, "bell = true\nmouse = 3\n"))
    assert settings.bell
    assert len(warnings) == 1


def test_unreadable_bytes(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xfe")
    assert load_settings(path)[0] == Settings()
    assert load_settings(tmp_path)[0] == Settings()


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    state = state_dir()
    assert tmp_path in state.parents
    assert state.stat().st_mode & 0o777 == 0o700
    state.chmod(0o755)
    assert state_dir().stat().st_mode & 0o777 == 0o700
    assert tmp_path in config_dir().parents
    assert load_settings() == (Settings(), [])
    monkeypatch.delenv("FFTUI_HOME", raising=False)
    assert runs_dir() == Path("runs")
    monkeypatch.setenv("FFTUI_HOME", str(tmp_path))
    assert runs_dir() == tmp_path


@pytest.mark.parametrize(
    "module", ["settings", "text", "credentials", "stats.anytime", "stats.planning"]
)
def test_the_import_is_cheap(module: str) -> None:
    code = f"import sys, fftui.{module}; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    costly = {"pydantic", "rich", "textual", "scipy", "numpy", "httpx", "statistics", "asyncio"}
    assert not costly & set(out.stdout.split())
