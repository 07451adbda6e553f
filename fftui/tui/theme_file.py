"""What a person's theme file may say. Loaded only where there is one: pydantic takes its time."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from textual.color import Color, ColorParseError


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
