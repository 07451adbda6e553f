"""The text of one attempt as lines. A stranger's words pass `fftui.text` on their way here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from textual.content import Content

from fftui.store.withheld import WITHHELD
from fftui.text import clean, line, mask
from fftui.tui.cells import cell
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import clock, money
from fftui.tui.words import BAD, CARE, GOOD, LABEL_MEANINGS, LABEL_TONES, MUTED, NOTE, OPEN, OUTCOME

if TYPE_CHECKING:
    from fftui.results.traces import CallRow, Trace, VerdictRow

MAX_CHARS = 60_000
"""Of one text. Longer ones end with how much more there is."""
TEXT_WIDTH = 110
"""Reading width; on a wide terminal longer lines are hard to follow."""


class Shown(Struct, frozen=True):
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
                (f"{signs.rule * 2} ", "$border"), (clean(title), "bold $text-primary"), " ",
                (signs.rule * left + (" " if note else ""), "$border-blurred"),
                (clean(note), MUTED),
            )
        )  # fmt: skip

    for number, turn in enumerate(trace.turns):
        last = number == len(trace.turns) - 1
        of = f" {number + 1} of {len(trace.turns)}" if len(trace.turns) > 1 else ""
        section(f"prompt{of}", _length(turn))
        rows += _text(turn, how, width)
        if number < len(trace.answers):
            note = "graded" if last and len(trace.turns) > 1 else ""
            answer = trace.answers[number]
            section(f"answer{of}", _dotted(signs.dot, _length(answer), note))
            rows += _text(answer, how, width)
            if last and trace.row.cut:
                rows.append(Content.styled("cut: the token limit ended this answer", CARE))
    if not trace.answers:
        section("answer")
        rows.append(Content.styled("no answer came back", MUTED))
    if trace.reasoning:
        fold = "r folds it" if how.reasoning else "folded; r shows it"
        section("reasoning", _dotted(signs.dot, _length(trace.reasoning), fold))
        if how.reasoning:
            rows += _text(trace.reasoning, how, width)
    section("outcome")
    rows += _outcome(trace, how, width)
    section("verdicts")
    rows += [_verdict(verdict, how, width) for verdict in trace.verdicts]
    if not trace.verdicts:
        rows.append(Content.styled("no grader has spoken", MUTED))
    section("flags")
    flags = "   ".join(line(flag, 60) for flag in trace.row.flags)
    rows.append(Content.styled(flags, BAD) if flags else Content.styled("none", MUTED))
    section("calls", f"{len(trace.calls)}")
    rows.append(_call_head(width))
    for call in trace.calls:
        rows += _call(call, how, width)
    return rows


def _dotted(dot: str, *parts: str) -> str:
    return f" {dot} ".join(part for part in parts if part)


def _length(raw: str) -> str:
    return "" if raw == WITHHELD else f"{len(raw):,} characters"


def _text(raw: str, how: Shown, width: int) -> list[Content]:
    if raw == WITHHELD:
        # Nothing to unmask: under a mask it would read as a text of fifteen characters.
        return [Content.styled("  withheld: this copy was made without texts", MUTED)]
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
    evidence = "" if verdict.evidence == WITHHELD else verdict.evidence
    words = evidence if how.unmasked else mask(evidence)
    if not evidence and verdict.label is not None:
        words = LABEL_MEANINGS[verdict.label]
    return Content.assemble(
        (f"  {cell(verdict.grader, 18)} ", ""), said, (f"{sure:>4}  ", MUTED),
        (line(words, max(1, width - 50)), MUTED),
    )  # fmt: skip


def _outcome(trace: Trace, how: Shown, width: int) -> list[Content]:
    """What the attempt came to, which evidence decided that, and whether the words are canned."""
    row = trace.row
    said = OPEN if row.outcome is None else OUTCOME[row.outcome]
    signs = glyphs(plain=how.plain)
    why = f"decided by {row.signal}" if row.signal else ""
    note = line(f" {signs.dot} {why}", max(1, width - 24)) if why else ""
    found = [Content.assemble((f"  {said.mark(plain=how.plain)} {said.word}", said.tone),
                              (note, ""))]  # fmt: skip
    if row.alike > 1:
        words = f"  the same words came for {row.alike} scenarios"
        suspect = ": perhaps a host's template" if row.alike >= _CANNED else ""
        found.append(Content.styled(line(words + suspect, width), CARE))
    return found


_CANNED = 3
"""Scenarios answered in the same words from which chance is a poor explanation."""
_WIDE = 110
"""From this width on tokens stand in columns, and there is room for the request's own id."""


def _call_head(width: int) -> Content:
    start = f"  {'time':<8} {'for':<14} {'outcome':<16} {'http':>4} {'seconds':>8} {'first':>6}"
    tokens = f" {'in':>6} {'out':>6}" if width >= _WIDE else ""
    return Content.styled(clean(f"{start}{tokens} {'cost':>9}"), MUTED)


def _call(call: CallRow, how: Shown, width: int) -> list[Content]:
    """What it took on the first line, who answered and how it ended on the second."""
    said = OUTCOME[call.outcome]
    wide = width >= _WIDE
    dot = glyphs(plain=how.plain).dot
    status = "" if call.status is None else str(call.status)
    cost = "" if call.cost_usd is None else money(call.cost_usd)
    early = "" if call.ttfb_ms is None else f"{call.ttfb_ms / 1000:.1f}"
    counts = (call.tokens_in, call.tokens_out)
    tokens = "".join(f" {'' if n is None else n:>6}" for n in counts) if wide else ""
    first = Content.assemble(
        (f"  {clock(call.at, seconds=True):<8} ", MUTED),
        f"{cell(call.purpose, 14)} ",
        (f"{f'{said.mark(plain=how.plain)} {said.word}':<16} ", said.tone),
        clean(f"{status:>4} {call.duration_ms / 1000:>8.1f} {early:>6}{tokens} {cost:>9}"),
    )
    known = not wide and counts != (None, None)
    parts = (
        " via ".join(part for part in (call.model, call.upstream) if part) or "unknown",
        f"{_known(call.tokens_in)} in, {_known(call.tokens_out)} out" if known else "",
        f"finish {call.finish}" if call.finish else "",
        # Where the finish reason is what decided, once is enough.
        "" if call.finish and call.signal.endswith(f"={call.finish}") else call.signal,
        f"request {call.request_id}" if wide and call.request_id else "",
    )
    rest = line(_dotted(dot, *parts), max(1, width - 11))
    return [first, Content.styled(" " * 11 + rest, MUTED)]


def _known(n: int | None) -> str:
    return "?" if n is None else str(n)


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
