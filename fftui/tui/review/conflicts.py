"""Items whose readers differ: the own label first, then all readings side by side, then a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import getters, work
from textual.content import Content

from fftui.domain import acts
from fftui.domain.labels import Label
from fftui.domain.readings import Decision, difference
from fftui.text import clean, line
from fftui.tui.bars import Bar
from fftui.tui.bindings import bindings
from fftui.tui.dialogs import Ask
from fftui.tui.review.case import LETTERS, Case, split
from fftui.tui.review.page import Row, lay
from fftui.tui.review.reading import NAMES, ReadingScreen
from fftui.tui.review.stage import FAILED
from fftui.tui.words import BAD, CARE, GOOD, MUTED

if TYPE_CHECKING:
    from textual.binding import BindingType

    from fftui.store.conflicts import Conflict
    from fftui.tui.review.desk import Item, ReviewDesk
    from fftui.tui.review.shown import Shown

_NOTE_WIDTH = 200


def _name(label: Label | None) -> str:
    if label is Label.HALLUCINATION_REFUSAL:
        return "refuses, gives"
    return NAMES[label.value if label else ""]


class ConflictScreen(ReadingScreen):
    """Opened from the review screen, whose desk it uses."""

    NAME = "conflicts"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("conflicts", own_back=True)]

    health = getters.query_one("#health", Bar)

    def __init__(self, desk: ReviewDesk, *, simulated: bool) -> None:
        super().__init__(desk)
        self._simulated = simulated
        self._conflict: Conflict | None = None
        self._case = Case()
        self._put_off: list[int] = []
        self._decided = 0
        self._waiting = False

    def on_mount(self) -> None:
        """Take the first."""
        super().on_mount()
        self._wait()
        self._take()

    def _wait(self) -> None:
        self._shown = None
        self._conflict = None
        self._case = Case()
        self.remove_class("-read")
        self.text.show([Row(Content.styled("taking an item …", MUTED))], keep=False)
        self._head()
        self._labels()

    @work(exclusive=True, group="take")
    async def _take(self) -> None:
        got = await self._try(self._desk.conflict(tuple(self._put_off)))
        if got is None:
            lines = [Content.styled("No conflict for you to decide.", "bold")]
            if self._put_off:
                lines.append(Content(f"{len(self._put_off)} were put off; come back for them."))
            lines.append(Content("What others are reading or have to decide is not shown here."))
            lines.append(Content.assemble((clean(self.key("app.back")), "bold"), " goes back."))
            self.text.show([Row(each) for each in lines], keep=False)
            self._head()
            self._labels()
            return
        item, self._conflict = got
        self._put(item)
        if self._conflict.mine:
            await self._show_readings(item)
            self._say("you are one of its readers, and nobody else is there to decide", CARE)
        else:
            self._say("your own label first: the others' stay hidden until it is given")

    async def _show_readings(self, item: Item) -> None:
        found = await self._try(self._desk.readings(item.outcome))
        if found is None or self._shown is None or self._shown.item is not item:
            return
        self._stop_pointing()
        self._case.readings = found
        self._beside()
        self._paint(keep=True)

    # What stands above, in the text and below it

    def _head(self) -> None:
        badge = ("BLIND", GOOD) if not self._case.readings else ("SHOWN", CARE)
        if not self._case.readings and self._shown is not None and self._shown.item.seen:
            badge = ("NOT BLIND: you were shown its labels", CARE)
        far = ""
        if self._case.readings:
            apart = difference(self._case.labels)
            far = f"  {'severe' if apart.severe else 'adjacent'}"
            far += ", strict rate" if apart.strict else ""
        name = (f"{line(self._desk.name, 16)}  ", MUTED)
        title = ("conflicts", "bold $text-primary")
        simulated = ("  simulated" if self._simulated else "", CARE)
        said = Content.assemble(title, f"  {self._decided} decided  ", badge, simulated, far)
        self.top.show(said, Content.assemble(name, self._badge()))
        self.health.show(self._step())

    def _step(self) -> Content:
        case = self._case
        if self._shown is None:
            return Content("")
        if not case.readings:
            said = "readers differ: your own label first, as blind as theirs"
            return Content.styled(clean(said), MUTED)
        settled, choose = case.settled, self.key("reading.choose")
        if settled is not None and case.choice is None:
            said = f"majority: {NAMES[settled.value]}. {choose} goes on, a label overrides it"
            return Content.styled(clean(said), MUTED)
        final = "?" if case.choice is None else _name(case.choice)
        cause = case.cause.value if case.cause else "?"
        return Content.assemble(
            "final ", (clean(final), "bold"), clean(f"  {self.key('conflicts.cause')} cause "),
            (clean(cause), "bold"),
            clean(f"  {self.key('conflicts.confidence')} sure "), (case.sure.value, "bold"),
            (clean(f"  {choose} decides"), MUTED),
        )  # fmt: skip

    def _rows(self, shown: Shown) -> list[Row]:
        marks = self._case.marks(shown.item.answer)
        if shown.pointing or not marks:
            return super()._rows(shown)
        how = replace(shown.how, marks=marks)
        rows = lay(shown.item, how, max(20, self.text.room), self.key, stops=bool(how.found))
        if how.found:
            return rows
        apart = split(marks)
        seen: set[int] = set()
        found = []
        for row in rows:
            first = row.sentence in apart and row.sentence not in seen
            seen.add(row.sentence)
            found.append(replace(row, stop=first))
        return found

    def _beside(self) -> None:
        """One line a reader, and their notes."""
        lines = []
        for letter, one in zip(LETTERS, self._case.readings, strict=False):
            who = "you" if one.mine else "   "
            label = _name(one.label)
            mask = "unmasked" if one.unmasked else "masked"
            pointed = " ".join(f"s{n + 1}" for n in one.evidence)
            blind = "" if one.blind else "  NOT BLIND"
            how = f"{one.dwell_s:4.0f} s  seen {one.seen * 100:3.0f} %  {mask:<8}  {pointed}{blind}"
            name = (clean(f" {letter} {who} "), "bold $text-accent")
            lines.append(Content.assemble(name, clean(f"{label:<16} "), (clean(how), MUTED)))
            lines += [
                Content.styled(f"       note: {line(note, _NOTE_WIDTH)}", MUTED)
                for note in one.notes
            ]
        self.below.update(Content("\n").join(lines), layout=True)
        self.add_class("-read")

    # Keys

    def action_label(self, name: str) -> None:
        """The own reading first; then the label that is to stand."""
        shown = self._shown
        if shown is None or self._waiting or not self._may_label(name):
            return
        self._burst.taken()
        if not self._case.readings:
            self._waiting = True
            self._read(shown, Label(name) if name else None)
        elif not name:
            self._say("unsure decides nothing; put it off, or flag it for discussion")
        else:
            self._case.choice = Label(name)
            self._head()
            self._say("")

    @work(exclusive=True, group="write")
    async def _read(self, shown: Shown, label: Label | None) -> None:
        try:
            await self._desk.read(shown.item, label, self._body(shown))
        except FAILED as error:
            self._failed("NOT saved", error)
            return
        finally:
            self._waiting = False
        name = NAMES[label.value if label else ""]
        self._say(f"saved: {name}", GOOD)
        await self._show_readings(shown.item)
        # A key typed ahead of the readings is no decision.
        self.call_after_refresh(self._painted)

    def action_cause(self) -> None:
        """Why they differed."""
        if self._case.readings:
            self._case.next_cause()
            self._head()

    def action_confidence(self) -> None:
        """How sure."""
        if self._case.readings:
            self._case.next_confidence()
            self._head()

    def action_evidence(self) -> None:
        """Point at sentences; they belong to the own reading, which is given once."""
        if self._case.readings:
            self._say("evidence belongs to your reading, and that is given")
        else:
            super().action_evidence()

    def action_choose(self) -> None:
        """Mark a sentence; or decide, and on to the next."""
        if self._pointing:
            super().action_choose()
        else:
            self._decide()

    @work(exclusive=True, group="ask")
    async def _decide(self) -> None:
        shown, case = self._shown, self._case
        if shown is None or not case.readings or self._waiting:
            return
        if case.choice is None:
            if case.settled is not None:
                self._on()
            else:
                self._say("a final label first", BAD)
            return
        if case.cause is None:
            self._say(f"why did they differ? {self.key('conflicts.cause')} goes through", BAD)
            return
        note = ""
        if case.unheard:
            title = "No reader said so: why?"
            said_why = await self.app.push_screen_wait(Ask(title, "kept with the decision"))
            if not said_why:
                self._say("a label that no reader gave needs a note", BAD)
                return
            note = said_why
        decision = Decision(case.choice, case.sure, case.cause, note)
        if await self._try(self._desk.decide(shown.item, decision)) is not None:
            self._decided += 1
            self._wait()
            self._say(f"saved: {NAMES[decision.label.value]}, {decision.cause.value}", GOOD)
            self._take()

    @work(exclusive=True, group="off")
    async def action_put_off(self) -> None:
        """Not now: the next one."""
        if self._shown is not None:
            self._put_off.append(self._shown.item.outcome)
            self._on()

    def _on(self) -> None:
        shown = self._shown
        self._wait()
        self._give_back(shown)

    @work(exclusive=True, group="write")
    async def _give_back(self, shown: Shown | None) -> None:
        if shown is not None:
            await self._try(self._desk.put_back(shown.item))
        self._take()

    @work(exclusive=True, group="undo")
    async def action_undo(self) -> None:
        """Take back what I did last: a decision comes back to be decided."""
        found = await self._try(self._desk.undo())
        if found is None:
            self._say("nothing to take back")
            return
        done, _ = found
        if done.kind == acts.ADJUDICATE:
            self._decided = max(0, self._decided - 1)
        if done.outcome in self._put_off:
            self._put_off.remove(done.outcome)
        shown = self._shown
        self._wait()
        self._give_back(shown)
        self._say("taken back; both stay in the file", CARE)

    @work(exclusive=True, group="undo")
    async def action_redo(self) -> None:
        """Give again what was taken back last."""
        done = await self._try(self._desk.redo())
        if done is None:
            self._say("nothing that could be given again")
            return
        if done.kind == acts.ADJUDICATE:
            self._decided += 1
        shown = self._shown
        self._wait()
        self._give_back(shown)
        self._say("given again, as it was", GOOD)

    async def action_back(self) -> None:
        """To the review screen; the item goes back."""
        if self.step_back():
            return
        if self._shown is not None:
            await self._try(self._desk.put_back(self._shown.item))
        await self.app.run_action("app.back")
