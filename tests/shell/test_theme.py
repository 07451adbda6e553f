"""Themes: those that ship, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from fftui.resources import shipped
from fftui.tui.theme import ANSI, DEFAULT, Failed, choose, load, read

RICH = {"COLORTERM": "truecolor"}


def test_the_shipped_themes_load() -> None:
    found = load(shipped("themes"), Path("none"))
    assert found.themes == {f.stem: read(f) for f in shipped("themes").glob("*.toml")}
    assert DEFAULT in found.themes
    assert sum(theme.dark for theme in found.themes.values()) >= 3
    assert not found.themes["paper"].dark


@pytest.mark.parametrize("file", sorted(shipped("themes").glob("*.toml")), ids=lambda f: f.stem)
def test_text_stands_out_from_its_background(file: Path) -> None:
    theme = read(file)
    assert not isinstance(theme, Failed)
    least = 7.0 if theme.name == "contrast" else 4.5
    colours = theme.to_color_system().generate()
    for behind in ("background", "panel"):
        for name in ("foreground", "text-muted", "text-error", "text-warning", "text-success"):
            ratio = contrast(Color.parse(colours[name]), Color.parse(colours[behind]))
            assert ratio >= least, (name, behind)


def contrast(one: Color, two: Color) -> float:
    """WCAG's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = 'x'\nprimary = 'blurple'", "primary: 'blurple' is no colour"),
        ("name = 'x'", "primary: Field required"),
        ("name = 'x'\nprimary = '#fff'\ncolour = 1", "colour: Extra inputs"),
        ("name = 'No Spaces'\nprimary = '#fff'", "name: "),
        ("name = ", "is not TOML"),
        ("name = 'x'\nprimary = '#fff'\n[variables]\nborder = 'red; } Screen { x'", "variables."),
        ("#" * 200_000, "too long"),
    ],
)
def test_a_file_that_is_no_theme_says_why(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    found = load(tmp_path / "none", tmp_path)
    assert found.themes == {}
    assert [bad.file for bad in found.failed] == [file]
    assert reason in found.failed[0].reason


def test_a_folder_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert load(tmp_path / "none", tmp_path / "none").themes == {}


@pytest.mark.parametrize(
    ("asked", "env", "name"),
    [
        (None, RICH, DEFAULT),
        (None, {"TERM": "xterm-256color"}, DEFAULT),
        (None, {"TERM": "linux"}, ANSI[0]),
        (None, RICH | {"NO_COLOR": "1"}, ANSI[0]),
        ("paper", RICH | {"NO_COLOR": "1"}, "paper"),
    ],
)
def test_the_first_theme_is_what_was_asked_or_what_the_terminal_can(
    asked: str | None, env: dict[str, str], name: str
) -> None:
    assert choose(asked, env) == name
