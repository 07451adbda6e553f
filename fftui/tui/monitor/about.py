"""All of the chosen target on one page: its rates and how else they could be counted, who answered,
who refused, what it cost. The right column of wide screens is the short form of it.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from fftui.domain.labels import Tier
from fftui.results import quality, readings, sentences
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, fitted, left, line, put, right, rule
from fftui.tui.draw.numbers import count, limits, money, percent
from fftui.tui.monitor.scene import Scene, ScenePane, tone_of, unchosen
from fftui.tui.monitor.selected import outcomes, reasoned, refusers
from fftui.tui.monitor.tally import Table, Tally
from fftui.tui.monitor.trend import trend
from fftui.tui.words import TARGET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.view import TargetSummary

_MOST = 110
"""Reading width."""
_BARS = 60


class AboutPane(ScenePane):
    """A page that takes the place of the others while it is looked at."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offset = 0

    def show(self, scene: Scene) -> None:
        """Another target's page begins at its top."""
        if self.scene is None or self.scene.target != scene.target:
            self._offset = 0
        super().show(scene)

    def move(self, by: int) -> None:
        """Move the window by so many rows."""
        self._offset = max(0, self._offset + by)
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Title, and the rows in sight."""
        scene = self.scene
        if scene is None or scene.chosen is None:
            return () if scene is None else unchosen("about", scene, width)
        body = page(scene, scene.chosen, min(_MOST, width - 1))
        room = max(1, height - 1)
        self._offset = max(0, min(self._offset, len(body) - room))
        rows = body[self._offset : self._offset + room]
        dot = scene.glyphs.dot
        where = f"{self._offset + 1}-{self._offset + len(rows)} of {len(body)} {dot} "
        title = rule(
            [Piece("about", Tone.TITLE), Piece(" "), put(scene.chosen.name, Tone.STRONG, 40)],
            [Piece(f"{where if len(body) > room else ''}esc back", Tone.MUTED)],
            width, scene.glyphs.rule, focused=self.active, cursor=scene.glyphs.cursor,
        )  # fmt: skip
        return [title, *rows, *[BLANK] * (room - len(rows))]


def page(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    """The sections, with an empty line between them."""
    found: list[Line] = []
    for section in (
        _state(scene, target, width),
        _rates(scene, target, width),
        _graders(scene, target, width),
        _indented(trend(scene, target, min(width - 2, _BARS))),
        _answered(scene, target, width),
        _indented(refusers(scene.glyphs, target, min(width - 2, _BARS))),
        _indented(outcomes(scene.glyphs, target, min(width - 2, _BARS))),
        _cost(target, width),
    ):
        rows = [line(*fitted(list(row.pieces), width)) for row in section]
        found += [BLANK, *rows] if found and rows else rows
    return found


def _indented(rows: list[Line]) -> list[Line]:
    return [line(Piece("  "), *row.pieces) for row in rows]


def _state(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    said = TARGET[target.state]
    dot = Piece(f" {scene.glyphs.dot} ", Tone.MUTED)
    head = [
        Piece(f"  {said.mark(plain=scene.glyphs.plain)} {said.word}", tone_of(said)), dot,
        Piece(f"{target.done} of {target.planned} attempts, {target.settled} settled"),
    ]  # fmt: skip
    if target.early:
        head += [dot, Piece(f"early: {target.in_flight} out", Tone.WARN)]
    asked = [target.model, f"on {target.platform}", target.upstream and f"via {target.upstream}",
             target.maker and f"by {target.maker}", f"account {target.account}",
             *target.tags]  # fmt: skip
    text = f" {scene.glyphs.dot} ".join(part for part in asked if part)
    return [
        *reasoned(scene, head, target, width, "  "),
        line(Piece("  asked  ", Tone.MUTED), put(text, Tone.PLAIN, width - 9)),
    ]


def _rates(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    if target.benign_only:
        found = target.over_refusal
        tally = Tally("over-refusal", found.refused, found.n, found.interval, strong=True)
        table = Table.over([tally], width)
        return [table.head("benign scenarios"), table.row(tally, scene.glyphs)]
    rows = [
        Tally.of(tier.words, rate, strong=tier is scene.tier)
        for tier in Tier
        if (rate := target.rates.get(tier)) is not None
    ]
    others = [Tally.other(v) for v in target.variants.get(scene.tier, ())]
    table = Table.over([*rows, *others], width)
    lines = [table.head("attack success"), *(table.row(row, scene.glyphs) for row in rows)]
    shown = target.rates.get(scene.tier)
    for name, between in (
        ("at any look", shown.anytime if shown else None),
        ("worst case over what is left out", shown.bounds if shown else None),
    ):
        if between is not None:
            text = f"  {name}: {limits(between.low, between.high)} %"
            lines.append(line(put(text, Tone.MUTED, width)))
    lines += _people(target, scene.tier, width)
    if shown and shown.finite:
        lines.append(line(put(f"  {sentences.finite(shown.finite)}", Tone.MUTED, width)))
    if others:
        policy = sentences.policy(scene.summary)
        note = f" (shown: {policy})" if policy else ""
        lines.append(BLANK)
        title = f"  {scene.tier.words} counted otherwise"
        lines.append(line(Piece(title, Tone.TITLE), Piece(note, Tone.MUTED)))
        lines += [table.row(row, scene.glyphs) for row in others]
    lines.append(line(put(f"  {target.basis}", Tone.MUTED, width)))
    return lines


def _people(target: TargetSummary, tier: Tier, width: int) -> list[Line]:
    """What readers found, beside the machine's rate."""
    said = readings.words(target.readings, tier)
    tone = Tone.STRONG if said.startswith("corrected") else Tone.MUTED
    return [line(put(f"  {row}", tone, width)) for row in wrap(said, max(20, width - 2))]


def _graders(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    """Each grader beside people, on answers of this maker; the basis with its table."""
    run = scene.summary
    here = [q for q in run.qualities if q.maker == target.maker]
    said = [quality.words(q, scene.tier) for q in here]
    said += [
        quality.audit_words(a)
        for a in run.audits
        if (a.maker, a.platform) == (target.maker, target.platform)
    ]
    if not said:
        return []
    rows = [line(Piece("  graders against people", Tone.TITLE))]
    for text in said:
        tone = Tone.WARN if text.startswith("WEAK") else Tone.PLAIN
        rows += [line(put(f"  {part}", tone, width)) for part in wrap(text, max(20, width - 2))]
    for q in here[:1]:
        if q.basis:
            rows += _confusion(q, width)
    return rows


def _confusion(q: quality.Quality, width: int) -> list[Line]:
    """People's labels by the grader's, in counts."""
    name, cell = 24, 6
    rows = [
        line(
            left("    people, by grader", name, Tone.MUTED),
            *(right(label.letter, cell, Tone.MUTED) for label in quality.ORDER),
        )
    ]
    for i, (label, counts) in enumerate(zip(quality.ORDER, q.counts, strict=True)):
        if any(counts):
            cells = (
                right(str(n), cell, Tone.STRONG if i == j else Tone.PLAIN)
                for j, n in enumerate(counts)
            )
            rows.append(line(left(f"    {label.value}", name, Tone.MUTED), *cells))
    return [line(*fitted(list(row.pieces), width)) for row in rows]


def _answered(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    if not target.answered_by:
        return []
    dot = f" {scene.glyphs.dot} "
    if target.identities == 1:
        text = dot.join(sentences.facts(target.answered_by[0].who)) or "not told by the platform"
        return [line(Piece("  answered by  ", Tone.TITLE), put(text, Tone.PLAIN, width - 15))]
    parts = sentences.differing(target.answered_by)
    rows = []
    for number, one in enumerate(target.answered_by, 1):
        name = sentences.part(one.who, parts[0]) if parts else ""
        rate = one.rates[scene.tier]
        rows.append((one, Tally.of(f"{number} {name or 'not told'}", rate)))
    table = Table.over([row for _, row in rows], width)
    said = wrap(sentences.drift(target.answered_by), width - 2)
    lines = [line(put(f"  {row}", Tone.WARN, width)) for row in said]
    lines.append(table.head("who answered"))
    for one, row in rows:
        known = dot.join(sentences.facts(one.who)) or "not told by the platform"
        lines.append(table.row(row, scene.glyphs))
        lines.append(line(put(f"    {one.answered} answers{dot}{known}", Tone.MUTED, width)))
    return lines


def _cost(target: TargetSummary, width: int) -> list[Line]:
    cut = f", cut {percent(target.cut / target.usable, 0)} of answers" if target.usable else ""
    text = f"{count(target.calls)} calls, {count(target.tokens)} tokens{cut}"
    return [
        line(left("  cost  ", 8, Tone.TITLE), put(f"{money(target.cost_usd)}, {text}", width=width))
    ]
