"""What people read, and how far graders agree with them."""

from __future__ import annotations

from collections.abc import Iterator

from fftui.domain.labels import Tier
from fftui.exchange.report import words
from fftui.exchange.report.document import (
    Block,
    Cell,
    Column,
    Lines,
    Table,
    Text,
)
from fftui.results import quality
from fftui.results.view import RunSummary


def readings(run: RunSummary, prefix: str) -> Iterator[Block]:
    read = sum(t.readings.read for t in run.targets)
    of = sum(t.readings.of for t in run.targets)
    differ = sum(t.readings.unresolved for t in run.targets)
    if not read:
        yield Text(
            f"0 of {of:,} graded attacks read by people: the rates above are a machine's,"
            " uncalibrated."
        )
        return
    yield Text(
        f"{read:,} of {of:,} graded attacks were read by people, blind and drawn at random. The"
        " corrected rates extrapolate from those; they never mix with the machine's. Readers differ"
        f" on {differ:,} or are unsure of them, which count both ways until they are decided;"
        f" {run.review.queued:,} wait for a reader."
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


def graders(run: RunSummary, tier: Tier, prefix: str) -> Iterator[Block]:
    """Each grader against what people said, by maker; and what audits of refusals bound."""
    if not run.qualities:
        return
    yield Lines(
        tuple(
            [quality.words(q, tier) for q in run.qualities]
            + [quality.audit_words(a) for a in run.audits]
        )
    )
    columns = (
        Column("grader", "grader"), Column("maker", "maker"), Column("people said", "people"),
        *(Column(f"{label.letter} by grader", label.value, True) for label in quality.ORDER),
    )  # fmt: skip
    yield Table(
        f"{prefix}confusion",
        "Answers by what people said (rows) and what the grader said (columns), read blind after a"
        f" draw. {', '.join(f'{label.letter} {label.value}' for label in quality.ORDER)}.",
        columns,
        tuple(
            (words.text(q.grader), words.text(q.maker), words.text(label.value),
             *(words.count(n) for n in row))
            for q in run.qualities
            for label, row in zip(quality.ORDER, q.counts, strict=True)
            if any(row)
        ),
    )  # fmt: skip
