"""Themes as TOML files: those that ship and a person's own. A broken file is a result, no crash."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from textual.color import Color, ColorParseError
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

DEFAULT = "harbor"
ANSI = ("ansi-dark", "ansi-light")
"""Textual's own themes from the terminal's 16 colours; they always work."""
MAX_BYTES = 100_000
"""Nobody writes a longer theme; a wrong file must not hang the start."""


def _colour(value: str) -> str:
    try:
        Color.parse(value)
    except ColorParseError:
        raise ValueError(f"{value!r} is no colour; write it like #1f6feb") from None
    return value


Colour = Annotated[str, AfterValidator(_colour)]


class ThemeFile(BaseModel):
    """What a theme file may say. All colours of the screens are derived from these."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    dark: bool = True
    primary: Colour
    """Structure and things that wait: rules, waiting, keys."""
    secondary: Colour | None = None
    accent: Colour | None = None
    """What the eye should find first; used sparsely."""
    success: Colour | None = None
    """Runs, refusals."""
    warning: Colour | None = None
    """Paused, partial, blocked."""
    error: Colour | None = None
    """Dead, failed, compliance."""
    foreground: Colour | None = None
    background: Colour | None = None
    surface: Colour | None = None
    panel: Colour | None = None
    boost: Colour | None = None
    """Behind the line of the cursor."""
    variables: dict[str, str] = Field(default_factory=dict)
    """Textual's own theme variables, for those who want to set more."""

    def theme(self) -> Theme:
        """The theme as Textual takes it."""
        values = self.model_dump()
        # Textual's muted text is "auto", which has no colour of its own inside a line of text.
        front = Color.parse(self.foreground or ("#d8d8d8" if self.dark else "#202020"))
        back = Color.parse(self.background or ("#121212" if self.dark else "#efefef"))
        values["variables"] = {
            "text-muted": back.blend(front, 0.68 if self.dark else 0.76).hex,
            "text-disabled": back.blend(front, 0.4).hex,
            # Textual lets `boost` fade into transparency, which is no line one can see.
            "cursor-line": self.boost or back.blend(front, 0.14).hex,
            **self.variables,
        }
        return Theme(**values)


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that is no theme."""

    file: Path
    reason: str
    """One line; untrusted, for it quotes the file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Themes by name, later folders win, and the files that are none."""

    themes: dict[str, Theme]
    failed: tuple[Failed, ...]


def load(folders: Iterable[Path]) -> Loaded:
    """All `*.toml` of the folders. A folder that is missing is an empty one."""
    themes: dict[str, Theme] = {}
    failed: list[Failed] = []
    for folder in folders:
        for file in sorted(folder.glob("*.toml")):
            found = read(file)
            if isinstance(found, Failed):
                failed.append(found)
            else:
                themes[found.name] = found
    return Loaded(themes, tuple(failed))


def read(file: Path) -> Theme | Failed:
    """One theme file."""
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1).decode()
        if len(text) > MAX_BYTES:
            return Failed(file, "is too long for a theme")
        theme = ThemeFile.model_validate(tomllib.loads(text)).theme()
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
