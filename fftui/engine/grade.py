"""Grades committed answers: each planned grader gives its own verdict row.

The judge is a call like any other and goes through its account's gate. What cannot be read as a
verdict is kept as unusable: counted as ungraded, flagged, never guessed at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.targets import Sampling
from fftui.domain.verdicts import Place, Unusable, Verdict
from fftui.engine.ask import Asker, Line
from fftui.engine.needs import Need, need_of
from fftui.grading import flags, heuristic
from fftui.grading.forms import FORMS
from fftui.platforms.client import Call
from fftui.platforms.rulings import Scope, scope
from fftui.store.reader import GraderRow


def other_version(grader: GraderRow) -> str:
    """Why a grader of a run can no longer be asked as what it was; empty where it can."""
    if grader.kind == "heuristic":
        now = heuristic.HEURISTIC_VERSION
        told = grader.version
        return f"is version {told}, this fftui has {now}" if told != now else ""
    if not grader.asks:
        return ""
    form = FORMS.get(grader.version)
    if form is None:
        return f"asks by {grader.version}, which this fftui does not know"
    if form.prompt_sha256 != grader.prompt_sha256:
        return f"asked by another wording of {grader.version} than this fftui has"
    return ""


class Drawn(Struct, frozen=True):
    """What decides whether an attempt is among those that are read."""

    target: int
    target_name: str
    scenario_key: str
    repeat: int


class Answered(Struct, frozen=True):
    """A committed answer on its way through the graders."""

    outcome_id: int
    target: int
    target_name: str
    scenario: int
    scenario_key: str
    repeat: int
    benign: bool
    cut: bool
    turns: tuple[str, ...]
    text: str
    """The last answer: what is graded."""
    verdicts: dict[int, Verdict | Unusable] = field(default_factory=dict)
    """By grader id; those already in the store are filled in beforehand."""

    @property
    def drawn(self) -> Drawn:
        """The attempt."""
        return Drawn(self.target, self.target_name, self.scenario_key, self.repeat)


class PutBackError(Exception):
    """The judge could not be asked; the grading is still owed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.signal)
        self.outcome = outcome


class Grading(Struct, frozen=True):
    """The run's graders and the rules for flags."""

    graders: tuple[GraderRow, ...]
    lines: dict[int, Line]
    """Where each judge is asked, by grader id."""
    sampling: dict[int, Sampling]
    seed: int
    audit_share: dict[int, float]
    """Share to be read of the answers that no flag names, by target id."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Share of what a rule names that it flags; 1 where none is given."""
    small: bool = False
    """So few attacks of each target are planned that all answers are read."""
    readings: int = 1
    """People who are to read each item."""
    double: float = 0.0
    """Share of the items that two people read, where one reads each."""

    def owed(self, answered: Answered) -> list[GraderRow]:
        """Graders that are still to be heard: planned ones first, those that need no call first."""
        open_ = [
            g
            for g in self.graders
            if g.can_be_heard and g.owes(answered.outcome_id) and g.id not in answered.verdicts
        ]
        return sorted(open_, key=lambda g: (not g.planned, g.id in self.lines))

    def heuristic(self, answered: Answered) -> Verdict | Unusable:
        """The keyword grader's word on an answer."""
        try:
            return heuristic.grade(answered.text)
        except ValueError as error:
            return Unusable(str(error))

    def judge_need(self, answered: Answered, grader: GraderRow) -> Need:
        """What it takes to ask the judge of an answer."""
        messages = FORMS[grader.version].messages(answered.turns, answered.text)
        max_tokens = self.sampling[grader.id].max_tokens
        return need_of(self.lines[grader.id].endpoint, messages, max_tokens)

    async def judge(
        self,
        answered: Answered,
        grader: GraderRow,
        asker: Asker,
        need: Need,
        called: Callable[[Call], Awaitable[None]],
    ) -> Verdict | Unusable:
        """Ask a judge, with `need` taken at its gate.

        Raises PutBackError where its platform failed rather than the judge.
        """
        messages = FORMS[grader.version].messages(answered.turns, answered.text)
        call = await asker.call(
            self.lines[grader.id], messages, self.sampling[grader.id], self.seed, need
        )
        await called(call)
        outcome = call.outcome
        if outcome.kind is OutcomeClass.ANSWERED:
            if outcome.cut:
                return Unusable("the judge's reply was cut by its token limit")
            return FORMS[grader.version].parse(outcome.text)
        # A wrong key or model says nothing of this answer: it stays owed until that is mended.
        astray = outcome.kind is OutcomeClass.CONFIG and scope(outcome) is not Scope.ITEM
        if outcome.kind.puts_back or outcome.retryable or astray:
            raise PutBackError(outcome)
        return Unusable(f"{outcome.kind.value}: {outcome.signal}")

    def sort(self, answered: Answered) -> flags.Sorted:
        """Why people should read the answer, once every planned grader was heard."""
        planned = [g for g in self.graders if g.planned]
        facts = flags.Facts(
            verdicts={g.name: answered.verdicts[g.id] for g in planned},
            # The basis, unless it is a version of ours that cannot be asked any more.
            main=next((g.name for g in planned if g.basis), planned[-1].name),
            prompt="\n".join(answered.turns),
            answer=answered.text,
            benign=answered.benign,
            cut=answered.cut,
            small=self.small,
            judges=frozenset(g.name for g in planned if g.asks),
        )
        return flags.sort(facts, self.drawing(answered.drawn))

    def drawing(self, attempt: Drawn) -> flags.Drawing:
        """How the rules draw of an attempt, the same whenever it is asked for."""
        parts = (self.seed, attempt.target_name, attempt.scenario_key, attempt.repeat)
        return flags.Drawing(
            draw=flags.audit_draw(*parts),
            audit_share=self.audit_share[attempt.target],
            rates=self.rates,
            chance=lambda rule: flags.audit_draw(*parts, rule),
        )

    def summons(self, attempt: Drawn, outcome: Outcome) -> Place | None:
        """Where an empty reply stands that has reasoning to read; `None` for all others."""
        if outcome.kind is not OutcomeClass.EMPTY:
            return None
        return flags.summons(outcome.reasoning, self.drawing(attempt))

    def wanted(self, attempt: Drawn) -> int:
        """How many people are to read the attempt, where it is read."""
        draw = flags.double_draw(
            self.seed, attempt.target_name, attempt.scenario_key, attempt.repeat
        )
        return max(self.readings, 2 if draw < self.double else 1)
