"""The two lists of the home screen: runs, and what can be begun."""

from __future__ import annotations

from textual.content import Content

from fftui.results.view import RunLine
from fftui.text import line
from fftui.tui.cells import cell
from fftui.tui.draw.glyphs import glyphs
from fftui.tui.home.desk import Sample
from fftui.tui.home.row import run_row
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

_MOST = 7
"""Rows of what can be begun."""


class RunList(Lines):
    """Runs by name; a new reading repaints the lines that differ."""

    def __init__(self, *, plain: bool) -> None:
        super().__init__()
        self._plain = plain
        self.runs: tuple[RunLine, ...] = ()

    @property
    def chosen(self) -> RunLine | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    def show(self, runs: tuple[RunLine, ...]) -> None:
        """A new reading. The cursor stays on its run, wherever that stands now."""
        before, held = self.runs, self.chosen
        self.runs = runs
        if [run.path for run in before] == [run.path for run in runs]:
            for index, (old, new) in enumerate(zip(before, runs, strict=True)):
                if old != new:
                    self.refresh_row(index)
            return
        self.set_count(len(runs))
        if held is not None:
            places = [index for index, run in enumerate(runs) if run.path == held.path]
            self.jump(places[0] if places else self.cursor)
        self.refresh()

    def row(self, index: int, width: int) -> Content:
        """One run."""
        chosen = index == self.cursor and self.has_focus
        return run_row(self.runs[index], width, chosen=chosen, plain=self._plain)


class SampleList(Lines):
    """What can be begun."""

    def __init__(self, samples: tuple[Sample, ...], *, plain: bool) -> None:
        super().__init__()
        self._plain = plain
        self.samples = samples
        self.count = len(samples)
        self.fit(_MOST)

    def fit(self, rows: int) -> None:
        """Take at most so many rows; the others are scrolled to."""
        self.styles.height = max(1, min(_MOST, rows, len(self.samples)))

    @property
    def chosen(self) -> Sample:
        """The one under the cursor."""
        return self.samples[self.cursor]

    def row(self, index: int, width: int) -> Content:
        """Its title, and what it is."""
        sample = self.samples[index]
        chosen = index == self.cursor and self.has_focus
        mark = glyphs(plain=self._plain).cursor if chosen else " "
        return Content.assemble(
            (f"{mark} ", "$text-accent"),
            (cell(sample.title, 24), "bold" if chosen else ""),
            (line(sample.note, max(1, width - 27)), MUTED),
        )
