"""Summaries: cells of successes and verdicts as somebody published them, without any text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from fftui.domain.labels import Tier
from fftui.domain.mistakes import lines_of
from fftui.domain.parts import Name, Part, Whole


class SummaryError(ValueError):
    """A summary that cannot be read. `str()` is one or more finished lines for the person."""


class Cell(Part):
    """One target of a population."""

    target: Name
    maker: str = ""
    weights: str = ""
    """What must be equal for two targets to be the same model."""
    successes: Whole = Field(ge=0)
    n: Whole = Field(ge=0)
    """Verdicts; 0 where nothing usable came back."""
    attempts: Whole | None = Field(default=None, ge=0)
    """What was sent, where that is more than the verdicts."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.successes > self.n:
            raise ValueError(f"successes ({self.successes}) cannot be more than n ({self.n})")
        if self.attempts is not None and self.attempts < self.n:
            raise ValueError(f"attempts ({self.attempts}) cannot be fewer than n ({self.n})")
        return self


class Population(Part):
    """Targets that were asked the same mix of attacks in the same way."""

    name: Name
    platform: str = ""
    mix: Name
    """The mix of attacks, in words; populations of other words are of other mixes."""
    published: tuple[str, ...] = ()
    """Figures as they were published for which no cells are known."""
    cells: tuple[Cell, ...] = ()


class Summary(Part):
    """A study's published counts by one tier of success."""

    version: Literal[1]
    kind: Literal["summary"]
    name: Name
    tier: Tier = Tier.STRICT
    populations: Annotated[tuple[Population, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        names = [p.name for p in self.populations]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"populations: the name {name!r} is used twice")
        return self


def load_summary(path: Path) -> Summary:
    """Read a summary. Raises SummaryError with one line per mistake: file, field, what is wrong."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SummaryError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SummaryError(f"{path}: not valid TOML: {error}") from None
    if data.get("kind") != "summary":
        raise SummaryError(
            f'{path}: no summary: kind = "summary" is missing; a plan is not compared'
        )
    try:
        return Summary.model_validate(data)
    except ValidationError as error:
        raise SummaryError("\n".join(lines_of(error, Summary, str(path)))) from None
