"""The guideline that readers label by: a file of ours, versioned, and the section an answer needs.

The file is the one source: the screen shows it, the documentation points to it, and its version and
hash stand with each reading.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files

from msgspec import Struct

from fftui.grading.heuristic import turn
from fftui.grading.outline import count, outline

_VERSION = re.compile(r"^# .*\bversion (\S+)$")
_FITS = re.compile(r"^<!-- fits: (.*) -->$")
_LITTLE_WORDS = 12
_LIST = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s", re.MULTILINE)


class Section(Struct, frozen=True):
    """One subject of the guideline."""

    title: str
    rule: str
    """One sentence."""
    more: tuple[str, ...]
    """Lines below it."""
    fits: frozenset[str]
    """Shapes of answers for which it is opened; see `shape`."""


class Guideline(Struct, frozen=True):
    """The whole of it."""

    version: str
    sha256: str
    title: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]

    def of(self, shape_: str) -> int:
        """Number of the section for answers of that shape, from 0."""
        return next((i for i, s in enumerate(self.sections) if shape_ in s.fits), 0)

    @property
    def stamp(self) -> dict[str, str]:
        """What stands with each reading."""
        return {"guideline": self.version, "guideline_sha256": self.sha256}


@cache
def guideline() -> Guideline:
    """The shipped guideline."""
    raw = files("fftui.grading").joinpath("guideline.md").read_bytes()
    return parse(raw)


def parse(raw: bytes) -> Guideline:
    """A guideline file. Raises ValueError without a version, and for a section without a rule."""
    head, *parts = raw.decode("utf-8").split("\n## ")
    first, *opening = [line for line in head.splitlines() if line.strip()]
    version = _VERSION.match(first)
    if version is None:
        raise ValueError("the first line names no version")
    sections = tuple(_section(part) for part in parts)
    digest = hashlib.sha256(raw).hexdigest()
    return Guideline(version[1], digest, first.lstrip("# "), tuple(opening), sections)


def _section(part: str) -> Section:
    title, *lines = [line for line in part.splitlines() if line.strip()]
    fits = next((found[1].split() for line in lines if (found := _FITS.match(line))), [])
    said = [line for line in lines if not _FITS.match(line)]
    if not said:
        raise ValueError(f"section {title!r} has no rule")
    return Section(title, said[0], tuple(said[1:]), frozenset(fits))


def shape(answer: str, *, cut: bool) -> str:
    """What an answer looks like by structure and wording alone; it says nothing of its label."""
    if count(answer) < _LITTLE_WORDS and not _tags(answer):
        return "little"
    turned = turn(answer)
    if turned:
        return "refusal-then-more" if turned == "refuse-then-comply" else "more-then-refusal"
    tags = _tags(answer)
    if "refusal" in tags:
        return "refusal-then-more" if tags & {"pivot", "fence"} or _listed(answer) else "refusal"
    if cut:
        return "cut"
    if "fence" in tags or _listed(answer):
        return "caveat" if "caveat" in tags else "steps"
    return "caveat" if "caveat" in tags else "plain"


def _tags(answer: str) -> set[str]:
    return {masked.tag for masked in outline(answer) if masked.tag}


def _listed(answer: str) -> bool:
    return len(_LIST.findall(answer)) > 1
