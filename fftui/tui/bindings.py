"""The one table of keys: dispatch, footer, palette and help are all made from it.

A row names an action of a screen; the row's `id` is what a person writes into `settings.toml` to
give it other keys. Two rows that could be pressed on the same screen never share a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYWHERE = ""
"""The screen of rows that work on all screens, except inside dialogs."""
_SHARED = {"review": ("reading",), "conflicts": ("reading",)}
"""Rows that more than one screen has, under a name of their own."""


def places(screen: str) -> tuple[str, ...]:
    """Whose rows can be pressed on a screen: its own, shared ones, those for everywhere."""
    alone = screen in ("dialog", EVERYWHERE)
    return (screen, *_SHARED.get(screen, ()), *(() if alone else (EVERYWHERE,)))


class Key(Struct, frozen=True):
    """One row: keys, what they do, and how that is said."""

    id: str
    """Stable name, `screen.verb`; what a remap in the settings refers to."""
    keys: str
    """Keys in Textual's spelling, separated by commas; the first one is shown."""
    action: str
    """Action in Textual's spelling: `app.help`, or a name on the screen itself."""
    label: str
    """One or two words for the footer and the palette."""
    screen: str
    """Name of the screen, or `EVERYWHERE`."""
    help: str
    """One sentence for the help screen."""
    show: bool = True
    """Whether the footer offers it."""
    typing: bool = False
    """What is typed next is text: it acts before another key of the same burst is looked at."""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys one by one, as Textual compares them: `?` is `question_mark`."""
        single = Binding.make_bindings([Binding(self.keys, self.action)])
        return tuple(binding.key for binding in single)

    @property
    def first(self) -> str:
        """The key that is shown in footer and palette."""
        return display(self.keys.split(",")[0])


class Keymap(Struct, frozen=True):
    """The table as it stands for this person, and what was wrong with their changes."""

    rows: tuple[Key, ...]
    changed: Mapping[str, str]
    """Accepted changes by id, as `App.set_keymap` wants them."""
    problems: tuple[str, ...]

    def on(self, screen: str) -> tuple[Key, ...]:
        """Rows that can be pressed on a screen, its own first."""
        return tuple(row for place in places(screen) for row in self.rows if row.screen == place)

    def key(self, name: str) -> str:
        """What the row of that id is pressed with, as a person reads it. Raises KeyError."""
        found = {row.id: row for row in self.rows}
        return found[name].first


_EVERYWHERE = (
    Key("app.help", "?", "app.help", "help", EVERYWHERE, "This help."),
    Key("app.palette", ":,ctrl+p", "app.palette", "commands", EVERYWHERE,
        "All commands of this screen, by name.", show=False),
    Key("app.theme", "T", "app.cycle_theme", "theme", EVERYWHERE,
        "Next theme. The choice lasts until you leave.", show=False),
    Key("app.redraw", "ctrl+l", "app.redraw", "redraw", EVERYWHERE,
        "Paint the screen anew, after another program wrote over it.", show=False),
    Key("app.back", "escape", "app.back", "back", EVERYWHERE,
        "One step back. It never leaves fftui.", show=False),
    Key("app.leave", "q", "app.leave", "leave", EVERYWHERE,
        "Leave fftui. Runs go on without it."),
)  # fmt: skip

_HOME = (
    Key("home.open", "enter", "open", "open", "home",
        "Watch the run, or begin what is chosen below."),
    Key("home.mine", "a", "toggle_mine", "all mine", "home",
        "Runs of this folder, or all of mine from any folder."),
    Key("home.corpus", "c", "corpus", "together", "home",
        "All these runs together: targets, and makers on platforms."),
    Key("home.pause", "p", "pause", "pause", "home", "Pause the run, or let a paused one go on."),
    Key("home.resume", "R", "resume", "resume", "home",
        "Start an engine for a run that has none: dead, stopped or failed."),
    Key("home.stop", "X", "stop", "stop", "home",
        "Stop the run for good, after its name was typed.", show=False),
    Key("home.delete", "D", "delete", "delete", "home",
        "Delete the folder of a run that is over, after its name was typed.", show=False),
    Key("home.plan", "f", "from_file", "plan file", "home",
        "Start a run from a plan file, or read a published summary."),
    Key("home.new", "tab", "switch", "new", "home", "Between the list of runs and the new ones.",
        show=False),
    Key("home.down", "down,j", "move(1)", "down", "home", "Next line.", show=False),
    Key("home.up", "up,k", "move(-1)", "up", "home", "Line before.", show=False),
    Key("home.top", "home,g", "edge(-1)", "top", "home", "First line.", show=False),
    Key("home.bottom", "end,G", "edge(1)", "bottom", "home", "Last line.", show=False),
    Key("home.page_down", "pagedown,ctrl+d", "page(1)", "page down", "home", "A page on.",
        show=False),
    Key("home.page_up", "pageup,ctrl+u", "page(-1)", "page up", "home", "A page back.",
        show=False),
)  # fmt: skip

_MONITOR = (
    Key("monitor.open", "enter", "open", "open", "monitor",
        "What the cursor is on: the target's responses, or the flagged answer."),
    Key("monitor.review", "r", "review", "review", "monitor",
        "Read what is flagged: blind, masked, one key a label."),
    Key("monitor.pause", "p", "pause_run", "pause", "monitor",
        "Pause the run, or let a paused one go on."),
    Key("monitor.tier", "t", "next_tier", "tier", "monitor",
        "Which labels count as a success: strict, broad, functionally dangerous."),
    Key("monitor.about", "i", "about", "about", "monitor",
        "All of the chosen target: who answered, who refused, its rates counted otherwise."),
    Key("monitor.families", "f", "families", "families", "monitor",
        "The chosen target by attack family. Again or esc: back."),
    Key("monitor.all_budget", "b", "budget", "budget", "monitor",
        "All of the budget: accounts, windows, and when each target will be done."),
    Key("monitor.compare", "c", "compare", "compare", "monitor",
        "Pairs of targets: what differs, on matched scenarios first.", show=False),
    Key("monitor.filter", "/", "filter", "filter", "monitor",
        "Only targets with this text in name, platform, maker, tag or state; `!x`: without x.",
        typing=True),
    Key("monitor.sort", "s", "sort", "sort", "monitor", "Sort the table by the next column."),
    Key("monitor.zoom", "z", "zoom", "zoom", "monitor", "The focused pane alone. Again: all."),
    Key("monitor.log", "l", "log", "log", "monitor", "The run's whole log. Again or esc: back."),
    Key("monitor.freeze", "F", "freeze", "freeze", "monitor",
        "Hold the display still while you read. The run goes on, and a badge counts."),
    Key("monitor.flag", "o", "open_flag", "open flag", "monitor",
        "The flagged answer that the flags' cursor is on, from any pane.", show=False),
    Key("monitor.flip", "S", "flip", "flip sort", "monitor", "Turn the order of the table round.",
        show=False),
    Key("monitor.pause_target", "P", "pause_target", "pause target", "monitor",
        "Pause the chosen target, or let it go on.", show=False),
    Key("monitor.resume", "R", "resume", "resume", "monitor",
        "Start an engine for a run whose engine is gone; try paused accounts again.", show=False),
    Key("monitor.stop", "X", "stop", "stop", "monitor",
        "Stop the run for good, after its name was typed.", show=False),
    Key("monitor.targets", "1", "pane(1)", "targets", "monitor", "To the targets.", show=False),
    Key("monitor.budget", "2", "pane(2)", "budget", "monitor", "To the budget.", show=False),
    Key("monitor.flags", "3", "pane(3)", "flags", "monitor", "To the flags.", show=False),
    Key("monitor.activity", "4", "pane(4)", "activity", "monitor", "To the activity.", show=False),
    Key("monitor.next", "tab", "next_pane(1)", "next pane", "monitor", "To the next pane.",
        show=False),
    Key("monitor.previous", "shift+tab", "next_pane(-1)", "pane before", "monitor",
        "To the pane before.", show=False),
    Key("monitor.down", "down,j", "move(1)", "down", "monitor", "Next line.", show=False),
    Key("monitor.up", "up,k", "move(-1)", "up", "monitor", "Line before.", show=False),
    Key("monitor.top", "home,g", "edge(-1)", "top", "monitor", "First line.", show=False),
    Key("monitor.bottom", "end,G", "edge(1)", "bottom", "monitor", "Last line.", show=False),
    Key("monitor.page_down", "pagedown,ctrl+d", "page(1)", "page down", "monitor", "A page on.",
        show=False),
    Key("monitor.page_up", "pageup,ctrl+u", "page(-1)", "page up", "monitor", "A page back.",
        show=False),
)  # fmt: skip

_PREFLIGHT = (
    Key("preflight.start", "enter,s", "start", "start", "preflight",
        "Start the run in a process of its own, and watch it."),
    Key("preflight.probe", "p", "probe", "probe", "preflight",
        "Send one harmless request to each target and judge, and show what came back."),
    Key("preflight.name", "n", "name", "name", "preflight",
        "Give the run another name than the plan's; enter starts it, esc leaves the line."),
    Key("preflight.down", "down,j", "scroll(1)", "down", "preflight", "A line on.", show=False),
    Key("preflight.up", "up,k", "scroll(-1)", "up", "preflight", "A line back.", show=False),
    Key("preflight.top", "home,g", "edge(-1)", "top", "preflight", "Beginning.", show=False),
    Key("preflight.bottom", "end,G", "edge(1)", "bottom", "preflight", "End.", show=False),
    Key("preflight.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "preflight",
        "A page on."),
    Key("preflight.page_up", "pageup,ctrl+u", "page(-1)", "page up", "preflight", "A page back.",
        show=False),
)  # fmt: skip

_RESPONSES = (
    Key("responses.open", "enter", "open", "open", "responses", "Read the attempt in full."),
    Key("responses.only", "o", "cycle_only", "only", "responses",
        "Which are listed: all, flagged, answered, empty, blocked, failed, cut, alike, a label."),
    Key("responses.all", "O", "clear_only", "all", "responses", "List all attempts again.",
        show=False),
    Key("responses.down", "down,j", "move(1)", "down", "responses", "Next line.", show=False),
    Key("responses.up", "up,k", "move(-1)", "up", "responses", "Line before.", show=False),
    Key("responses.top", "home,g", "edge(-1)", "top", "responses", "First attempt."),
    Key("responses.bottom", "end,G", "edge(1)", "bottom", "responses", "Last attempt."),
    Key("responses.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "responses",
        "A page on.", show=False),
    Key("responses.page_up", "pageup,ctrl+u", "page(-1)", "page up", "responses",
        "A page back.", show=False),
    Key("responses.refresh", "r", "reload", "refresh", "responses", "Read the list again.",
        show=False),
    Key("responses.copy", "y", "copy_id", "copy id", "responses",
        "Copy the attempt's id to the clipboard of your terminal.", show=False),
)  # fmt: skip

_COMPARE = (
    Key("compare.discordant", "enter,d", "discordant", "discordant", "compare",
        "The next answer on which one side of the pair gave in and the other did not."),
    Key("compare.read_first", "R", "read_first", "read first", "compare",
        "Give the discordant answers of the pair to readers before any other."),
    Key("compare.by", "y", "by", "by", "compare",
        "What differs between the sides of a pair: platform, upstream, weights, maker and more."),
    Key("compare.same", "e", "same", "equal", "compare",
        "What must be equal on both sides of a pair; the first is what suits the difference."),
    Key("compare.tier", "t", "tier", "tier", "compare",
        "Which labels count as a success: strict, broad, functionally dangerous."),
    Key("compare.refresh", "r", "reload", "refresh", "compare", "Read the run again."),
    Key("compare.down", "down,j", "move(1)", "down", "compare", "Next line.", show=False),
    Key("compare.up", "up,k", "move(-1)", "up", "compare", "Line before.", show=False),
    Key("compare.top", "home,g", "edge(-1)", "top", "compare", "First line.", show=False),
    Key("compare.bottom", "end,G", "edge(1)", "bottom", "compare", "Last line.", show=False),
    Key("compare.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "compare",
        "A page on.", show=False),
    Key("compare.page_up", "pageup,ctrl+u", "page(-1)", "page up", "compare", "A page back.",
        show=False),
)  # fmt: skip

_CORPUS = (
    Key("corpus.open", "enter", "open", "open", "corpus",
        "The run of the chosen target; of a maker on a platform, its targets."),
    Key("corpus.view", "v", "view", "view", "corpus",
        "Targets, or makers on platforms: pooled and macro side by side."),
    Key("corpus.sort", "s", "sort", "sort", "corpus", "Sort by the next column."),
    Key("corpus.flip", "S", "flip", "flip", "corpus", "Turn the order round."),
    Key("corpus.filter", "/", "filter", "filter", "corpus",
        "Only targets with these words in their names, tags, state or grader; `!x`: without x."),
    Key("corpus.tier", "t", "tier", "tier", "corpus",
        "Which labels count as a success: strict, broad, functionally dangerous."),
    Key("corpus.refresh", "r", "reload", "refresh", "corpus", "Read the runs again.", show=False),
    Key("corpus.down", "down,j", "move(1)", "down", "corpus", "Next line.", show=False),
    Key("corpus.up", "up,k", "move(-1)", "up", "corpus", "Line before.", show=False),
    Key("corpus.top", "home,g", "edge(-1)", "top", "corpus", "First line.", show=False),
    Key("corpus.bottom", "end,G", "edge(1)", "bottom", "corpus", "Last line.", show=False),
    Key("corpus.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "corpus",
        "A page on.", show=False),
    Key("corpus.page_up", "pageup,ctrl+u", "page(-1)", "page up", "corpus", "A page back.",
        show=False),
)  # fmt: skip

_SUMMARY = (
    Key("summary.down", "down,j", "move(1)", "down", "summary", "Next line."),
    Key("summary.up", "up,k", "move(-1)", "up", "summary", "Line before.", show=False),
    Key("summary.top", "home,g", "edge(-1)", "top", "summary", "First line.", show=False),
    Key("summary.bottom", "end,G", "edge(1)", "bottom", "summary", "Last line.", show=False),
    Key("summary.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "summary",
        "A page on."),
    Key("summary.page_up", "pageup,ctrl+u", "page(-1)", "page up", "summary", "A page back.",
        show=False),
)  # fmt: skip

_READING = (
    Key("reading.refusal", "1", "label('REFUSAL')", "refusal", "reading",
        "Label it REFUSAL, and on to the next; the guideline says when."),
    Key("reading.partial", "2", "label('PARTIAL')", "partial", "reading",
        "Label it PARTIAL, and on to the next; the guideline says when."),
    Key("reading.compliance", "3", "label('COMPLIANCE')", "compliance", "reading",
        "Label it COMPLIANCE, and on to the next; the guideline says when."),
    Key("reading.hallucination", "4", "label('HALLUCINATION_REFUSAL')", "refuses, gives", "reading",
        "Label it HALLUCINATION_REFUSAL, and on to the next; the guideline says when."),
    Key("reading.non_answer", "5", "label('NON_ANSWER')", "non-answer", "reading",
        "Label it NON_ANSWER, and on to the next; the guideline says when."),
    Key("reading.not_gradeable", "0", "label('NOT_GRADEABLE')", "no grade", "reading",
        "Label it NOT_GRADEABLE, and on to the next; the guideline says when."),
    Key("reading.unsure", "u", "label('')", "unsure", "reading",
        "I cannot decide: a vote that summons another reader."),
    Key("reading.undo", "z", "undo", "undo", "reading",
        "Take back what you did last, also yesterday, and read it again."),
    Key("reading.peek", "m", "peek", "peek", "reading",
        "Show the paragraph at the cursor for eight seconds. Logged."),
    Key("reading.unmask", "M", "unmask", "unmask", "reading",
        "Show all of this item, or hide it again. Logged."),
    Key("reading.guideline", "h", "guideline", "guideline", "reading",
        "The guideline, at the section that fits the structure of the answer.", show=False),
    Key("reading.evidence", "e", "evidence", "evidence", "reading",
        "Point at the sentences that decide: j and k go, enter marks, esc leaves."),
    Key("reading.choose", "enter", "choose", "choose", "reading",
        "Mark the sentence that is pointed at; among conflicts: decide.", show=False),
    Key("reading.note", "n", "note", "note", "reading", "Write a line about this item."),
    Key("reading.blank", "!", "blank", "blank", "reading",
        "Clear the screen at once. Again: back."),
    Key("reading.redo", "Z", "redo", "redo", "reading",
        "Give again what you took back last, as it was.", show=False),
    Key("reading.unmask_all", "V", "unmask_all", "unmask all", "reading",
        "Show every item of this session, or mask again. Logged.", show=False),
    Key("reading.prompt", "p", "prompt", "prompt", "reading",
        "The whole prompt, or the goal alone.", show=False),
    Key("reading.reasoning", "t", "reasoning", "reasoning", "reading",
        "Fold or unfold the model's reasoning.", show=False),
    Key("reading.search", "/", "search", "search", "reading",
        "Lines of this item that hold a text. Masked ones stay masked.", show=False),
    Key("reading.next", "]", "seek(1)", "next mark", "reading",
        "The next line that was found, or that its wording marks; among conflicts: the next"
        " sentence that not all readers pointed at.", show=False),
    Key("reading.before", "[", "seek(-1)", "mark before", "reading", "The one before.", show=False),
    Key("reading.origin", "o", "origin", "origin", "reading",
        "Who refused, as far as you can tell: model, platform, unclear.", show=False),
    Key("reading.flag", "f", "flag", "flag", "reading", "Flag this item for discussion.",
        show=False),
    Key("reading.query", "Q", "query", "query", "reading",
        "Ask whoever owns the guideline.", show=False),
    Key("reading.down", "down,j", "move(1)", "down", "reading", "A line on.", show=False),
    Key("reading.up", "up,k", "move(-1)", "up", "reading", "A line back.", show=False),
    Key("reading.top", "home,g", "edge(-1)", "top", "reading", "Beginning.", show=False),
    Key("reading.bottom", "end,G", "edge(1)", "bottom", "reading", "End.", show=False),
    Key("reading.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "reading",
        "A page on.", show=False),
    Key("reading.page_up", "pageup,ctrl+u,b", "page(-1)", "page up", "reading", "A page back.",
        show=False),
)  # fmt: skip

_REVIEW = (
    Key("review.skip", "s", "skip", "skip", "review",
        "Later: to the end of your queue. The second time with a reason."),
    Key("review.conflicts", "c", "conflicts", "conflicts", "review",
        "Items whose readers differ: your own label first, then all readings side by side."),
    Key("review.earlier", "comma", "earlier(1)", "earlier", "review",
        "Your reading before this one, of this session or an earlier one. A label amends it."),
    Key("review.later", "full_stop", "earlier(-1)", "later", "review",
        "Back towards the item that waits for you.", show=False),
    Key("review.reveal", "r", "reveal", "reveal", "review",
        "What the machine said of an item that you have read, where the plan allows it. Logged.",
        show=False),
    Key("review.pass", "x", "pass", "pass on", "review",
        "Not for me: it goes to another reader, without a reason.", show=False),
    Key("review.language", "L", "language", "not my language", "review",
        "Not my language: it goes to another reader.", show=False),
    Key("review.facts", "i", "facts", "facts", "review",
        "Id, lengths, how it ended, version of the guideline.", show=False),
)  # fmt: skip

_CONFLICTS = (
    Key("conflicts.cause", "c", "cause", "cause", "conflicts",
        "Why the readers differed: ambiguous text, guideline gap, reader error, edge case,"
        " subjective."),
    Key("conflicts.confidence", "l", "confidence", "confidence", "conflicts",
        "How sure you are of the final label."),
    Key("conflicts.put_off", "s", "put_off", "put off", "conflicts", "Not now: the next one."),
)  # fmt: skip

_TRACE = (
    Key("trace.mask", "m", "toggle_mask", "unmask", "trace",
        "Show or hide the texts of this attempt. The next one is masked again."),
    Key("trace.reasoning", "r", "toggle_reasoning", "reasoning", "trace",
        "Fold or unfold the model's reasoning."),
    Key("trace.next", "n", "step(1)", "next", "trace", "Next attempt of the list."),
    Key("trace.previous", "N", "step(-1)", "previous", "trace", "Attempt before.", show=False),
    Key("trace.copy", "y", "copy_id", "copy id", "trace",
        "Copy the attempt's id to the clipboard of your terminal."),
    Key("trace.down", "down,j", "scroll(1)", "down", "trace", "A line on.", show=False),
    Key("trace.up", "up,k", "scroll(-1)", "up", "trace", "A line back.", show=False),
    Key("trace.top", "home,g", "edge(-1)", "top", "trace", "Beginning.", show=False),
    Key("trace.bottom", "end,G", "edge(1)", "bottom", "trace", "End.", show=False),
    Key("trace.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "trace", "A page on.",
        show=False),
    Key("trace.page_up", "pageup,ctrl+u", "page(-1)", "page up", "trace", "A page back.",
        show=False),
)  # fmt: skip

_HELP = (
    Key("help.down", "down,j", "scroll(1)", "down", "help", "A line on.", show=False),
    Key("help.up", "up,k", "scroll(-1)", "up", "help", "A line back.", show=False),
    Key("help.top", "home,g", "edge(-1)", "top", "help", "Beginning.", show=False),
    Key("help.bottom", "end,G", "edge(1)", "bottom", "help", "End.", show=False),
    Key("help.page_down", "pagedown,ctrl+d,space", "page(1)", "page down", "help", "A page on.",
        show=False),
    Key("help.page_up", "pageup,ctrl+u", "page(-1)", "page up", "help", "A page back.",
        show=False),
)  # fmt: skip

_DIALOG = (
    Key("dialog.cancel", "escape", "cancel", "go back", "dialog", "No answer: back to the screen.",
        show=False),
)  # fmt: skip

TABLE: tuple[Key, ...] = (
    _EVERYWHERE
    + _HOME
    + _PREFLIGHT
    + _MONITOR
    + _RESPONSES
    + _COMPARE
    + _CORPUS
    + _SUMMARY
    + _READING
    + _REVIEW
    + _CONFLICTS
    + _TRACE
    + _HELP
    + _DIALOG
)

_DISPLAY = {
    "escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "question_mark": "?", "comma": ",", "full_stop": ".",
    "exclamation_mark": "!", "colon": ":", "slash": "/",
}  # fmt: skip


def display(key: str, *, plain: bool = False) -> str:
    """A key as a person reads it; `plain` keeps to ASCII."""
    if plain and key in ("up", "down", "left", "right"):
        return key
    return _DISPLAY.get(key, key.replace("ctrl+", "^"))


def bindings(screen: str, *, own_back: bool = False) -> list[Binding]:
    """What a screen binds: its own rows, and those that work everywhere.

    With `own_back` it takes "back" first: what is open on it is a step of its own.
    """
    return [
        Binding(
            row.keys,
            "back" if own_back and row.action == "app.back" else row.action,
            row.label,
            show=row.show,
            priority=row.typing,
            id=row.id,
        )
        for row in TABLE
        if row.screen in places(screen)
    ]


def collisions(rows: Iterable[Key]) -> list[tuple[str, Key, Key]]:
    """Each key that two rows claim on one screen, with both rows."""
    rows = list(rows)
    found: dict[tuple[str, str, str], tuple[str, Key, Key]] = {}
    for screen in dict.fromkeys(row.screen for row in rows):
        taken: dict[str, Key] = {}
        # Rows for everywhere come first, so that each screen's row is held against them.
        for place in reversed(places(screen)):
            for row in rows:
                for name in row.names if row.screen == place else ():
                    holder = taken.setdefault(name, row)
                    if holder.id != row.id:
                        found[name, holder.id, row.id] = (name, holder, row)
    return list(found.values())


def remap(wanted: Mapping[str, str]) -> Keymap:
    """The table with a person's own keys. A change that cannot stand is left out, with a reason."""
    rows = {row.id: row for row in TABLE}
    changed: dict[str, str] = {}
    problems: list[str] = []
    for name, keys in wanted.items():
        spelt = ",".join(part.strip() for part in keys.split(",") if part.strip())
        if name not in rows:
            problems.append(f"keys: no command is called {name}")
        elif not spelt:
            problems.append(f"keys.{name}: no key given; the default {rows[name].keys} stands")
        else:
            changed[name] = spelt

    def tried() -> dict[str, Key]:
        return rows | {name: replace(rows[name], keys=keys) for name, keys in changed.items()}

    # All changes are tried at once, so that two commands may swap their keys.
    while clashes := collisions(tried().values()):
        key, first, second = clashes[0]
        loser, other = (second, first) if second.id in changed else (first, second)
        del changed[loser.id]
        problems.append(
            f"keys.{loser.id}: {display(key)} already means {other.id}; "
            f"the default {rows[loser.id].keys} stands"
        )
    return Keymap(tuple(tried().values()), changed, tuple(problems))


def _check(table: tuple[Key, ...]) -> None:
    """Refuse to start with a table that has two meanings for one key, or one id twice."""
    if len({row.id for row in table}) != len(table):
        raise ValueError("two rows of the table of keys have the same id")
    for key, first, second in collisions(table):
        raise ValueError(f"key {key} means both {first.id} and {second.id}")


_check(TABLE)
