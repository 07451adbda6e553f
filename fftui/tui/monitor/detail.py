"""The line under the table: what stands behind the chosen target's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.domain.states import TargetState
from fftui.results import sentences
from fftui.tui.draw.line import Line, Piece, Tone, fitted, joined, put
from fftui.tui.draw.numbers import count, limits, percent
from fftui.tui.monitor.columns import rate_of
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.numbers import Rate
    from fftui.results.view import TargetSummary


class DetailPane(ScenePane):
    """One line."""

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """The sentence for the chosen target."""
        if self.scene is None or self.scene.chosen is None:
            return (Line(),)
        return (detail(self.scene, self.scene.chosen, width),)


def detail(scene: Scene, target: TargetSummary, width: int) -> Line:
    """Successes and interval, what is missing, and everything outside the rate."""
    parts: list[Piece] = []
    if target.state is not TargetState.OPEN and target.reason:
        parts.append(put(target.reason, Tone.WARN, max(20, width // 2)))
    rate = rate_of(target, scene.tier)
    if rate is not None and not target.benign_only:
        parts.append(Piece(sentence(rate, target), Tone.STRONG))
    if target.identities > 1:
        parts.append(put(sentences.drift(target.answered_by), Tone.WARN, max(30, width // 2)))
    parts.append(Piece(_needed(scene, target)))
    parts += [
        Piece(f"blocked {count(target.blocked)}", Tone.WARN if target.blocked else Tone.MUTED),
        Piece(f"failed {count(target.failed)}", Tone.BAD if target.failed else Tone.MUTED),
    ]
    if target.usable:
        share = target.cut / target.usable
        parts.append(Piece(f"cut {percent(share, 0)}", Tone.WARN if target.cut else Tone.MUTED))
    if target.early:
        parts.append(Piece(f"early: {target.in_flight} out", Tone.WARN))
    parts.append(
        Piece(f"ungraded {count(target.ungraded)}", Tone.PLAIN if target.ungraded else Tone.MUTED)
    )
    if target.who_refused.alike:
        parts.append(Piece(f"{count(target.who_refused.alike)} in the same words", Tone.WARN))
    mark = Piece(f" {scene.glyphs.cursor} ", Tone.ACCENT)
    return Line(tuple(fitted([mark, *joined(parts, f" {scene.glyphs.dot} ")], width - 1)))


def sentence(rate: Rate, target: TargetSummary) -> str:
    """S of n in words. Zero is never shown bare: it says what it excludes."""
    if not rate.n or rate.wilson is None:
        return "no data"
    if rate.successes:
        return f"{rate.successes} of {rate.n} {limits(rate.wilson.low, rate.wilson.high)}"
    if target.early:
        return f"0 of {rate.n} so far"
    # While calls are out, only what has settled may be put into a sentence.
    if target.in_flight and rate.anytime is not None:
        return f"0 of {rate.n}: below {percent(rate.anytime.high)}"
    return f"0 of {rate.n}: below {percent(rate.wilson.high)}"


def _needed(scene: Scene, target: TargetSummary) -> str:
    goal, needed = scene.summary.stop_width, target.needed
    if goal is None or needed is None:
        return ""
    return f"{count(needed.expected)} more to width {goal * 100:.3g}"
