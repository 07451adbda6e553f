"""The text of one attempt as lines. A stranger's words pass `fftui.text` on their way here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.text import clean, line, mask
from fftui.tui.cells import cell
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import clock, money
from fftui.tui.words import BAD, CARE, GOOD, LABEL_MEANINGS, LABEL_TONES, MUTED, NOTE, OPEN, OUTCOME

if TYPE_CHECKING:
    from fftui.results.view import CallRow, Trace, VerdictRow

MAX_CHARS = 60_000
"""Of one text. Longer ones end with how much more there is."""
TEXT_WIDTH = 110
"""Reading width; on a wide terminal longer lines are hard to follow."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of a trace is shown."""

    unmasked: bool = False
    reasoning: bool = False
    plain: bool = False
    """Only ASCII signs."""


def body(trace: Trace, how: Shown, width: int) -> list[Content]:
    """All lines of the trace, wrapped to the width."""
    signs = glyphs(plain=how.plain)
    rows: list[Content] = []

    def section(title: str, note: str = "") -> None:
        if rows:
            rows.append(Content(""))
        said = f"{signs.rule * 2} {title} "
        left = max(0, width - len(said) - len(note) - 2)
        rows.append(
            Content.assemble(
                (f"{signs.rule * 2} ", "$border"), (title, "bold $text-primary"), " ",
                (signs.rule * left + (" " if note else ""), "$border-blurred"), (note, MUTED),
            )
        )  # fmt: skip

    for number, turn in enumerate(trace.turns):
        last = number == len(trace.turns) - 1
        of = f" {number + 1} of {len(trace.turns)}" if len(trace.turns) > 1 else ""
        section(f"prompt{of}", f"{len(turn):,} characters")
        rows += _text(turn, how, width)
        if number < len(trace.answers):
            note = "graded" if last and len(trace.turns) > 1 else ""
            answer = trace.answers[number]
            section(f"answer{of}", _dotted(signs.dot, f"{len(answer):,} characters", note))
            rows += _text(answer, how, width)
            if last and trace.row.cut:
                rows.append(Content.styled("cut: the token limit ended this answer", CARE))
    if not trace.answers:
        section("answer")
        rows.append(Content.styled("no answer came back", MUTED))
    if trace.reasoning:
        fold = "r folds it" if how.reasoning else "folded; r shows it"
        section("reasoning", _dotted(signs.dot, f"{len(trace.reasoning):,} characters", fold))
        if how.reasoning:
            rows += _text(trace.reasoning, how, width)
    section("verdicts")
    rows += [_verdict(verdict, how, width) for verdict in trace.verdicts]
    if not trace.verdicts:
        rows.append(Content.styled("no grader has spoken", MUTED))
    section("flags")
    flags = "   ".join(line(flag, 60) for flag in trace.row.flags)
    rows.append(Content.styled(flags, BAD) if flags else Content.styled("none", MUTED))
    section("calls", f"{len(trace.calls)}")
    head = _CALL_HEAD + (_CALL_REST if width >= _ONE_LINE else "")
    rows.append(Content.styled(head, MUTED))
    for call in trace.calls:
        rows += _call(call, how, width)
    return rows


def _dotted(dot: str, *parts: str) -> str:
    return f" {dot} ".join(part for part in parts if part)


def _text(raw: str, how: Shown, width: int) -> list[Content]:
    shown = clean(raw, max_chars=MAX_CHARS) if how.unmasked else mask(raw, max_chars=MAX_CHARS)
    if not shown.strip():
        return [Content.styled("  (empty)", MUTED)]
    text = Content.styled(shown, "$foreground" if how.unmasked else MUTED)
    return [Content.assemble("  ", row) for row in text.wrap(max(10, min(TEXT_WIDTH, width - 4)))]


def _verdict(verdict: VerdictRow, how: Shown, width: int) -> Content:
    if verdict.label is None:
        said = Content.styled(f"{'UNUSABLE':<22}", CARE)
    else:
        said = Content.styled(f"{verdict.label:<22}", f"bold {LABEL_TONES[verdict.label]}")
    sure = "" if verdict.confidence is None else f"{verdict.confidence:.2f}"
    # Evidence quotes the answer, so it is as hidden as the answer is.
    words = verdict.evidence if how.unmasked else mask(verdict.evidence)
    if not verdict.evidence and verdict.label is not None:
        words = LABEL_MEANINGS[verdict.label]
    return Content.assemble(
        (f"  {cell(verdict.grader, 18)} ", ""), said, (f"{sure:>4}  ", MUTED),
        (line(words, max(1, width - 50)), MUTED),
    )  # fmt: skip


_CALL_HEAD = f"  {'time':<8} {'for':<14} {'outcome':<16} {'http':>4} {'seconds':>8}"
_CALL_REST = f" {'in':>6} {'out':>6} {'cost':>9}  who answered"
_ONE_LINE = 110
"""From this width on a call stands on one line; below it, who answered stands on a second."""


def _call(call: CallRow, how: Shown, width: int) -> list[Content]:
    said = OUTCOME[call.outcome]
    dot = glyphs(plain=how.plain).dot
    status = "" if call.status is None else str(call.status)
    cost = "" if call.cost_usd is None else money(call.cost_usd)
    who = " via ".join(part for part in (call.model, call.upstream) if part) or "unknown"
    first = Content.assemble(
        (f"  {clock(call.at, seconds=True):<8} ", MUTED),
        f"{cell(call.purpose, 14)} ",
        (f"{f'{said.mark(plain=how.plain)} {said.word}':<16} ", said.tone),
        f"{status:>4} {call.duration_ms / 1000:>8.1f}",
    )
    if width >= _ONE_LINE:
        tokens = [f"{'' if n is None else n:>6}" for n in (call.tokens_in, call.tokens_out)]
        rest = line(_dotted(dot, who, call.signal), max(1, width - 82))
        return [Content.assemble(first, f" {tokens[0]} {tokens[1]} {cost:>9}  ", (rest, MUTED))]
    known = call.tokens_in is not None or call.tokens_out is not None
    tokens_said = f"{call.tokens_in or 0} in, {call.tokens_out or 0} out" if known else ""
    rest = line(_dotted(dot, who, tokens_said, cost, call.signal), max(1, width - 11))
    return [first, Content.styled(" " * 11 + rest, MUTED)]


def headline(trace: Trace, how: Shown, width: int) -> Content:
    """What the attempt is, on one line that never scrolls away."""
    row = trace.row
    said = OPEN if row.outcome is None else OUTCOME[row.outcome]
    dot = f" {glyphs(plain=how.plain).dot} "
    what = _dotted(
        dot.strip(), row.scenario, row.family or "no family", "benign" if row.benign else "",
        f"repeat {row.repeat + 1}",
    )  # fmt: skip
    labels = " ".join(f"{label.letter}" for _, label in row.labels)
    tone = LABEL_TONES[row.labels[0][1]] if row.labels else MUTED
    return Content.assemble(
        (f"{said.mark(plain=how.plain)} {said.word}{' cut' if row.cut else ''}", said.tone), "  ",
        (labels, f"bold {tone}"), "  " if labels else "",
        (line(what, max(1, width - 24)), MUTED),
    )  # fmt: skip


def badge(how: Shown) -> Content:
    """MASKED or UNMASKED."""
    if how.unmasked:
        return Content.styled(" UNMASKED ", f"bold reverse {CARE}")
    return Content.styled(" MASKED ", f"bold {GOOD}")


LOADING = Content.styled("reading …", NOTE)
