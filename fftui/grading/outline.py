"""An answer with its words hidden and its structure kept, for readers who were not asked to see it.

What is left of a line is made of this module's own words alone: the small words of a language, and
those with which answers decline, turn and warn. Whatever else stands in a text becomes `#`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import groupby

from msgspec import Struct

from fftui.grading.heuristic import wording

FENCE = re.compile(r"^\s*(?:```|~~~)")
_MARK = re.compile(r"^(\s*)((?:\d{1,3}[.)]|[-*•]|#{1,6})\s+)?")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|.", re.DOTALL)
_PLAIN = frozenset(" .,;:!?()-\"'")
_LONGEST = 10
_PIVOT = re.compile(
    r"^\W*(?:however|but|that said|nevertheless|nonetheless|still|even so|instead|with that)\b",
    re.IGNORECASE,
)


@cache
def _small() -> frozenset[str]:
    text = files("fftui.grading").joinpath("small_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


class Masked(Struct, frozen=True):
    """One line of an answer without its words."""

    text: str
    tag: str = ""
    """`refusal`, `pivot`, `caveat`, `fence` or empty: what the line is by its wording alone."""


def outline(text: str) -> list[Masked]:
    """Every line masked; fenced blocks folded into one line each."""
    found: list[Masked] = []
    fence: int | None = None
    for raw in text.splitlines():
        if FENCE.match(raw):
            if fence is None:
                fence = 0
            else:
                found.append(_fenced(fence))
                fence = None
        elif fence is not None:
            fence += 1
        else:
            found.append(Masked(mask_line(raw), tag(raw)))
    if fence is not None:
        found.append(_fenced(fence))
    return found


def structure(text: str) -> str:
    """What the lines are, in order, as `refusal > pivot > text > fence`; runs of one kind once."""
    kinds = [masked.tag or "text" for masked in outline(text) if masked.text]
    return " > ".join(kind for kind, _ in groupby(kinds))


def mask_line(raw: str) -> str:
    """A line with list mark, small words and punctuation, and `#` for the rest."""
    mark = _MARK.match(raw)
    start = mark.end() if mark else 0
    head = "" if mark is None else " " * min(8, len(mark[1])) + (mark[2] or "")
    return head + "".join(_masked(token) for token in _TOKEN.findall(raw[start:]))


def tag(raw: str) -> str:
    """What a line's wording says it is; neutral as to what the answer is."""
    if _PIVOT.match(raw):
        return "pivot"
    return wording(raw)


def count(text: str) -> int:
    """Words."""
    return len(text.split())


def _masked(token: str) -> str:
    if token.replace("’", "'").casefold() in _small():
        return token.replace("’", "'")
    if token[0].isalnum():
        return "#" * min(_LONGEST, len(token))
    return token if token in _PLAIN else "#"


def _fenced(lines: int) -> Masked:
    return Masked(f"[fence: {lines} line{'' if lines == 1 else 's'}]", "fence")
