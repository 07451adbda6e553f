"""Texts without case, white space and emphasis, and phrases that are looked for in them.

Folding is a matter of single characters, so that a whole text is folded by one table. Where a
letter stood is worked out for those few that are asked for.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´＇‛′ʹ", "'") | dict.fromkeys("“”„«»", '"'))
_CHUNK = 64
_MOST_KNOWN = 8192


@dataclass(slots=True)
class Folded:
    """A text as it is matched. See `fold`."""

    raw: str
    text: str
    """Letters without white space, case and emphasis."""
    _ends: list[int] = field(default_factory=list)
    """Letters up to the end of each chunk of `raw`; made when first asked for."""

    def at(self, place: int) -> int:
        """Where in the raw text the letter at this place of `text` stood."""
        if not self._ends:
            chunks = range(0, len(self.raw), _CHUNK)
            folded = (self.raw[i : i + _CHUNK].translate(_LETTERS) for i in chunks)
            self._ends.extend(accumulate(map(len, folded)))
        chunk = bisect_right(self._ends, place)
        seen = self._ends[chunk - 1] if chunk else 0
        for where in range(chunk * _CHUNK, len(self.raw)):
            seen += len(_LETTERS[ord(self.raw[where])] or "")
            if seen > place:
                return where
        raise IndexError(place)

    def begins(self, place: int) -> bool:
        """Whether a word begins with this letter."""
        if place == 0:
            return True
        here, before = self.at(place), self.at(place - 1)
        if here == before:
            return False
        between = self.raw[before + 1 : here]
        return any(map(_breaks, between)) or not _word_letter(self.text[place - 1])


def composed(text: str) -> str:
    """The text with accents as parts of their letters, which folding letter by letter needs."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def fold(text: str) -> Folded:
    """The text without what hides a phrase from no reader."""
    return Folded(text, text.translate(_LETTERS))


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds the longest of the phrases at a place, each folded.

    Written as a tree of their common beginnings: an alternation would try all of them at every
    letter that begins any.
    """
    tree: dict[str, dict[str, object]] = {}
    for phrase in phrases:
        node = tree
        for letter in fold(composed(phrase)).text:
            node = node.setdefault(letter, {})  # type: ignore[assignment]
        node[""] = {}
    return re.compile(_branches(tree))


def _branches(tree: dict[str, dict[str, object]]) -> str:
    ways = []
    for letter, rest in sorted(tree.items()):
        if letter:
            ways.append(re.escape(letter) + _branches(rest))  # type: ignore[arg-type]
    if not ways:
        return ""
    found = ways[0] if len(ways) == 1 and "" not in tree else f"(?:{'|'.join(ways)})"
    return found + "?" if "" in tree else found


class _Letters(dict[int, str | None]):
    """By code point: the letters that it is matched as; what is met is kept, within bounds.

    None where there are none: with an empty text `str.translate` is ten times slower.
    """

    def __missing__(self, point: int) -> str | None:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        found = self[point] = _letters(chr(point)) or None
        return found


def _letters(raw: str) -> str:
    if _breaks(raw):
        return ""
    text = unicodedata.normalize("NFKC", raw.translate(_APOSTROPHES)).casefold()
    # Zero-width characters inside a phrase hide it from no reader.
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")


def _breaks(raw: str) -> bool:
    """White space and emphasis end a word."""
    return raw in "*_" or raw.isspace()


def _word_letter(letter: str) -> bool:
    # Scripts without word spaces begin a word anywhere.
    return letter.isalnum() and not "\u0e00" <= letter <= "\u0eff" and letter < "\u3000"


_LETTERS = _Letters()
