"""What a reviewer did in one sitting, told when they leave."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from statistics import median

from fftui.store.review_figures import Done
from fftui.store.reviews import READ, UNDO, UNMASK
from fftui.text import line

_WIDTH = 200


def lines(done: Sequence[Done], run: str, name: str) -> list[str]:
    """In words; nothing for somebody who read nothing."""
    read = [one for one in done if one.kind == READ]
    if not read:
        return []
    kinds = Counter(one.kind for one in done)
    labels = Counter("unsure" if one.label is None else one.label.value for one in read)
    dwell = median(float(one.body.get("dwell_ms", 0)) for one in read) / 1000
    fast = sum(bool(one.body.get("fast")) for one in read)
    unread = sum(float(one.body.get("seen", 1)) < 1 for one in read)
    said = ", ".join(f"{label} {n}" for label, n in labels.most_common())
    care = f"taken back {kinds[UNDO]}, under 0.7 s {fast}, end not seen {unread}"
    facts = [
        f"{len(read)} reading{'' if len(read) == 1 else 's'}, {dwell:.0f} s each (median): {said}",
        f"unmasked {kinds[UNMASK]}, {care}",
        f"go on with: fftui review {shlex.quote(run)} --as {shlex.quote(name)}",
    ]
    return [line(text, _WIDTH) for text in facts]
