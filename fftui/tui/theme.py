"""Themes as TOML files: those that ship and a person's own. A broken file is a result, no crash."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from textual.color import Color, ColorParseError
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT = "harbor"
ANSI = ("ansi-dark", "ansi-light")
"""Textual's own themes from the terminal's 16 colours; they always work."""
MAX_BYTES = 100_000
"""Nobody writes a longer theme; a wrong file must not hang the start."""


class Failed(Struct, frozen=True):
    """A file that is no theme."""

    file: Path
    reason: str
    """One line; untrusted, for it quotes the file."""


class Loaded(Struct, frozen=True):
    """Themes by name, later folders win, and the files that are none."""

    themes: dict[str, Theme]
    failed: tuple[Failed, ...]


def load(shipped: Path, own: Path) -> Loaded:
    """All `*.toml` of both folders. A folder that is missing is an empty one."""
    themes: dict[str, Theme] = {}
    failed: list[Failed] = []
    for file in sorted(shipped.glob("*.toml")):
        # The tests hold them to what a person's file is held to.
        theme = _theme(tomllib.loads(file.read_text(encoding="utf-8")))
        themes[theme.name] = theme
    for file in sorted(own.glob("*.toml")):
        found = read(file)
        if isinstance(found, Failed):
            failed.append(found)
        else:
            themes[found.name] = found
    return Loaded(themes, tuple(failed))


def read(file: Path) -> Theme | Failed:
    """One theme file."""
    from pydantic import ValidationError

    from fftui.tui.theme_file import ThemeFile

    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1).decode()
        if len(text) > MAX_BYTES:
            return Failed(file, "is too long for a theme")
        theme = _theme(ThemeFile.model_validate(tomllib.loads(text)).model_dump())
        # Variables are free text; only building the colours shows whether they hold.
        for name, value in theme.variables.items():
            if not isinstance(value, str) or any(char in value for char in ";{}\n"):
                return Failed(file, f"variables.{name}: is no value of a theme variable")
        theme.to_color_system().generate()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return Failed(file, f"{where}: {first['msg'].removeprefix('Value error, ')}")
    except tomllib.TOMLDecodeError as error:
        return Failed(file, f"is not TOML: {error}")
    except (OSError, UnicodeDecodeError, ColorParseError) as error:
        return Failed(file, str(error) or type(error).__name__)
    return theme


def _theme(said: dict[str, Any]) -> Theme:
    """The theme as Textual takes it, of what its file says."""
    dark = said.get("dark", True)
    # Textual's muted text is "auto", which has no colour of its own inside a line of text.
    front = Color.parse(said.get("foreground") or ("#d8d8d8" if dark else "#202020"))
    back = Color.parse(said.get("background") or ("#121212" if dark else "#efefef"))
    variables = {
        "text-muted": back.blend(front, 0.68 if dark else 0.76).hex,
        "text-disabled": back.blend(front, 0.4).hex,
        # Textual lets `boost` fade into transparency, which is no line one can see.
        "cursor-line": said.get("boost") or back.blend(front, 0.14).hex,
        **said.get("variables", {}),
    }
    return Theme(**{**said, "variables": variables})


def choose(asked: str | None, env: Mapping[str, str]) -> str:
    """The theme to begin with: the one asked for, else what the terminal can show."""
    if asked:
        return asked
    if env.get("NO_COLOR") or not _many_colours(env):
        return ANSI[0]
    return DEFAULT


def _many_colours(env: Mapping[str, str]) -> bool:
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return True
    term = env.get("TERM", "")
    modern = ("kitty", "alacritty", "foot", "wezterm", "ghostty", "direct", "256color")
    return any(name in term for name in modern)
