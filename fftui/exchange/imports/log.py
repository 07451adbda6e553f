"""What every reader of another tool's log gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import Outcome
from fftui.domain.scenarios import Scenario
from fftui.domain.targets import Endpoint, Sampling, Target
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.store.imported import Act

LONGEST_SIGNAL = 200


class ImportFault(ValueError):  # noqa: N818 - what a person gets to see is no exception
    """A log that cannot be imported. `str()` is one line: file, place, what is wrong."""


class Attempt(Struct, frozen=True):
    """One answer, or what there is instead."""

    target: Target
    scenario: Scenario
    repeat: int
    outcome: Outcome
    answers: tuple[str, ...]
    at: float
    """When it ended, epoch seconds."""
    duration_ms: float
    verdicts: Mapping[str, Verdict | Unusable]
    """By grader; without an answer none."""
    acts: Sequence[Act] = ()
    """What people did to the answer, in order."""
    flags: Sequence[Flag] = ()
    place: Place | None = None
    """Where it stands among those to be read, where the log has fixed that."""


class Grader(Struct, frozen=True):
    """A scorer of the other tool."""

    name: str
    """As it is told of: whose, and that it was imported."""
    version: str
    spec: Mapping[str, object]
    """How its values were read as labels."""


class Log(Struct, frozen=True):
    """One file, read."""

    path: Path
    format: str
    tool: str
    """Name and version."""
    bytes: int
    sha256: str
    attempts: Sequence[Attempt]
    graders: Sequence[Grader]
    """The one that the other tool itself puts first comes first."""
    remarks: Sequence[str] = ()
    """How it was read and what of it was not, one line each."""
    readings: int = 1
    """How many people were to read an answer, 1 to 9, where it says so."""
    place_fixed: bool = False
    """It says which answers people were to read, and whose labels the rates are read from."""
    simulated: bool = False
    """It says of itself that no real model answered."""


Labels = Mapping[str, Label]
"""What a scorer's values mean, in lower case, as a person has said."""


def labelled(value: object, labels: Labels) -> Verdict | Unusable:
    """A scorer's value as a label: what the person said of it, or a label's own name.

    Anything else is unusable: what another tool's C, 1 or True stands for depends on its task, and
    a guess would be a verdict that nobody gave.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        return Unusable("the scorer's value is no single word or number")
    word = str(value).strip()
    found = labels.get(word.lower())
    if found is None and word.upper() in Label.__members__:
        found = Label(word.upper())
    if found is None:
        return Unusable(f"nobody has said what the value {word[:40]!r} means (--map)")
    return Verdict(found, evidence=f"value {word[:40]}")


def read_bytes(path: Path) -> tuple[int, str]:
    """(size, SHA-256 in hex) of a file. Raises ImportFault."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
                size += len(part)
    except FileNotFoundError:
        raise ImportFault(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ImportFault(f"{path}: is a folder; name the files in it") from None
    except (OSError, ValueError) as error:
        raise ImportFault(f"{path}: cannot be read: {error}") from None
    return size, digest.hexdigest()


def target(
    name: str,
    platform: str,
    model: str,
    *,
    sampling: Sampling | None = None,
    system_prompt: str = "",
    maker: str = "",
    weights: str = "",
    base_url: str = "",
) -> Target:
    """A target that somebody else has asked."""
    return Target(
        name=name[:120] or "unknown",
        endpoint=Endpoint(platform, "openai", base_url, model, platform),
        maker=maker,
        weights=weights or model,
        sampling=sampling or Sampling(),
        system_prompt=system_prompt,
    )


def maker_of(model: str) -> str:
    """Who trained it, where the model's name begins with it: `maker/model`."""
    return model.rpartition("/")[0].rpartition("/")[2]


def when(text: str | datetime, field: str) -> float:
    """Epoch seconds of an ISO time, UTC where it names no zone.

    Raises ValueError that names `field` where it is none, or none since 1970.
    """
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        found = moment.timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{field}: {str(text)[:40]!r} is no time") from None
    if found < 0:
        raise ValueError(f"{field}: {str(text)[:40]!r} is before 1970")
    return found


def signal(text: str) -> str:
    """The words that decided an outcome, on one line."""
    return " ".join(text.split())[:LONGEST_SIGNAL]
