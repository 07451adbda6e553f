"""The right column of wide screens: everything about the chosen target."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from fftui.domain.labels import RATED, Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results import sentences
from fftui.tui.draw.bars import bar
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, fitted, left, line, put, right
from fftui.tui.draw.numbers import RATIO, count, limits, money, percent, ratio
from fftui.tui.monitor.scene import Scene, ScenePane, tone_of
from fftui.tui.monitor.trend import trend
from fftui.tui.words import TARGET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.numbers import FamilyCell, Rate
    from fftui.results.view import TargetSummary
    from fftui.stats.interval import Interval
    from fftui.tui.draw.glyphs import Glyphs

_OUTCOME_TONES = {
    OutcomeClass.ANSWERED: Tone.PLAIN,
    OutcomeClass.INPUT_FILTER: Tone.WARN,
    OutcomeClass.OUTPUT_FILTER: Tone.WARN,
    OutcomeClass.INFRA: Tone.BAD,
    OutcomeClass.CONFIG: Tone.BAD,
}


_ENDLESS = 10_000
_NAMES, _TIER = 11, 7
_REASON = 3
"""Lines of a reason; a platform's own words may be a page."""


class SelectedPane(ScenePane):
    """A column with an upright at its left edge."""

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """As many sections as fit, the most asked for first."""
        scene = self.scene
        if scene is None:
            return ()
        edge = Piece(f"{scene.glyphs.upright} ", Tone.FAINT)
        inner = width - 3
        body = column(scene, scene.chosen, inner, height) if scene.chosen else []
        if scene.chosen and len(column(scene, scene.chosen, inner, _ENDLESS)) > len(body):
            body = [*body[: height - 1], line(Piece("i tells the rest", Tone.MUTED))]
        body += [BLANK] * (height - len(body))
        return [line(edge, *fitted(list(row.pieces), inner)) for row in body[:height]]


def column(scene: Scene, target: TargetSummary, width: int, height: int) -> list[Line]:
    """The sections, one below the other with a blank line between them."""
    sections = [
        _who(scene, target, width),
        _rates(target, width, scene.tier),
        _identities(scene, target, width),
        _variants(target, width, scene.tier),
        _families(scene, target, width),
        trend(scene, target, width),
        refusers(scene.glyphs, target, width),
        outcomes(scene.glyphs, target, width),
        _cost(target, width),
    ]
    lines: list[Line] = []
    for section in sections:
        if not section:
            continue
        if len(lines) + len(section) + 1 > height:
            section = section[: max(0, height - len(lines) - 1)]  # noqa: PLW2901
            if len(section) < 2:
                break
        lines += [BLANK, *section] if lines else section
    return lines


def _title(text: str, width: int, note: str = "") -> Line:
    return line(left(text, width - len(note), Tone.TITLE), Piece(note, Tone.MUTED))


def _pair(name: str, value: str, width: int, tone: Tone = Tone.PLAIN) -> Line:
    return line(left(name, _NAMES, Tone.MUTED), left(value, width - _NAMES, tone))


def _who(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    said = TARGET[target.state]
    state = Piece(f"{said.mark(plain=scene.glyphs.plain)} {said.word}", tone_of(said))
    lines = [line(put(target.name, Tone.STRONG, width)), *reasoned(scene, [state], target, width)]
    served = " via ".join(part for part in (target.platform, target.upstream) if part)
    lines.append(_pair("served by", served, width))
    lines.append(_pair("model", target.model, width))
    if target.maker:
        lines.append(_pair("maker", target.maker, width))
    if target.tags:
        lines.append(_pair("tags", ", ".join(target.tags), width))
    text = f"{target.done} of {target.planned}, {target.settled} settled"
    if len(text) > width - _NAMES:
        text = f"{ratio(target.done, target.planned)}, {count(target.settled)} settled"
    lines.append(_pair("attempts", text, width))
    return lines


def reasoned(
    scene: Scene, head: list[Piece], target: TargetSummary, width: int, indent: str = ""
) -> list[Line]:
    """Why the target stands as it does: behind `head` where there is room, else below it."""
    if not target.reason:
        return [line(*head)]
    why = put(f" {scene.glyphs.dot} {target.reason}", Tone.MUTED)
    if sum(piece.cells for piece in head) + why.cells <= width:
        return [line(*head, why)]
    below = wrap(target.reason, width - len(indent))[:_REASON]
    return [line(*head), *(line(put(f"{indent}{row}", Tone.MUTED)) for row in below)]


def _between(share: float, of: Interval, digits: int = 1) -> str:
    return f"{percent(share)} {limits(of.low, of.high, digits)}"


def _people(target: TargetSummary, width: int, shown: Tier) -> list[Line]:
    """The rate that readers found, beside the machine's and never mixed with it."""
    found = target.readings
    if found.rates is None:
        return []
    known = found.rates[shown]
    note = f"{found.read} of {found.of} read"
    if found.unresolved:
        note += f", {found.unresolved} unresolved"
    if known.rate is None or known.finite is None:
        said = f"{note}, no corrected rate yet: {known.reason}"
        return [line(left(part, width, Tone.MUTED)) for part in wrap(said, width)]
    text = f"{percent(known.rate)} {limits(known.finite.low, known.finite.high)}"
    return [
        line(left("corrected", 10, Tone.STRONG), right(text, width - 10, Tone.STRONG)),
        line(left(f"  by readers, {note}", width, Tone.MUTED)),
    ]


def _rates(target: TargetSummary, width: int, shown: Tier) -> list[Line]:
    found = target.over_refusal
    lines: list[Line] = []
    if not target.benign_only:
        of_shown = target.rates.get(shown)
        bar_is = of_shown.bar if of_shown else "Wilson"
        lines.append(_title("attack success", width, f"95 % {bar_is}"))
        for tier in Tier:
            rate = target.rates.get(tier)
            tone = Tone.STRONG if tier is shown else Tone.PLAIN
            head = left(tier.value, _TIER, tone)
            if rate is None or rate.wilson is None or rate.rate is None:
                lines.append(line(head, right("no data", width - _TIER, Tone.MUTED)))
                continue
            told = right(ratio(rate.successes, rate.n), RATIO, tone)
            between, room = _between(rate.rate, rate.wilson), width - _TIER - RATIO
            if len(between) >= room:
                between = _between(rate.rate, rate.wilson, 0)
            lines.append(line(head, told, right(between, room, tone)))
        rate = target.rates.get(shown)
        for name, between_all in (
            ("at any look", rate.anytime if rate else None),
            ("worst case", rate.bounds if rate else None),
        ):
            if between_all is not None:
                text = limits(between_all.low, between_all.high)
                lines.append(line(left(name, 15, Tone.MUTED), right(text, width - 15, Tone.MUTED)))
        lines += _people(target, width, shown)
        if rate and rate.finite:
            rows = wrap(sentences.finite(rate.finite), width)
            lines += [line(put(row, Tone.MUTED)) for row in rows]
    if found.n:
        text = f"{found.refused}/{found.n}"
        if found.interval is not None:
            text += f"  {limits(found.interval.low, found.interval.high)} %"
        lines.append(line(left("over-refusal", 13), right(text, width - 13)))
    return lines


def _identities(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    """Who answered, where it was more than one: their numbers apart."""
    if target.identities < 2:
        return []
    parts = sentences.differing(target.answered_by)
    rows = [
        (sentences.part(one.who, parts[0]) if parts else "", one.rates.get(scene.tier))
        for one in target.answered_by
    ]
    lines = [_title("who answered", width)]
    lines += [line(put(row, Tone.WARN)) for row in wrap(sentences.drift(target.answered_by), width)]
    named = [(name or "not told", rate) for name, rate in rows]
    return lines + _shares(scene, named, width)


def _variants(target: TargetSummary, width: int, shown: Tier) -> list[Line]:
    """The shown rate counted otherwise, where that makes a difference."""
    found = target.variants.get(shown, ())
    if not found:
        return []
    lines = [_title(f"{shown.words} counted otherwise", width)]
    for variant in found:
        text = ratio(variant.successes, variant.n)
        between = variant.interval
        if between is None:
            lines.append(line(left(variant.name, width - 8), right("no data", 8, Tone.MUTED)))
            continue
        share = percent(variant.successes / variant.n)
        both = f"{share} {limits(between.low, between.high)}"
        name = left(variant.name, width - RATIO - 1, Tone.MUTED)
        lines.append(line(name, right(text, RATIO + 1)))
        lines.append(line(right(both, width)))
    return lines


def _families(scene: Scene, target: TargetSummary, width: int) -> list[Line]:
    cells = [cell for cell in target.families or () if not cell.benign]
    if not cells:
        return []
    cells.sort(key=lambda cell: _share(cell, scene.tier), reverse=True)
    rows = [(cell.family or "(none)", cell.rates.get(scene.tier)) for cell in cells]
    return [_title("families", width, "S/n and interval"), *_shares(scene, rows, width)]


def _shares(scene: Scene, rows: Sequence[tuple[str, Rate | None]], width: int) -> list[Line]:
    tally = max([8, *(len(ratio(rate.successes, rate.n)) + 1 for _, rate in rows if rate)])
    # Behind the count a blank and the interval take eleven cells; the bar is four at least.
    size = max(8, min(18, width - tally - 11 - 4, max(len(name) for name, _ in rows)))
    lines = []
    for name, rate in rows:
        head = left(name, size)
        if rate is None or rate.wilson is None or rate.rate is None:
            lines.append(line(head, right("no data", tally, Tone.MUTED)))
            continue
        done, track = bar(rate.rate, width - tally - 11 - size, scene.glyphs)
        low, high = rate.wilson.low * 100, rate.wilson.high * 100
        lines.append(
            line(
                head,
                right(ratio(rate.successes, rate.n), tally),
                Piece(" "),
                Piece(done, Tone.TITLE),
                Piece(track, Tone.FAINT),
                right(f"[{low:.0f}, {high:.0f}]", 10, Tone.MUTED),
            )
        )
    return lines


def _share(cell: FamilyCell, tier: Tier) -> float:
    rate = cell.rates.get(tier)
    return -1.0 if rate is None or rate.rate is None else rate.rate


def _bars(
    rows: Sequence[tuple[str, int, Tone]], total: int, width: int, glyphs: Glyphs
) -> list[Line]:
    size = max(4, width - 15 - 7)
    lines = []
    for name, n, tone in rows:
        done, track = bar(n / total if total else 0.0, size, glyphs)
        lines.append(
            line(
                left(name, 15),
                Piece(done, tone if tone is not Tone.PLAIN else Tone.TITLE),
                Piece(track, Tone.FAINT),
                right(count(n), 7, tone),
            )
        )
    return lines


def outcomes(glyphs: Glyphs, target: TargetSummary, width: int) -> list[Line]:
    """What became of the attempts."""
    rows = [
        (kind.value.replace("_", " "), target.outcomes.get(kind, 0), _OUTCOME_TONES.get(kind))
        for kind in OutcomeClass
        if target.outcomes.get(kind, 0)
    ]
    if not rows:
        return []
    total = sum(n for _, n, _ in rows)
    lines = [_title("outcomes", width, f"{total} closed")]
    lines += _bars([(name, n, tone or Tone.MUTED) for name, n, tone in rows], total, width, glyphs)
    if target.usable:
        text = f"cut {target.cut} ({percent(target.cut / target.usable, 0)} of answers)"
        tone = Tone.WARN if target.cut else Tone.MUTED
        lines.append(line(put(f"{text} {glyphs.dot} ungraded {target.ungraded}", tone)))
    return lines


def refusers(glyphs: Glyphs, target: TargetSummary, width: int) -> list[Line]:
    """Who said no on attack scenarios, and whether the words look like a host's."""
    who = target.who_refused
    rows = [
        ("in its words", who.text, Tone.PLAIN),
        ("input block", who.input_filter, Tone.WARN),
        ("output block", who.output_filter, Tone.WARN),
        ("unknown, empty", who.unknown, Tone.MUTED),
    ]
    total = sum(n for _, n, _ in rows)
    lines = []
    if total:
        lines += [_title("who refused", width, f"{total} of {target.done}")]
        lines += _bars([row for row in rows if row[1]], total, width, glyphs)
        letters = "  ".join(
            f"{label.letter} {target.verdicts[label]}"
            for label in Label
            if label in RATED and target.verdicts.get(label)
        )
        lines.append(line(put(f"labels  {letters}", Tone.MUTED, width)))
    alike = sentences.template(who)
    lines += [line(put(row, Tone.WARN)) for row in wrap(alike, width)]
    return lines


def _cost(target: TargetSummary, width: int) -> list[Line]:
    text = f"{count(target.calls)} calls, {count(target.tokens)} tokens"
    return [
        _title("cost", width, money(target.cost_usd)),
        line(put(text, Tone.MUTED, width)),
        *(line(put(row, Tone.MUTED)) for row in wrap(target.basis, width)),
    ]
