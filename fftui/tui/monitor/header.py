"""The two lines on top: is it alive, how far is it, and what the numbers rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.domain.states import RunState
from fftui.results import sentences
from fftui.tui.draw.bars import bar
from fftui.tui.draw.line import Line, Piece, Tone, fitted, put, spread
from fftui.tui.draw.numbers import span
from fftui.tui.monitor.scene import Scene, ScenePane, tone_of
from fftui.tui.words import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIN_BAR, _MAX_BAR = 8, 40
_MIN_NAME = 12


class HeaderPane(ScenePane):
    """Name, state, progress, pace and the engine's pulse; below it, the basis."""

    _problem = ""

    def fail(self, problem: str) -> None:
        """The run could not be read even once."""
        self._problem = problem
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Two lines."""
        if self.scene is None:
            if self._problem:
                return (Line((Piece(" "), put(self._problem, Tone.BAD, width - 2))),)
            return (Line((Piece(" opening the run", Tone.MUTED),)),)
        return (pulse(self.scene, width), basis(self.scene, width))


def pulse(scene: Scene, width: int) -> Line:
    """The first line. What does not fit goes: elapsed first, then pace, then the name's end.

    Accounts that wait stand last, because they come and go.
    """
    run, glyphs = scene.summary, scene.glyphs
    state = RunState.DEAD if scene.lost else run.state
    said = RUN[state]
    word = f"{said.mark(plain=glyphs.plain)} {said.word}"
    progress = f"{run.done}/{run.planned}"
    early = sentences.stopped_early(run)
    paused, waits = sentences.accounts_stuck(run)
    engine = _engine(scene)
    pace = f"{run.per_minute:.0f}/min" if run.state is RunState.RUNNING and not scene.lost else ""
    # A run that was told to stop will not come to its end.
    ends = not scene.at_rest and run.state is not RunState.DRAINING
    eta = f"ETA {span(run.eta_s)}" if run.eta_s is not None and ends else ""
    # "in 8s" beside "ETA 64s" would read as what is still to come.
    elapsed = f"{'in' if run.state.over else 'after'} {span(run.elapsed_s)}"
    fixed = 1 + 2 + len(word) + 2 + 1 + len(progress) + sum(p.cells for p in engine)
    room = width - fixed - _MIN_BAR
    name = put(run.name, Tone.STRONG, max(_MIN_NAME, min(28, room)))
    room -= name.cells
    extras: list[str] = []
    for text in (early, paused, eta, pace, waits, elapsed):
        if text and len(text) + 2 <= room - 2:
            extras.append(text)
            room -= len(text) + 2
    # Read in this order, whatever was given room first.
    extras = [
        text for text in (early, paused, pace, elapsed, eta, waits) if text and text in extras
    ]
    tones = {elapsed: Tone.MUTED, paused: Tone.BAD, waits: Tone.WARN}
    size = max(4, min(_MAX_BAR, _MIN_BAR + room - 2))
    # A run that is done has nothing left to fill, though its targets may have stopped early.
    whole = run.state is RunState.DONE
    done, track = bar(
        1.0 if whole else run.done / run.planned if run.planned else 0.0, size, glyphs
    )
    pieces = [
        Piece(" "),
        name,
        Piece("  "),
        Piece(word, tone_of(said)),
        Piece("  "),
        Piece(done, tone_of(said)),
        Piece(track, Tone.FAINT),
        Piece(" "),
        Piece(progress),
        *(Piece(f"  {text}", tones.get(text, Tone.PLAIN)) for text in extras),
    ]
    return spread(pieces, engine, width)


def _engine(scene: Scene) -> list[Piece]:
    run, glyphs = scene.summary, scene.glyphs
    if scene.lost:
        alarm = f"{glyphs.badge_left}ENGINE LOST{glyphs.badge_right}"
        return [Piece(alarm, Tone.ALARM), Piece(" R resume ", Tone.STRONG)]
    if run.engine.trouble:
        alarm = f"{glyphs.badge_left}NOTHING IS STORED{glyphs.badge_right}"
        return [Piece(alarm, Tone.ALARM), Piece(" ")]
    if run.state.over:
        return [Piece("no engine ", Tone.MUTED)]
    if run.engine.heartbeat_at is None:
        return [Piece("engine starting ", Tone.MUTED)]
    age = scene.now - run.engine.heartbeat_at
    # A healthy pulse reads the same at every look; only a late one counts up.
    text = "engine 1s ago " if age < 2 else f"engine {age:.0f}s ago "
    return [Piece(text, Tone.MUTED if age < 2 else Tone.WARN)]


def basis(scene: Scene, width: int) -> Line:
    """The second line: simulated or not, which rate, graded by whom, and the run's own caveat."""
    run, glyphs = scene.summary, scene.glyphs
    end: list[Piece] = []
    if scene.frozen is not None:
        badge = f"{glyphs.badge_left}FROZEN +{scene.frozen}{glyphs.badge_right}"
        end = [Piece(badge, Tone.BADGE), Piece(" ")]
    start = [Piece(" ")]
    if run.simulated:
        badge = f"{glyphs.badge_left}simulated{glyphs.badge_right}"
        start += [Piece(badge, Tone.BADGE), Piece(f" {glyphs.dot} ", Tone.MUTED)]
    if scene.problem:
        start += [put(scene.problem, Tone.BAD)]
        return spread(start, end, width)
    if run.engine.trouble:
        words = f"{run.reason}; no call is sent, and it goes on by itself"
        return spread(fitted([*start, put(words, Tone.BAD)], width), end, width)
    start += _rate(scene, width)
    for text in (_basis(scene), sentences.policy(run), run.reason, run.note):
        if text:
            start += [Piece(f" {glyphs.dot} ", Tone.MUTED), put(text, Tone.MUTED)]
    return spread(fitted(start, width), end, width)


def _rate(scene: Scene, width: int) -> list[Piece]:
    """Which rate the table shows."""
    run = scene.summary
    if run.targets and all(t.benign_only for t in run.targets):
        return [Piece("over-refusal", Tone.STRONG), Piece(" (no attack is asked)", Tone.MUTED)]
    formula = f" ({scene.tier.formula})" if width >= 120 else ""
    pieces = [Piece(f"{scene.tier.words}{formula}", Tone.STRONG)]
    if scene.tier is not run.tier and run.stop_width is not None:
        pieces.append(Piece(f" (stop rule: {run.tier.words})", Tone.MUTED))
    return pieces


def _basis(scene: Scene) -> str:
    """The basis all targets share; otherwise the chosen target's, and that others differ."""
    targets = scene.summary.targets
    # Where no attack is asked there is no rate that a basis could speak for.
    words = {t.basis for t in targets if not t.benign_only} or {t.basis for t in targets}
    if len(words) == 1:
        return words.pop()
    chosen = scene.chosen
    return f"{chosen.basis} (others differ)" if chosen else "several graders"
