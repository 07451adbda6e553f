"""One run as one line of the home screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from fftui.domain.states import RunState
from fftui.text import Shown, clean, line
from fftui.tui.cells import cell
from fftui.tui.draw.bars import bar
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.draw.numbers import count, plural, span
from fftui.tui.words import BAD, CARE, MUTED, NOTE, RUN

if TYPE_CHECKING:
    from fftui.results.view import RunLine

_TRACK = "$foreground 25%"


def run_row(run: RunLine, width: int, *, chosen: bool, plain: bool) -> Content:
    """State, name, progress, targets, what waits for a person, and when or why."""
    signs = glyphs(plain=plain)
    mark = (clean(f"{signs.cursor if chosen else ' '} "), "$text-accent")
    name_width = 21 if width < 100 else 30
    if run.state is None:
        return Content.assemble(
            mark, (f"{signs.error} broken   ", BAD), cell(run.name, name_width), "  ",
            (line(run.problem, max(1, width - name_width - 16)), BAD),
        )  # fmt: skip
    said = RUN[run.state]
    progress = f"{count(run.done)}/{count(run.planned)}"
    parts: list[Content | Shown | tuple[Shown, str]] = [
        mark,
        (clean(f"{said.mark(plain=plain)} {said.word:<9}"), said.tone),
        (cell(run.name, name_width), "bold" if chosen else ""),
        clean(" "),
    ]
    used = 2 + 11 + name_width + 1
    if width >= 100:
        cells = 12
        # As in the monitor: what is done has nothing left to fill.
        whole = run.state is RunState.DONE
        share = 1.0 if whole else run.done / run.planned if run.planned else 0.0
        done, track = bar(share, cells, signs)
        parts += [(clean(done), NOTE), (clean(track), _TRACK), clean(" ")]
        used += cells + 1
    parts += [clean(f"{progress:>11}  ")]
    used += 13
    if width >= 100:
        parts += [(clean(f"{plural(run.targets, 'target'):<11}"), MUTED)]
        used += 11
    parts += [to_read(run.queued), clean(" ")]
    used += 13
    room = width - used
    return Content.assemble(*parts, when(run, max(0, room)))


def to_read(queued: int) -> Content:
    """How many answers wait for a reviewer, in 12 cells."""
    return Content.styled(f"{f'{count(queued)} to read' if queued else '':<12}", "$text-accent")


def when(run: RunLine, room: int) -> Content:
    """Why it stands, or when it ends, or what it found."""
    if room < 4:
        return Content("")
    if run.state is RunState.DEAD:
        return Content.styled(line(run.reason or "no engine; R resumes", room), BAD)
    if run.reason:
        tone = RUN[run.state].tone if run.state else MUTED
        return Content.styled(line(run.reason, room), tone)
    if run.eta_s is not None and not (run.state and run.state.over):
        eta = f"ETA {span(run.eta_s)}"
        tail = f"   {news(run)}" if news(run) and room > 24 else ""
        return Content.assemble(eta, (line(tail, room - len(eta)) if tail else "", MUTED))
    return Content.styled(line(news(run), room), MUTED)


def news(run: RunLine) -> str:
    """What the run has to tell besides what other parts of its lines say already."""
    said = run.headline in (run.reason, f"{run.queued} to read")
    return "" if said else run.headline


def details(run: RunLine, width: int, *, plain: bool) -> Content:
    """What does not fit on the line of the chosen run: three lines."""
    dot = f" {glyphs(plain=plain).dot} "
    if run.state is None:
        first = Content.styled(line(run.problem, width), BAD)
        return Content("\n").join((first, Content.styled(line(str(run.path), width), MUTED)))
    said = RUN[run.state]
    facts = [plural(run.targets, "target"), f"{run.done:,} of {run.planned:,} attempts done"]
    if run.queued:
        facts.append(f"{run.queued:,} to read")
    if run.simulated:
        facts.append("simulated")
    state = f"{said.mark(plain=plain)} {said.word}"
    # The lines below it would give way to a first one that wraps.
    way_out = f"{dot}R starts another engine" if run.state is RunState.DEAD else ""
    room = max(1, width - len(state) - len(way_out))
    lines = [
        Content.assemble(
            (state, said.tone),
            (line(f"{dot}{run.reason or said.meaning}", room), ""),
            (way_out, CARE),
        ),
        Content(line(news(run) or "enter shows its figures", width)),
        Content.styled(line(dot.join(facts) + f"{dot}{run.path}", width), MUTED),
    ]
    return Content("\n").join(lines)
