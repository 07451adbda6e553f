"""One run's figures and tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fftui.domain.labels import Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.exchange.report import figures, words
from fftui.exchange.report.document import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Lines,
    Table,
    Text,
)
from fftui.results import sentences
from fftui.results.evidence import Evidence
from fftui.results.view import RunSummary, TargetSummary

_WIDER = (Tier.BROAD, Tier.FD)


def targets(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
    if any(t.rates[tier].n for t in run.targets):
        yield Figure(
            f"{prefix}targets",
            f"{tier.words} of each target, {run.targets[0].basis}."
            f"{words.first_of(len(run.targets), 'targets')}",
            partial(_intervals, run, tier),
        )
    yield _rates(run, prefix)
    if any(t.over_refusal.n for t in run.targets):
        yield _over_refusal(run, prefix)


def _intervals(run: RunSummary, tier: Tier, narrow: bool) -> str:
    return figures.intervals(run.targets[: words.MOST_DRAWN], tier, narrow, simulated=run.simulated)


def _rates(run: RunSummary, prefix: str) -> Table:
    bases = {t.basis for t in run.targets}
    columns = [
        Column("target", "target"), Column("", "maker"), Column("platform", "platform"),
        Column("", "n", True),
        Column("successes/n", "strict_successes", True), Column("strict ASR", "strict", True),
        Column("95 % interval", "strict_low", True), Column("", "strict_high", True),
        Column("at any look", "strict_anytime_low", True),
        Column("", "strict_anytime_high", True),
    ]  # fmt: skip
    for tier in _WIDER:
        key = tier.value
        columns += [
            Column("", f"{key}_successes", True), Column(tier.words, key, True),
            Column("", f"{key}_low", True), Column("", f"{key}_high", True),
            Column("", f"{key}_anytime_low", True), Column("", f"{key}_anytime_high", True),
        ]  # fmt: skip
    columns.append(Column("basis" if len(bases) > 1 else "", "basis"))
    whose = f" Here: {bases.pop()}." if len(bases) == 1 else ""
    return Table(
        f"{prefix}rates",
        f"Rates in three tiers: {'; '.join(f'{t.words} is {t.formula}' for t in Tier)}. The 95 %"
        " interval (Wilson) holds for one look, the one at any look however often people looked."
        f"{whose}",
        tuple(columns),
        tuple(_rate_row(t) for t in run.targets),
    )


def _rate_row(t: TargetSummary) -> tuple[Cell, ...]:
    strict = t.rates[Tier.STRICT]
    cells = [
        words.text(t.name), Cell("", t.maker), words.text(t.platform), Cell("", strict.n),
        Cell(words.of(strict.successes, strict.n), strict.successes), words.share(strict.rate),
        *words.ends(strict.wilson), *words.ends(strict.anytime),
    ]  # fmt: skip
    for tier in _WIDER:
        rate = t.rates[tier]
        limits = (*words.ends(rate.wilson), *words.ends(rate.anytime))
        shown = words.share(rate.rate)
        if rate.wilson is not None:
            shown = Cell(f"{shown.text} {words.between(rate.wilson)}", shown.value)
        cells += [Cell("", rate.successes), shown, *(Cell("", c.value) for c in limits)]
    return (*cells, words.text(t.basis))


def _over_refusal(run: RunSummary, prefix: str) -> Table:
    columns = (
        Column("target", "target"), Column("refused/n", "refused", True), Column("", "n", True),
        Column("over-refusal", "rate", True), Column("95 % interval", "low", True),
        Column("", "high", True),
    )  # fmt: skip
    rows = tuple(
        (words.text(t.name), Cell(words.of(o.refused, o.n), o.refused), Cell("", o.n),
         words.share(o.refused / o.n if o.n else None), *words.ends(o.interval))
        for t in run.targets for o in [t.over_refusal]
    )  # fmt: skip
    return Table(
        f"{prefix}over-refusal", "Refusals of benign scenarios; never part of a rate above.",
        columns, rows,
    )  # fmt: skip


def attempts(run: RunSummary, prefix: str) -> Iterator[Block]:
    kinds = [k for k in OutcomeClass if any(t.outcomes.get(k) for t in run.targets)]
    columns = [
        Column("target", "target"), Column("state", "state"),
        Column("planned", "planned", True), Column("closed", "done", True),
        Column("settled", "settled", True),
        *(Column(k.value.replace("_", " "), k.value, True) for k in kinds),
        Column("cut", "cut", True), Column("ungraded", "ungraded", True),
        Column("reason", "reason"),
    ]  # fmt: skip
    rows = tuple(
        (words.text(t.name), words.text(t.state.value), words.count(t.planned),
         words.count(t.done), words.count(t.settled),
         *(words.count(t.outcomes.get(k, 0)) for k in kinds),
         words.count(t.cut), words.count(t.ungraded), words.text(t.reason))
        for t in run.targets
    )  # fmt: skip
    yield Text(
        "Only answers are graded. Filters of platforms, failures and empty replies stand beside"
        " the rates and in none of them."
    )
    yield Table(f"{prefix}attempts", "Attempts by how they ended.", tuple(columns), rows)


def refused(run: RunSummary, prefix: str) -> Iterator[Block]:
    columns = (
        Column("target", "target"), Column("in its own words", "text", True),
        Column("at the input", "input_filter", True),
        Column("at the output", "output_filter", True),
        Column("unknown (empty)", "unknown", True), Column("in equal words", "alike", True),
        Column("in other models' words", "shared", True),
    )  # fmt: skip
    rows = tuple(
        (words.text(t.name), *(words.count(getattr(t.who_refused, c.key)) for c in columns[1:]))
        for t in run.targets
    )
    yield Table(f"{prefix}refused", "Who said no to attacks, as far as can be told.", columns, rows)
    notes = [
        f"{t.name}: {text}"
        for t in run.targets
        for text in (sentences.drift(t.answered_by), sentences.template(t.who_refused))
        if text
    ]
    if notes:
        yield Lines(tuple(notes))
    yield _identities(run, prefix)


def _identities(run: RunSummary, prefix: str) -> Table:
    columns = (
        Column("target", "target"), Column("answered by", "identity"),
        Column("answers", "answers", True), Column("strict", "strict_successes", True),
        Column("", "strict_n", True), Column("95 % interval", "strict_low", True),
        Column("", "strict_high", True),
    )  # fmt: skip
    rows = []
    for t in run.targets:
        for who in t.answered_by:
            known = ", ".join(sentences.facts(who.who)) or "not told by the platform"
            rate = who.rates[Tier.STRICT]
            rows.append(
                (words.text(t.name), words.text(known), words.count(who.answered),
                 Cell(words.of(rate.successes, rate.n), rate.successes), Cell("", rate.n),
                 *words.ends(rate.wilson))
            )  # fmt: skip
    return Table(
        f"{prefix}identities", "Who answered: never pooled silently.", columns, tuple(rows)
    )


def families(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
    columns = (
        Column("target", "target"), Column("family", "family"), Column("", "tier"),
        Column("successes/n", "successes", True), Column("", "n", True),
        Column("rate", "rate", True), Column("95 % interval", "low", True),
        Column("", "high", True),
    )  # fmt: skip
    rows = [
        (words.text(t.name), words.text(cell.family or "(none)"), words.text(each.words),
         Cell(words.of(r.successes, r.n), r.successes), Cell("", r.n), words.share(r.rate),
         *words.ends(r.wilson))
        for each in _tiers(tier)
        for t in run.targets for cell in t.families or () if not cell.benign
        for r in [cell.rates[each]]
    ]  # fmt: skip
    if not rows:
        return
    shown = sum(not c.benign for t in run.targets for c in t.families or ())
    yield Table(
        f"{prefix}families",
        f"{tier.words} by family of attacks; the CSV file has the other tiers, too."
        " Cells are small: read the interval, not the rate.",
        columns, tuple(rows), shown=min(shown, words.MOST_ROWS),
    )  # fmt: skip


def excluded(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
    columns = (
        Column("target", "target"), Column("", "tier"), Column("counted", "n", True),
        Column("left out", "excluded", True), Column("rate", "rate", True),
        Column("whatever they were", "low", True), Column("", "high", True),
    )  # fmt: skip
    rows = tuple(
        (words.text(t.name), words.text(each.words), words.count(rate.n),
         words.count(rate.excluded), words.share(rate.rate), *words.ends(rate.bounds))
        for each in _tiers(tier) for t in run.targets for rate in [t.rates[each]]
    )  # fmt: skip
    yield Table(
        f"{prefix}bounds",
        f"Worst case of {tier.words} over everything left out: all of it refusals, or all of it"
        " successes, with the Wilson limits of each. The CSV file has the other tiers, too.",
        columns, rows, shown=len(run.targets),
    )  # fmt: skip
    others = [(t, tier, v) for t in run.targets for tier in Tier for v in t.variants[tier]]
    if others:
        yield Table(
            f"{prefix}variants", "The same rates counted otherwise.",
            (Column("target", "target"), Column("tier", "tier"), Column("counted", "way"),
             Column("successes/n", "successes", True), Column("", "n", True),
             Column("95 % interval", "low", True), Column("", "high", True)),
            tuple((words.text(t.name), words.text(tier.words), words.text(v.name),
                   Cell(words.of(v.successes, v.n), v.successes), Cell("", v.n),
                   *words.ends(v.interval)) for t, tier, v in others),
        )  # fmt: skip


def over_time(one: Evidence, prefix: str) -> Iterator[Block]:
    run = one.run
    curves = [(t, one.trends[t.id]) for t in run.targets if one.trends[t.id].points]
    if curves:
        tier = curves[0][1].tier
        yield Figure(
            f"{prefix}trend",
            f"How {tier.words} settled, verdict by verdict in plan order: the estimate, its 95 %"
            " interval, and fainter the one that holds at any look."
            f"{words.first_of(len(curves), 'targets')}",
            lambda narrow: figures.trends(
                curves[:words.MOST_DRAWN], narrow, simulated=run.simulated
            ),
        )  # fmt: skip
    strips = [(t, one.timeline[t.id]) for t in run.targets if t.id in one.timeline]
    if strips:
        yield Figure(
            f"{prefix}timeline",
            "What came of the calls, by time: where a strip is not all green, a platform gave less"
            f" than answers.{words.first_of(len(strips), 'targets')}",
            lambda narrow: figures.timeline(
                strips[:words.MOST_DRAWN], narrow, simulated=run.simulated
            ),
        )  # fmt: skip


def budget(run: RunSummary, prefix: str) -> Iterator[Block]:
    c = run.calls
    yield Facts((
        ("calls", f"{c.sent:,} sent, {c.rate_limited:,} rate-limited, {c.failed:,} failed"),
        ("tokens", f"{c.tokens:,}"),
        ("cost", words.usd(c.cost_usd)),
        ("worked", f"{run.elapsed_s:,.0f} s"),
    ))  # fmt: skip
    yield Table(
        f"{prefix}calls", "Calls to targets; those to judges are in the total above alone.",
        (Column("target", "target"), Column("account", "account"), Column("calls", "calls", True),
         Column("tokens", "tokens", True), Column("cost", "cost_usd", True)),
        tuple((words.text(t.name), words.text(t.account), words.count(t.calls),
               words.count(t.tokens), Cell(words.usd(t.cost_usd), t.cost_usd))
              for t in run.targets),
    )  # fmt: skip
    told = [f"{a.name}: {words.usd(a.spent_usd)} spent" for a in run.accounts]
    if told:
        yield Lines(tuple(told))


def log(one: Evidence, prefix: str) -> Iterator[Block]:
    columns = (
        Column("when", "at"), Column("kind", "kind"), Column("severity", "severity"),
        Column("target", "target"), Column("what", "text"),
    )  # fmt: skip
    rows = tuple(
        (Cell(words.when(e.at), e.at), words.text(e.kind), words.text(e.severity),
         words.text(e.target), words.text(e.text))
        for e in one.log
    )  # fmt: skip
    loud = sum(e.severity != "info" for e in one.log)
    told = f"{words.several(loud, 'line')} of warning" if loud else "no warning"
    yield Text(
        f"{words.several(len(rows), 'line')}, {told}: pauses, failures, retries, alerts, changes of"
        " the plan or of who answered."
    )
    yield Table(
        f"{prefix}log", "The whole log, oldest first.", columns, rows, shown=words.MOST_ROWS
    )


def _tiers(first: Tier) -> tuple[Tier, ...]:
    return (first, *(other for other in Tier if other is not first))
