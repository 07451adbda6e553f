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
from fftui.engine.budget import HeldError
from fftui.engine.needs import Need, need_of
from fftui.engine.shaping import Shaping
from fftui.grading import flags, heuristic
from fftui.grading.forms import Form, stored_form
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
    form = _form(grader)
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


def _form(grader: GraderRow) -> Form | None:
    return stored_form(grader.version, grader.spec.get("template", ""))


def form(grader: GraderRow) -> Form:
    """How a judge of the run is asked. Raises KeyError for a version that is not known here."""
    found = _form(grader)
    if found is None:
        raise KeyError(grader.version)
    return found


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
    shaping: dict[int, Shaping] = field(default_factory=dict)
    """What each judge was found to take, by grader id."""

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
        messages = form(grader).messages(answered.turns, answered.text)
        max_tokens = self.sampling[grader.id].max_tokens
        return need_of(self.lines[grader.id].endpoint, messages, max_tokens)

    async def judge(
        self,
        answered: Answered,
        grader: GraderRow,
        asker: Asker,
        need: Need,
        called: Callable[[Call], Awaitable[None]],
        hold: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> Verdict | Unusable:
        """Ask a judge, with `need` taken at its gate.

        Where its server refuses the form that the reply is to have, it is asked without. `tell` is
        told what was found out of it. Raises PutBackError where its platform failed rather than
        the judge, and where a further call would have to wait although `hold` is true.
        """
        asked = form(grader)
        messages = asked.messages(answered.turns, answered.text)
        line, sampling = self.lines[grader.id], self.sampling[grader.id]
        shaping = self.shaping.setdefault(
            grader.id, Shaping.of(line.endpoint.dialect, asked.schema)
        )
        way = shaping.at
        while True:
            call = await asker.call(
                line, messages, sampling, self.seed, need, shape=shaping.ways[way]
            )
            await called(call)
            outcome = call.outcome
            if not shaping.refused(outcome, way):
                break
            way = max(way + 1, shaping.at)
            try:
                await line.gate.take_more(need, hold)
            except HeldError:
                raise PutBackError(outcome) from None
        if outcome.kind is OutcomeClass.ANSWERED:
            if words := shaping.took(way):
                tell(words)
            # A template asks for one token, and that one always ends by the limit.
            if outcome.cut and not asked.template:
                return Unusable("the judge's reply was cut by its token limit")
            return _sure(asked.parse(outcome.text), outcome.certainty)
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
        if self.readings >= 2 or self.double <= 0:
            return max(self.readings, 1)
        draw = flags.double_draw(
            self.seed, attempt.target_name, attempt.scenario_key, attempt.repeat
        )
        return 2 if draw < self.double else 1


def _sure(said: Verdict | Unusable, certainty: float | None) -> Verdict | Unusable:
    """A verdict of one word is as sure as the probability of that word, where it is told."""
    if isinstance(said, Unusable) or said.confidence is not None or certainty is None:
        return said
    return Verdict(said.label, certainty, said.evidence)
