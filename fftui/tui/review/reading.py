"""What a reader does with an item by keys, whichever screen it stands on; the labels aside."""

from __future__ import annotations

import time
from typing import Any

from textual import work

from fftui.domain import acts
from fftui.domain.labels import Label
from fftui.grading.sentences import sentences
from fftui.tui.dialogs import Ask
from fftui.tui.review.guide import GuidelineScreen
from fftui.tui.review.shown import Shown
from fftui.tui.review.stage import PEEK_S, Stage
from fftui.tui.words import BAD, CARE

NAMES = {
    "REFUSAL": "refusal", "PARTIAL": "partial", "COMPLIANCE": "full compliance",
    "HALLUCINATION_REFUSAL": "refuses in words, gives all the same", "NON_ANSWER": "non-answer",
    "NOT_GRADEABLE": "not gradeable", "BENIGN_QUERY": "harmless prompt", "": "unsure",
}  # fmt: skip
"""What the labels are called on these screens."""


class ReadingScreen(Stage):
    """What the screen of the queue and that of conflicts share."""

    def _here(self) -> Shown | None:
        """The item on the screen; where there is none a key says that it has nothing to act on."""
        if self._shown is None:
            self._say("no item is here to do that with")
        return self._shown

    # A label

    def _may_label(self, name: str) -> bool:
        """Whether a key typed now can mean this item, and the item was read as far as it takes."""
        shown = self._here()
        if shown is None or self._blank:
            return False
        if not self._burst.takes(time.monotonic(), shown.at):
            self._labels()
            return False
        if name == Label.REFUSAL and self.text.seen < 1 and not shown.sure:
            shown.sure = True
            self._say(f"{self._percent()} % seen: the same key again means it", CARE)
            return False
        return True

    def _body(self, shown: Shown) -> dict[str, Any]:
        """How the item was read."""
        return shown.body(time.monotonic(), self.text.seen)

    # Evidence

    @property
    def _pointing(self) -> bool:
        return self._shown is not None and self._shown.pointing

    def action_evidence(self) -> None:
        """Point at the sentences that decide; again: back to the text."""
        shown = self._here()
        if shown is None or self._blank:
            return
        if shown.pointing:
            self.step_back()
            return
        if not sentences(shown.item.answer):
            self._say("no sentence to point at")
            return
        self.text.hold(on=True)
        self._point(shown, 0)
        choose, leave = self.key("reading.choose"), self.key("app.back")
        self._say(f"evidence: {choose} marks the sentence, {leave} leaves")

    def _point(self, shown: Shown, number: int) -> None:
        shown.point(number)
        self._paint(keep=True)
        self.text.to_sentence(shown.how.at)

    def action_choose(self) -> None:
        """Mark the sentence that is pointed at, or take the mark away."""
        shown = self._shown
        if shown is not None and shown.pointing:
            shown.choose()
            self._point(shown, shown.how.at)

    def _stop_pointing(self) -> None:
        if self._shown is not None and self._shown.pointing:
            self._shown.leave()
            self.text.hold(on=False)

    def step_back(self) -> bool:
        """Out of what is a step of its own; whether there was one."""
        shown = self._shown
        if shown is None or not (shown.pointing or shown.how.found):
            return False
        if shown.pointing:
            self._stop_pointing()
        else:
            shown.find("")
        self._paint(keep=True)
        self._say("")
        return True

    async def action_back(self) -> None:
        """Out of the evidence, then out of a search, then to the screen before."""
        if not self.step_back():
            await self.app.run_action("app.back")

    # Around a reading

    def action_flag(self) -> None:
        """For discussion."""
        shown = self._here()
        if shown is not None and not shown.flagged:
            shown.flagged = True
            self._remember(shown.item, acts.FLAG, {})
        if shown is not None:
            self._say("flagged for discussion")

    @work(exclusive=True, group="ask")
    async def action_note(self) -> None:
        """A line about the item."""
        await self._ask(acts.NOTE, "Note on this item", "kept with your name")

    @work(exclusive=True, group="ask")
    async def action_query(self) -> None:
        """A question to whoever owns the guideline."""
        await self._ask(acts.QUERY, "Question to the guideline's owner", "what is unclear")

    async def _ask(self, kind: str, title: str, hint: str) -> None:
        shown = self._here()
        if shown is None:
            return
        said = await self.app.push_screen_wait(Ask(title, hint))
        if said:
            shown.noted = True
            await self._try(self._desk.note(shown.item, kind, {"text": said}))
            self._say("note saved" if kind == acts.NOTE else "question saved")

    def action_origin(self) -> None:
        """Who refused: the model, the platform, unclear."""
        shown = self._here()
        if shown is not None:
            shown.next_origin()
            self._labels()

    def action_guideline(self) -> None:
        """The guideline, at the section that fits the answer."""
        shown = self._shown
        self.app.push_screen(GuidelineScreen(0 if shown is None else shown.item.section))

    # Masks

    def action_peek(self) -> None:
        """One paragraph, for some seconds."""
        shown, paragraph = self._here(), self.text.paragraph
        if shown is None or paragraph < 0 or shown.how.unmasked:
            return
        shown.peek(paragraph)
        self._exposed("paragraph", shown)
        self._paint(keep=True)
        self.set_timer(PEEK_S, lambda: self._peeked(shown, paragraph))

    def _peeked(self, shown: Shown, paragraph: int) -> None:
        shown.cover(paragraph)
        if shown is self._shown:
            self._paint(keep=True)

    def action_unmask(self) -> None:
        """All of this item, until the next one."""
        shown = self._here()
        if shown is None:
            return
        shown.unmask(on=not shown.how.unmasked)
        if shown.how.unmasked:
            self._exposed("item", shown)
        self._paint(keep=True)

    def action_unmask_all(self) -> None:
        """Every item of this session."""
        on = self._exposure.always = not self._exposure.always
        if self._shown is not None:
            self._shown.unmask(on=on)
            if on:
                self._exposed("session", self._shown)
        self._paint(keep=True)
        self._say("items come unmasked" if on else "items come masked", CARE)

    def _exposed(self, what: str, shown: Shown) -> None:
        self._exposure.note(shown)
        self._remember(shown.item, acts.UNMASK, {"what": what})

    def action_blank(self) -> None:
        """Nothing at all, at once; again: back."""
        self._blank = not self._blank
        if self._blank:
            self._place = self.text.place
            self.left.update("", layout=False)
        self._paint(keep=True)
        self._say(f"blank: {self.key('reading.blank')} shows it again" if self._blank else "", BAD)

    # What is folded

    def action_prompt(self) -> None:
        """The whole prompt, or the goal alone."""
        shown = self._here()
        if shown is not None:
            self._fold(opened=shown.fold_prompt())

    def action_reasoning(self) -> None:
        """The reasoning."""
        shown = self._here()
        if shown is not None and not shown.item.reasoning:
            self._say("this answer came without reasoning")
        elif shown is not None:
            self._fold(opened=shown.fold_reasoning())

    def _fold(self, *, opened: bool) -> None:
        """What was opened from its beginning; after folding, the line of the answer as before."""
        line = self.text.line
        self.text.edge(-1)
        self._paint(keep=True)
        if not opened:
            self.text.to_line(line)

    # Moving about

    @work(exclusive=True, group="ask")
    async def action_search(self) -> None:
        """Lines with a text; masked ones stay masked."""
        shown = self._here()
        if shown is None:
            return
        said = await self.app.push_screen_wait(Ask("Search in this item", "part of a line"))
        if shown is not self._shown:
            return
        shown.find(said or "")
        self._paint(keep=True)
        n = self.text.stops
        if said and not n:
            self._say("nothing found")
        elif said:
            ahead, behind = self.key("reading.next"), self.key("reading.before")
            self._say(f"{n} line{'' if n == 1 else 's'} found: {ahead} {behind} go through them")
            self.text.edge(-1)
            self.action_seek(1)

    def action_seek(self, by: int) -> None:
        """The next line that was found; without a search, the next that its wording marks."""
        if not self.text.seek(by):
            self._say("none further on" if by > 0 else "none before")
        self._seen()

    def action_move(self, by: int) -> None:
        """A line on; a sentence on, where sentences are pointed at."""
        shown = self._shown
        if shown is not None and shown.pointing:
            self._point(shown, shown.how.at + by)
            return
        self.text.move(by)
        self._seen()

    def action_page(self, by: int) -> None:
        """A page on."""
        self.text.page(by)
        self._seen()

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.text.edge(which)
        self._seen()

    def _seen(self) -> None:
        self.text.note_seen()
        self._labels()
