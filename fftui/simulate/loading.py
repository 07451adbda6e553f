"""Reads a profile from TOML; each mistake becomes one line for the person who wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fftui.simulate.profile import DEFAULT, Profile

_SHIPPED = Path(__file__).resolve().parent / "profiles"


class ProfileError(ValueError):
    """A profile that cannot be used. `str()` is one finished line for the person."""


def shipped_profile(name: str = DEFAULT) -> Profile:
    """An embedded profile: `default` for demonstrations, `constant` for benchmarks."""
    return load_profile(_SHIPPED / f"{name}.toml")


def load_profile(path: Path | None = None) -> Profile:
    """Read a profile; None is the embedded default.

    Raises ProfileError with one line: file, field, what is wrong, what is allowed.
    """
    if path is None:
        return shipped_profile()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProfileError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: cannot be read: {error}") from None
    return parse_profile(text, str(path))


def parse_profile(text: str, source: str = "profile") -> Profile:
    """Read a profile from TOML text. Raises ProfileError; `source` names the file in its line."""
    try:
        return Profile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{source}: not valid TOML: {error}") from None
    except ValidationError as error:
        mistakes = error.errors()
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        line = f"{source}: {_where(mistakes[0]['loc'])}{_what(dict(mistakes[0]))}{more}"
        raise ProfileError(" ".join(line.split())) from None


def _where(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if path else part)
    return f"{path}: " if path else ""


def _what(error: dict[str, Any]) -> str:
    shown = repr(error.get("input"))
    given = shown if len(shown) <= 60 else shown[:57] + "…"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "string_pattern_mismatch":
        return f"{given}: allowed: lower-case letters, digits, dot, dash and underscore"
    allowed = str(error["msg"]).replace("Input should be ", "").replace("String should ", "should ")
    return f"{given}: allowed: {allowed}"
