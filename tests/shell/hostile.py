"""The application over strangers who misbehave wherever they can; run inside a pty."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace

from fftui.tui import start

start.prepare(os.environ)

from textual.binding import Binding, BindingType  # noqa: E402
from textual.content import Content  # noqa: E402
from textual.widgets import Static  # noqa: E402

from fftui.results.page import Section  # noqa: E402
from fftui.results.traces import AttemptRow, Trace  # noqa: E402
from fftui.tui import app as shell  # noqa: E402
from fftui.tui.home.desk import Sample  # noqa: E402
from tests.shell.fakes import HIDDEN, HOSTILE, RUNS, Checked, FakeDesk, FakeSource  # noqa: E402


class EvilSource(FakeSource):
    """Every text of it is hostile."""

    async def trace(self, outcome_id: int) -> Trace:
        trace = await super().trace(outcome_id)
        return replace(
            trace,
            target=HOSTILE,
            turns=(HOSTILE + HIDDEN,),
            reasoning=HOSTILE,
            row=replace(trace.row, scenario=HOSTILE, family=HOSTILE, flags=(HOSTILE,)),
            verdicts=tuple(replace(v, grader=HOSTILE, evidence=HOSTILE) for v in trace.verdicts),
            calls=tuple(replace(c, purpose=HOSTILE, model=HOSTILE) for c in trace.calls),
        )

    async def attempts(
        self, target_id: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]:
        rows = await super().attempts(target_id, start, count, only)
        return tuple(
            replace(row, scenario=HOSTILE, family=HOSTILE, flags=(HOSTILE,)) for row in rows
        )


class HostileApp(shell.FftuiApp):
    """f2 opens the responses, f3 shows a toast, f4 a widget that was fed with raw text."""

    CSS_PATH = Path(shell.__file__).with_name("app.tcss")  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "responses", "responses"),
        Binding("f3", "toast", "toast"),
        Binding("f4", "careless", "careless"),
    ]

    def action_responses(self) -> None:
        self._source = EvilSource(answer=HOSTILE * 5)  # type: ignore[assignment]
        self.open_responses(1)

    def action_toast(self) -> None:
        self.notify(HOSTILE, title=HOSTILE)

    def action_careless(self) -> None:
        raw: Any = "careless " + HOSTILE
        self.screen.mount(Static(Content(raw), markup=False))


def main(*, plain: bool) -> None:
    """Until a key or a signal ends it."""
    runs = [
        replace(run, name=HOSTILE, path=Path("/runs/" + HOSTILE), reason=HOSTILE, headline=HOSTILE)
        for run in RUNS
    ]
    desk = FakeDesk(
        here=runs,
        plans=(Sample(HOSTILE, HOSTILE, Path("x")), *FakeDesk().plans),
        checked=Checked(
            sections=(Section(HOSTILE, (HOSTILE,)),), problems=(HOSTILE,), warnings=(HOSTILE,)
        ),
    )
    app = HostileApp(desk=desk, ascii=plain)
    app.run(mouse=False)
    sys.exit(app.return_code or 0)
