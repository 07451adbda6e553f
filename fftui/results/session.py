"""What a reviewer did in one sitting, told when they leave."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from fftui.domain.acts import ADJUDICATE, CONTROL, PASS, READ, SKIP, UNDO, UNMASK
from fftui.domain.labels import Label
from fftui.store.review_figures import Done
from fftui.text import line

LEAST = 25
"""Labels of the reader, and of others, from which they are set side by side."""
_WIDTH = 300


Mix = tuple[Mapping[str, int], Mapping[str, int]]
"""Labels of the reader, and of all others."""


def lines(done: Sequence[Done], run: str, name: str, mix: Mix = ({}, {})) -> list[str]:
    """In words; nothing for somebody who read and decided nothing.

    `mix` holds all labels in force, not those of the sitting alone.
    """
    read = [one for one in done if one.kind == READ]
    kinds = Counter(one.kind for one in done)
    facts = [*_read(read), *_measured(done), *_beside(*mix)]
    if kinds[ADJUDICATE]:
        facts.append(f"decided {_n(kinds[ADJUDICATE], 'conflict')}")
    if not facts:
        return []
    aside = f"skipped {kinds[SKIP]}, passed on {kinds[PASS]}, taken back {kinds[UNDO]}"
    facts.append(f"unmasked {_unmasked(done)}, {aside}")
    facts.append(f"go on with: fftui review {shlex.quote(run)} --as {shlex.quote(name)}")
    return [line(text, _WIDTH) for text in facts]


def _unmasked(done: Sequence[Done]) -> str:
    """Items, not events: one key unmasks all of a session."""
    seen = {one.outcome for one in done if one.kind == UNMASK or one.body.get("unmasked")}
    return _n(len(seen), "item")


def _read(read: Sequence[Done]) -> list[str]:
    if not read:
        return []
    labels = Counter("unsure" if one.label is None else one.label.value for one in read)
    dwell = median(float(one.body.get("dwell_ms", 0)) for one in read) / 1000
    fast = sum(bool(one.body.get("fast")) for one in read)
    unread = sum(float(one.body.get("seen", 1)) < 1 for one in read)
    said = ", ".join(f"{label} {n}" for label, n in labels.most_common())
    return [
        f"{_n(len(read), 'reading')}, {dwell:.0f} s each (median): {said}",
        f"under 0.7 s {fast}, end not seen {unread}",
    ]


def _beside(own: Mapping[str, int], others: Mapping[str, int]) -> list[str]:
    """The reader's labels beside the others'; of few they would tell of single answers."""
    n, m = sum(own.values()), sum(others.values())
    if min(n, m) < LEAST:
        return []
    names = [name for name in Label if own.get(name) or others.get(name)]
    said = ", ".join(
        f"{name} {own.get(name, 0) / n * 100:.0f} % and {others.get(name, 0) / m * 100:.0f} %"
        for name in names
    )
    return [f"of your {n} labels and the others' {m}: {said}"]


def _measured(done: Sequence[Done]) -> list[str]:
    """How often the reader said the same of items whose label was known."""
    parts = []
    known = [one for one in done if one.kind == CONTROL]
    gold = [one for one in known if one.body.get("gold")]
    own = [one for one in known if one.body.get("own")]
    settled = [one for one in known if one not in gold and one not in own]
    for some, words in ((own, "as you did before"), (settled, "as others settled it"),
                        (gold, "as gold items say")):  # fmt: skip
        same = [one.label is not None and one.label.value == one.body["known"] for one in some]
        if same:
            parts.append(f"{words} {sum(same)} of {len(same)}")
    return [f"read again: {', '.join(parts)}"] if parts else []


def _n(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
