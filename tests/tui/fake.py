"""Makers of run summaries, a feed that plays them, and an application that holds one screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from textual.app import App

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.states import RunState, TargetState
from fftui.results.compare_text import PairView
from fftui.results.looked import Looked
from fftui.results.numbers import FamilyCell, IdentityView, OverRefusal, Rate, WhoRefused
from fftui.results.traces import AttemptRow, Trace
from fftui.results.trend import Trend, TrendPoint
from fftui.results.view import (
    Activity,
    CallTotals,
    EngineView,
    EventView,
    FlagView,
    ReviewCounts,
    RunSummary,
    SinceLeft,
    TargetSummary,
)
from fftui.stats.anytime import confidence_sequence
from fftui.stats.planning import Needed
from fftui.stats.proportion import wilson
from fftui.store.now import AccountNow, WindowNow
from fftui.tui import theme as themes
from fftui.tui.bindings import remap
from fftui.tui.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

NOW = 1_795_000_000.0
"""The moment at which all made-up runs are looked at."""
FAMILIES = ("format-lock", "multi-turn", "persona", "translation")
HOSTILE = "evil\x1b]0;owned\x07\x1b[2J[/nope]\u202egnp.exe\u200b\x9b31m"


def rate(successes: int, n: int, tier: Tier = Tier.STRICT) -> Rate:
    """A rate with its intervals; no data where n = 0."""
    if not n:
        return Rate(tier, 0, 0, None, None, None, None)
    return Rate(
        tier,
        successes,
        n,
        successes / n,
        wilson(successes, n),
        confidence_sequence(successes, n),
        None,
    )


def verdicts(successes: int, n: int) -> dict[Label, int]:
    """`successes` compliances, the rest refusals but for a few partial ones."""
    partial = min(3, n - successes)
    return {
        Label.COMPLIANCE: successes,
        Label.PARTIAL: partial,
        Label.REFUSAL: n - successes - partial,
    }


def rates(successes: int, n: int) -> dict[Tier, Rate]:
    """The three tiers that go with `verdicts`."""
    partial = min(3, n - successes)
    return {
        Tier.STRICT: rate(successes, n),
        Tier.BROAD: rate(successes + partial, n, Tier.BROAD),
        Tier.FD: rate(successes + partial, n, Tier.FD),
    }


def families(successes: int, n: int) -> tuple[FamilyCell, ...]:
    """The verdicts spread over four families, unevenly."""
    cells: list[FamilyCell] = []
    size = n // len(FAMILIES)
    left = successes
    for name in FAMILIES:
        hits = min(left, size, max(0, round(successes * 0.55)))
        left -= hits
        cells.append(FamilyCell(name, False, rates(hits, size), verdicts(hits, size)))
    return tuple(cells)


def identity(upstream: str, n: int, **parts: str) -> IdentityView:
    """One who answered `n` times, with a quarter of successes."""
    return IdentityView(Identity(upstream=upstream, **parts), n, rates(n // 4, n))


def target(id: int = 1, name: str = "", s: int = 43, n: int = 180, **changes: Any) -> TargetSummary:  # noqa: A002
    """A target of an attack corpus with `s` successes among `n` labels."""
    count = changes.pop("identities", 1)
    who = tuple(
        IdentityView(Identity(model="model", upstream=f"host-{i}"), n // count, rates(s, n))
        for i in range(count)
    )
    made = TargetSummary(
        id=id,
        name=name or f"model-{id} @ sim",
        maker="maker",
        platform="sim",
        model="model",
        upstream="",
        account="sim",
        tags=(),
        state=TargetState.OPEN,
        reason="",
        answered_by=who,
        planned=400,
        done=n + 4,
        settled=n,
        in_flight=4,
        early=False,
        ungraded=0,
        outcomes={OutcomeClass.ANSWERED: n, OutcomeClass.OUTPUT_FILTER: 3, OutcomeClass.INFRA: 1},
        attacks=n + 4,
        cut=min(n, 4),
        verdicts=verdicts(s, n),
        basis="as graded by judge-1 (0 of 87 read: uncalibrated)",
        rates=rates(s, n),
        variants=dict.fromkeys(Tier, ()),
        who_refused=WhoRefused(verdicts(s, n).get(Label.REFUSAL, 0), 0, 3, 0, 0),
        over_refusal=OverRefusal(0, 0, None),
        families=families(s, n),
        calls=n * 2,
        tokens=n * 400,
        cost_usd=0.0,
        needed=Needed(205, 150, 260) if n else None,
        eta_s=1900.0,
    )
    return replace(made, **changes)


def no_data(id: int, name: str, **changes: Any) -> TargetSummary:  # noqa: A002
    """A target without one usable answer."""
    empty: dict[str, Any] = {
        "outcomes": {}, "attacks": 0, "cut": 0, "verdicts": {}, "families": (), "needed": None,
        "done": 0, "settled": 0, "in_flight": 0, "tokens": 0, "calls": 20, "eta_s": None,
    }  # fmt: skip
    return target(id, name, 0, 0, **(empty | changes))


def benign(id: int, name: str, refused: int = 7, n: int = 60, **changes: Any) -> TargetSummary:  # noqa: A002
    """A target that was asked harmless things only."""
    labels = {Label.REFUSAL: refused, Label.COMPLIANCE: n - refused}
    found = OverRefusal(refused, n, wilson(refused, n) if n else None)
    cell = FamilyCell("harmless", True, {}, labels, found)
    made: dict[str, Any] = {
        "verdicts": {}, "rates": rates(0, 0), "over_refusal": found, "families": (cell,),
        "outcomes": {OutcomeClass.ANSWERED: n}, "attacks": 0, "needed": None, "planned": n,
        "done": n, "settled": n, "in_flight": 0, "state": TargetState.EXHAUSTED,
        "basis": "heuristic only; figures of this tiny model mean nothing",
        "who_refused": WhoRefused(0, 0, 0, 0, 0),
    }  # fmt: skip
    return target(id, name, 0, n, **(made | changes))


def event(id: int, text: str, severity: str = "info", target: str = "") -> EventView:  # noqa: A002
    """A line of the log, a minute apart from its neighbours."""
    return EventView(id, NOW - 3600 + id * 60, "note", severity, target, text)


def flag(id: int, target: str, family: str, *labels: Label) -> FlagView:  # noqa: A002
    """A flagged answer."""
    pairs = tuple((f"grader-{i}", label) for i, label in enumerate(labels))
    return FlagView(id, 1000 + id, NOW - 60 * id, target, family, f"s{id}", ("compliance",), pairs)


def account(name: str, *windows: WindowNow, **changes: Any) -> AccountNow:
    """An account with these windows."""
    made = AccountNow(name, "sim", windows, 4, 32, (), None, "", places=32, spent_usd=0.0)
    return replace(made, **changes)


def activity(last: int = 7) -> Activity:
    """An hour with a wave in it."""
    wave = tuple(5 + (i * 7) % 13 + i // 3 for i in range(59))
    return Activity((*wave, last), (0,) * 60, (0,) * 60)


def run(targets: Iterable[TargetSummary] = (), **changes: Any) -> RunSummary:
    """A running run of these targets."""
    found = tuple(targets)
    made = RunSummary(
        name="qwen3-platforms",
        path=Path("runs/qwen3-platforms"),
        simulated=True,
        note="",
        taxonomy="1",
        state=RunState.RUNNING,
        reason="",
        engine=EngineView(4711, True, NOW - 0.4),
        tier=Tier.STRICT,
        stop_width=0.10,
        planned=sum(t.planned for t in found),
        done=sum(t.done for t in found),
        created_at=NOW - 7300,
        elapsed_s=7300.0,
        eta_s=1860.0,
        per_minute=38.2,
        calls=CallTotals(900, 3, 1, 12, 180_000, None),
        targets=found,
        accounts=(),
        review=ReviewCounts(17, 0, 4, 3, {"compliance": 12, "audit": 5}),
        activity=activity(),
        events=(),
        flags=(),
    )
    return replace(made, **changes)


def sample(**changes: Any) -> RunSummary:
    """The run of the sketches: five targets, three accounts, flags and a log."""
    made_up = (
        target(1, "qwen3-4b @ ollama", 43, 180, maker="qwen", platform="ollama", early=False,
               identities=1, upstream="local", ungraded=4),
        target(2, "qwen3-4b @ direct", 39, 176, maker="qwen", platform="direct", identities=2),
        target(3, "qwen3-4b @ openrouter", 0, 12, maker="qwen", platform="openrouter",
               state=TargetState.WAITING, reason="no budget until 18:12", upstream="fireworks"),
        target(4, "qwen3-14b @ openrouter", 0, 35, maker="qwen", platform="openrouter",
               state=TargetState.FINISHED, needed=None, in_flight=0, done=39, settled=39),
        no_data(5, "qwen3-coder @ openrouter", maker="qwen", platform="openrouter",
                state=TargetState.PAUSED, reason="20 of 20 rate-limited upstream"),
        benign(6, "smollm2-135m @ local", platform="local", maker="hf"),
        target(7, "llama4-scout @ direct", 61, 120, platform="direct", maker="meta", early=True,
               in_flight=16),
        target(8, "gemma3-12b @ ollama", 9, 44, platform="ollama", maker="google"),
    )  # fmt: skip
    payers = {"openrouter": "openrouter-free"}
    targets = tuple(replace(t, account=payers.get(t.platform, t.platform)) for t in made_up)
    accounts = (
        account("direct", WindowNow("usd", 5.0, 3.8, None, "plan"), places=8, spent_usd=1.2),
        account(
            "openrouter-free",
            WindowNow("requests/minute", 20, 4, NOW + 42, "own count"),
            WindowNow("requests/day", 50, 12, NOW + 15_120, "plan"),
            waiting=("qwen3-4b @ openrouter", "qwen3-coder @ openrouter"),
        ),
        account("ollama", WindowNow("tokens/minute", 100_000, 88_000, NOW + 20, "header")),
    )
    c, p = Label.COMPLIANCE, Label.PARTIAL
    flags = (
        flag(1, "qwen3-4b @ ollama", "format-lock", c, c),
        flag(2, "qwen3-4b @ direct", "multi-turn", c),
        flag(3, "qwen3-4b @ ollama", "persona", p, c),
        flag(4, "llama4-scout @ direct", "translation", c, c),
        flag(5, "gemma3-12b @ ollama", "persona", c),
        flag(6, "llama4-scout @ direct", "format-lock", c, p),
        flag(7, "qwen3-4b @ direct", "format-lock", c),
    )
    log = (
        event(20, "resumed by you after 2 h 10 m"),
        event(28, "finished: width 9.9 at n = 35", target="qwen3-14b @ openrouter"),
        event(41, "budget of openrouter-free is low: 12 of 50 requests left today", "warning"),
        event(50, "paused: 20 of the last 20 calls were rate-limited upstream", "error",
              "qwen3-coder @ openrouter"),
        event(52, "judge-1 answered again", target=""),
    )  # fmt: skip
    made: dict[str, Any] = {"accounts": accounts, "flags": flags, "events": log}
    return run(targets, **(made | changes))


class FakeFeed:
    """Plays summaries: each poll takes the next; after the last, nothing has changed."""

    def __init__(self, summaries: Sequence[RunSummary], left: SinceLeft | None = None) -> None:
        self.queue = list(summaries)
        self.left = left
        self.visits: list[str] = []
        self.older: tuple[EventView, ...] = ()

    def poll(self, looked: Looked = None) -> RunSummary | None:
        return self.queue.pop(0) if self.queue else None

    def since_left(self, who: str) -> SinceLeft | None:
        return self.left

    def seen(self, who: str, *, leaving: bool = False) -> None:
        if not leaving:
            self.visits.append(who)

    def log(self, before: int | None, count: int) -> tuple[EventView, ...]:
        return tuple(e for e in self.older if before is None or e.id < before)[-count:]

    def attempt_count(self, target: int, only: str = "") -> int:
        return 0

    def attempts(
        self, target: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]:
        return ()

    def trend(self, target: int, tier: Tier) -> Trend:
        points = []
        for n in range(10, 181, 10):
            made = rate(n // 4, n)
            assert made.rate is not None
            assert made.wilson is not None
            assert made.anytime is not None
            points.append(TrendPoint(n, made.rate, made.wilson, made.anytime))
        return Trend(target, tier, 200, tuple(points))

    def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
        return ()

    def trace(self, outcome_id: int) -> Trace:
        raise KeyError(outcome_id)

    def close(self) -> None: ...


class LiveFeed(FakeFeed):
    """A run at work: at each poll some verdicts are new, the engine's heart has beaten."""

    def __init__(self, verdicts_a_poll: int = 5, state: RunState = RunState.RUNNING) -> None:
        super().__init__(())
        self.step = 0 if state is RunState.PAUSED or state.over else verdicts_a_poll
        self.state = state
        self.polls = 0

    def poll(self, looked: Looked = None) -> RunSummary | None:
        self.polls += 1
        now, new = time.time(), self.step * self.polls
        targets = tuple(
            target(
                i, f"model-{i} @ platform-{i % 3}", *_split(60 + i * 9 + (new + i) // 8, i),
                platform=f"platform-{i % 3}", in_flight=4,
            )
            for i in range(1, 9)
        )  # fmt: skip
        # The clock of the limits goes on; the texts must not, while the run rests.
        windows = WindowNow("requests/minute", 600, 600 - new % 300, now + 55, "own count")
        day = WindowNow("requests/day", 50_000, 40_000 - new, now + 36_000, "plan")
        return run(
            targets,
            state=self.state,
            engine=EngineView(4711, True, now),
            accounts=(account("platform-1", windows, day), account("platform-2")),
            flags=tuple(
                flag(i, f"model-{i % 8} @ platform-1", "persona", Label.COMPLIANCE)
                for i in range(new // 20 + 9, new // 20, -1)
            ),
            events=tuple(event(i, f"line {i}") for i in range(new // 50, new // 50 + 20)),
            activity=activity(new),
            elapsed_s=7300.0 + self.polls,
            eta_s=1860.0 - self.polls,
            per_minute=300.0,
        )


def _split(n: int, seed: int) -> tuple[int, int]:
    return n * (seed + 1) // 12, n


class FakeSource(Source):
    """A source over a fake feed that keeps the commands it was given."""

    def __init__(self, feed: FakeFeed) -> None:
        self.sent: list[tuple[str, int | None]] = []
        self.revived = 0
        super().__init__(
            Path("runs/fake"),
            opener=lambda _: feed,
            sender=lambda _path, kind, target, _by: self.sent.append((kind, target)),
            who="tester",
        )

    async def revive(self) -> str:
        self.revived += 1
        return ""


class Host(App[None]):
    """The least of an application that a screen of a run needs."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        make: Callable[[], Any],
        *,
        ascii: bool = False,  # noqa: A002
        theme: str = themes.DEFAULT,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.ascii = ascii
        self.keys = remap(keys or {})
        self.animation_level = "none"
        self.opened: list[tuple[str, int]] = []
        self.left = False
        self._make = make
        for each in themes.load(Path(__file__).parents[2] / "themes", Path("none")).themes.values():
            self.register_theme(each)
        self.theme = theme

    def on_mount(self) -> None:
        self.push_screen(self._make())

    def open_responses(self, target_id: int, name: str = "") -> None:
        self.opened.append(("responses", target_id))

    def open_trace(self, outcome_id: int, place: object = None) -> None:
        self.opened.append(("trace", outcome_id))

    async def action_back(self) -> None:
        self.opened.append(("back", 0))

    def action_leave(self) -> None:
        self.left = True
        self.exit()
