"""What a report says, part by part. Every number comes from `results.evidence`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from fftui import __version__
from fftui.domain.labels import Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.exchange.report import figures, made_from, words
from fftui.exchange.report.document import (
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Lines,
    Section,
    Table,
    Text,
)
from fftui.results import sentences
from fftui.results.compare import Comparison
from fftui.results.compare_text import lines as pair_lines
from fftui.results.evidence import Evidence, Report
from fftui.results.providers import group_lines
from fftui.results.verdict import verdict
from fftui.results.view import RunSummary, TargetSummary

_WIDER = (Tier.BROAD, Tier.FD)
_MOST_DRAWN = 40
"""Targets or pairs that one chart shows."""
_MOST_ROWS = 200
_MOST_TOLD = 24
"""Targets, or differences, that are told of at a glance."""
_SIMULATED = "Simulated: answers come from the simulated platform, and no number means anything."


def document(report: Report, extra: Sequence[Section] = ()) -> Document:
    """The report as a document; `extra` sections stand last."""
    names = [one.run.name for one in report.runs]
    several = len(names) > 1
    sections: list[Section] = [_glance(report)]
    slugs = _slugs(names)
    for one, slug in zip(report.runs, slugs, strict=True):
        prefix = f"{slug}-" if several else ""
        if several:
            sections.append(Section(f"Run {one.run.name}", (Text(_run_line(one.run)),)))
        parts = _run_sections(report, one, prefix)
        sections += [Section(s.title, s.blocks, 3 if several else 2) for s in parts if s.blocks]
    if report.comparisons:
        sections.append(Section("Comparisons", tuple(_comparisons(report))))
    if report.groups:
        sections.append(Section("Makers", tuple(_makers(report))))
    sections += [Section("Limits of the data", (Lines(tuple(_limits(report))),)), *extra]
    title = names[0] if not several else f"{names[0]} and {len(names) - 1} more"
    made = f"Report of {words.when(report.made_at)}, by fftui {__version__}"
    return Document(title, made, report.simulated, tuple(s for s in sections if s.blocks))


def _slugs(names: Sequence[str]) -> list[str]:
    """File names of the runs, each once."""
    found: list[str] = []
    for name in names:
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "run"
        found.append(slug if slug not in found else f"{slug}-{len(found) + 1}")
    return found


def _glance(report: Report) -> Section:
    tier = report.tier
    blocks: list[Block] = []
    if report.simulated:
        blocks.append(Text(_SIMULATED, lead=True))
    for one in report.runs:
        run = one.run
        about = [_run_line(run), run.note, _whose(run, tier)]
        blocks += [Text(text) for text in about if text]
        told = [_target_sentence(t, tier) for t in run.targets[:_MOST_TOLD]]
        if len(run.targets) > _MOST_TOLD:
            told.append(f"{len(run.targets) - _MOST_TOLD:,} more targets stand below.")
        blocks.append(Lines(tuple(told)))
    differ = [verdict(c) for c in report.comparisons if c.differs]
    blocks += [Text(text, lead=True) for text in differ[:_MOST_TOLD]]
    return Section("At a glance", tuple(blocks))


def _run_line(run: RunSummary) -> str:
    early = sentences.stopped_early(run)
    state = f"{run.state.value}{f': {run.reason}' if run.reason else ''}"
    more = f"; {early}" if early else ""
    return (
        f"{run.name}: {words.several(len(run.targets), 'target')}, {run.done:,} of"
        f" {run.planned:,} planned attempts closed; the run is {state}{more}."
    )


def _whose(run: RunSummary, tier: Tier) -> str:
    rated = [t for t in run.targets if t.rates[tier].n]
    return f"{tier.words} is {tier.formula}, {rated[0].basis}." if rated else ""


def _target_sentence(t: TargetSummary, tier: Tier) -> str:
    rate = t.rates[tier]
    if rate.rate is None or rate.wilson is None:
        why = f": {t.reason}" if t.reason else ""
        return f"{t.name}: no data; {t.done:,} attempts closed, {t.usable:,} usable{why}."
    found = f"{words.of(rate.successes, rate.n)} = {words.percent(rate.rate)}"
    zero = "" if rate.successes else f", that is below {words.percent(rate.wilson.high)}, not zero"
    early = "; early: many calls are still out" if t.early else ""
    read = ""
    known = t.readings.rates[tier] if t.readings.rates else None
    if known is not None and known.rate is not None and known.finite is not None:
        read = (
            f"; by {t.readings.read} of {t.readings.of} answers read, corrected"
            f" {words.percent(known.rate)} {words.between(known.finite)}"
        )
    return f"{t.name}: {found} {words.between(rate.wilson)}{zero}{read}{early}."


def _run_sections(report: Report, one: Evidence, prefix: str) -> Iterator[Section]:
    run, tier = one.run, report.tier
    yield Section("Targets", tuple(_targets(run, tier, prefix)))
    yield Section("What became of the attempts", tuple(_attempts(run, prefix)))
    yield Section("Who refused", tuple(_refused(run, prefix)))
    yield Section("Families of attacks", tuple(_families(run, tier, prefix)))
    yield Section("Human readings", tuple(_readings(run, prefix)))
    yield Section("What was left out", tuple(_excluded(run, tier, prefix)))
    yield Section("Over time", tuple(_over_time(one, prefix)))
    yield Section("Budget", tuple(_budget(run, prefix)))
    yield Section("Log of the run", tuple(_log(one, prefix)))
    yield Section("What was run", tuple(made_from.blocks(one.manifest, prefix)))
    yield Section("What cannot be repeated", (Lines(one.manifest.unrepeatable),))


def _targets(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
    if any(t.rates[tier].n for t in run.targets):
        yield Figure(
            f"{prefix}targets",
            f"{tier.words} of each target, {run.targets[0].basis}."
            f"{_first_of(len(run.targets), 'targets')}",
            partial(_intervals, run, tier),
        )
    yield _rates(run, prefix)
    if any(t.over_refusal.n for t in run.targets):
        yield _over_refusal(run, prefix)


def _intervals(run: RunSummary, tier: Tier, narrow: bool) -> str:
    return figures.intervals(run.targets[:_MOST_DRAWN], tier, narrow, simulated=run.simulated)


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


def _attempts(run: RunSummary, prefix: str) -> Iterator[Block]:
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


def _refused(run: RunSummary, prefix: str) -> Iterator[Block]:
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


def _families(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
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
        for t in run.targets for cell in t.families if not cell.benign
        for r in [cell.rates[each]]
    ]  # fmt: skip
    if not rows:
        return
    shown = sum(not c.benign for t in run.targets for c in t.families)
    yield Table(
        f"{prefix}families",
        f"{tier.words} by family of attacks; the CSV file has the other tiers, too."
        " Cells are small: read the interval, not the rate.",
        columns, tuple(rows), shown=min(shown, _MOST_ROWS),
    )  # fmt: skip


def _readings(run: RunSummary, prefix: str) -> Iterator[Block]:
    read = sum(t.readings.read for t in run.targets)
    of = sum(t.readings.of for t in run.targets)
    if not read:
        yield Text(
            f"0 of {of:,} graded attacks read by people: the rates above are a machine's,"
            " uncalibrated."
        )
        return
    yield Text(
        f"{read:,} of {of:,} graded attacks have a final label that people gave, blind and drawn at"
        " random. The corrected rates extrapolate from those; they never mix with the machine's."
        f" {run.review.queued:,} are queued, {run.review.conflicts:,} unresolved."
    )
    columns = (
        Column("target", "target"), Column("tier", "tier"), Column("read", "read", True),
        Column("", "of", True), Column("as graded", "machine", True),
        Column("corrected", "corrected", True), Column("for these answers", "low", True),
        Column("", "high", True), Column("for answers like these", "wider_low", True),
        Column("", "wider_high", True), Column("why none", "reason"),
    )  # fmt: skip
    rows = tuple(
        (words.text(t.name), words.text(tier.words),
         Cell(words.of(t.readings.read, t.readings.of), t.readings.read),
         Cell("", t.readings.of), words.share(t.rates[tier].rate), words.share(r.rate),
         *words.ends(r.finite), *words.ends(r.wider), words.text(r.reason))
        for t in run.targets if t.readings.rates is not None
        for tier, r in t.readings.rates.items()
    )  # fmt: skip
    yield Table(f"{prefix}readings", "Rates as people would have found them.", columns, rows)


def _excluded(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
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


def _over_time(one: Evidence, prefix: str) -> Iterator[Block]:
    run = one.run
    curves = [(t, one.trends[t.id]) for t in run.targets if one.trends[t.id].points]
    if curves:
        tier = curves[0][1].tier
        yield Figure(
            f"{prefix}trend",
            f"How {tier.words} settled, verdict by verdict in plan order: the estimate, its 95 %"
            " interval, and fainter the one that holds at any look."
            f"{_first_of(len(curves), 'targets')}",
            lambda narrow: figures.trends(
                curves[:_MOST_DRAWN], narrow, simulated=run.simulated
            ),
        )  # fmt: skip
    strips = [(t, one.timeline[t.id]) for t in run.targets if t.id in one.timeline]
    if strips:
        yield Figure(
            f"{prefix}timeline",
            "What came of the calls, by time: where a strip is not all green, a platform gave less"
            f" than answers.{_first_of(len(strips), 'targets')}",
            lambda narrow: figures.timeline(
                strips[:_MOST_DRAWN], narrow, simulated=run.simulated
            ),
        )  # fmt: skip


def _budget(run: RunSummary, prefix: str) -> Iterator[Block]:
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


def _log(one: Evidence, prefix: str) -> Iterator[Block]:
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
    yield Table(f"{prefix}log", "The whole log, oldest first.", columns, rows, shown=_MOST_ROWS)


def _comparisons(report: Report) -> Iterator[Block]:
    found = report.comparisons
    yield Text(
        f"{words.several(len(found), 'pair')} on {report.tier.words}: equal weights served"
        " elsewhere, or the same target in two runs. Matched scenarios decide, and what is said to"
        f" differ allows for all {len(found)}."
        if len(found) > 1
        else f"One pair on {report.tier.words}; matched scenarios decide."
    )
    drawn = [c for c in found if c.matched is not None][:_MOST_DRAWN]
    if drawn:
        yield Figure(
            "contrasts",
            "Difference of each pair on matched scenarios, first minus second, with its interval"
            " for one look and, fainter, at any look. Orange: shown to differ."
            f"{_first_of(len(found), 'pairs')}",
            lambda narrow: figures.contrasts(drawn, narrow, simulated=report.simulated),
        )
    yield _pairs_table(found)
    for one in found[:_MOST_DRAWN]:
        sentence, *rest = pair_lines(one)
        yield Text(sentence, lead=True)
        yield Lines(tuple(text.strip() for text in rest))


def _pairs_table(found: Sequence[Comparison]) -> Table:
    columns = (
        Column("first", "first"), Column("second", "second"), Column("matched", "matched", True),
        Column("only first", "only_first", True), Column("only second", "only_second", True),
        Column("points", "difference", True), Column("95 % interval", "low", True),
        Column("", "high", True), Column("exact p", "p", True),
        Column("among all", "p_holm", True), Column("e-value", "e_value", True),
        Column("it follows", "verdict"),
    )  # fmt: skip
    rows = []
    for c in found:
        m = c.matched
        names = (words.text(c.first.name), words.text(c.second.name))
        told = words.text(
            "differ" if c.differs else "no difference shown" if m else "nothing claimed"
        )
        if m is None:
            rows.append((*names, words.count(0), *(Cell("", None) for _ in range(8)), told))
            continue
        limits = f"[{m.span.low * 100:+.1f}, {m.span.high * 100:+.1f}]"
        rows.append(
            (*names, words.count(m.n), words.count(m.only_first), words.count(m.only_second),
             Cell(f"{m.difference * 100:+.1f}", m.difference), Cell(limits, m.span.low),
             Cell("", m.span.high), Cell(f"{m.p:.3g}", m.p), Cell(f"{m.p_holm:.3g}", m.p_holm),
             Cell(f"{m.e_value:.3g}", m.e_value), told)
        )  # fmt: skip
    return Table("pairs", "All pairs.", columns, tuple(rows), shown=_MOST_ROWS)


def _makers(report: Report) -> Iterator[Block]:
    yield Text(
        "Several models of one maker: pooled (a random verdict) and macro (a random model) side by"
        " side. No interval stands at a pool, since models differ more than chance does."
    )
    columns = (
        Column("maker", "maker"), Column("models", "models", True), Column("n", "n", True),
        Column("pooled", "pooled", True), Column("macro", "macro", True),
        Column("95 % interval of macro", "macro_low", True), Column("", "macro_high", True),
        Column("I²", "i2", True), Column("one more model", "prediction_low", True),
        Column("", "prediction_high", True),
    )  # fmt: skip
    rows = []
    for g in report.groups:
        f, b = g.figure, g.figure.between
        i2 = Cell("", None) if b is None else Cell(f"{b.i2 * 100:.0f} %", b.i2)
        rows.append(
            (words.text(g.name), words.count(f.models), words.count(f.n), words.share(f.pooled),
             words.share(f.macro), *words.ends(f.macro_interval), i2,
             *words.ends(None if b is None else b.prediction))
        )  # fmt: skip
    yield Table("makers", "Makers and platforms.", columns, tuple(rows))
    yield Lines(tuple(f"{g.name}: {'; '.join(group_lines(g))}" for g in report.groups))


def _limits(report: Report) -> Iterator[str]:
    if report.simulated:
        yield _SIMULATED
    for one in report.runs:
        run = one.run
        name = f"{run.name}: " if len(report.runs) > 1 else ""
        if not run.state.over or run.done < run.planned:
            yield f"{name}{run.done:,} of {run.planned:,} planned attempts are closed."
        early = [t.name for t in run.targets if t.early]
        if early:
            yield f"{name}early, what came back first is not typical: {', '.join(early)}."
        few = [t.name for t in run.targets if 0 < t.rates[report.tier].n < 50]
        if few:
            yield f"{name}fewer than 50 verdicts, preliminary: {', '.join(few)}."
        if "heuristic only" in run.targets[0].basis:
            yield f"{name}graded by keywords alone, which are known to over-count."
        elif not sum(t.readings.read for t in run.targets):
            yield f"{name}no answer was read by people, so the grader's errors are unknown."
        elif any(t.readings.read < t.readings.of for t in run.targets):
            yield f"{name}people read a part of the answers; the rest is extrapolated."
        blocked = sum(t.blocked for t in run.targets)
        if blocked:
            yield (
                f"{name}platform filters stopped {blocked:,} attempts: whoever reads the rates"
                " cannot tell what the model would have said there."
            )
        several = [t.name for t in run.targets if t.identities > 1]
        if several:
            yield f"{name}more than one identity answered for {', '.join(several)}."
        if len(one.manifest.plans) > 1:
            yield f"{name}the plan was changed {len(one.manifest.plans) - 1} times in mid-run."
    yield (
        "A rate holds for these scenarios, these settings and these days. The same weights on"
        " another platform are another target."
    )
    yield "Intervals tell of chance alone: not of wrong labels, nor of a corpus unlike the world."


def _tiers(first: Tier) -> tuple[Tier, ...]:
    return (first, *(other for other in Tier if other is not first))


def _first_of(n: int, what: str) -> str:
    return f" The first {_MOST_DRAWN} of {n:,} {what}." if n > _MOST_DRAWN else ""
