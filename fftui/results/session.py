"""What a reviewer did in one sitting, told when they leave."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from statistics import median

from fftui.store.review_figures import Done
from fftui.store.reviews import ADJUDICATE, CONTROL, PASS, READ, SKIP, UNDO, UNMASK
from fftui.text import line

_WIDTH = 200


def lines(done: Sequence[Done], run: str, name: str) -> list[str]:
    """In words; nothing for somebody who read and decided nothing."""
    read = [one for one in done if one.kind == READ]
    kinds = Counter(one.kind for one in done)
    facts = [*_read(read), *_measured(done)]
    if kinds[ADJUDICATE]:
        facts.append(f"decided {_n(kinds[ADJUDICATE], 'conflict')}")
    if not facts:
        return []
    aside = f"skipped {kinds[SKIP]}, passed on {kinds[PASS]}, taken back {kinds[UNDO]}"
    facts.append(f"unmasked {kinds[UNMASK]}, {aside}")
    facts.append(f"go on with: fftui review {shlex.quote(run)} --as {shlex.quote(name)}")
    return [line(text, _WIDTH) for text in facts]


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
