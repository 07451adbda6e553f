"""Pairs of targets, and makers with several models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fftui.exchange.report import figures, words
from fftui.exchange.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Lines,
    Table,
    Text,
)
from fftui.results.compare import Comparison
from fftui.results.compare_text import lines as pair_lines
from fftui.results.evidence import Report
from fftui.results.providers import group_lines
from fftui.results.verdict import equivalent


def pairs(report: Report) -> Iterator[Block]:
    found = report.comparisons
    yield Text(
        f"{words.several(len(found), 'pair')} on {report.tier.words}: equal weights served"
        " elsewhere, or the same target in two runs. Matched scenarios decide; what is claimed of a"
        f" pair allows for all {len(found)}, and the intervals drawn are 95 % of each by itself."
        if len(found) > 1
        else f"One pair on {report.tier.words}; matched scenarios decide."
    )
    drawn = [c for c in found if c.matched is not None][: words.MOST_DRAWN]
    if drawn:
        yield Figure(
            "contrasts",
            "Difference of each pair on matched scenarios, first minus second, with its interval"
            " for one look and, fainter, at any look. Orange: shown to differ."
            f"{words.first_of(len(found), 'pairs')}",
            lambda narrow: figures.contrasts(drawn, narrow, simulated=report.simulated),
        )
    yield _pairs_table(found)
    for one in found[: words.MOST_DRAWN]:
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
        told = words.text(_follows(c))
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
    return Table("pairs", "All pairs.", columns, tuple(rows), shown=words.MOST_ROWS)


def _follows(c: Comparison) -> str:
    """The sentence of the pair in a word or two."""
    if c.matched is None:
        return "nothing claimed"
    if c.differs:
        return "differ"
    if equivalent(c):
        return "equivalent within ±5 points"
    return "no difference shown"


def makers(report: Report) -> Iterator[Block]:
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
