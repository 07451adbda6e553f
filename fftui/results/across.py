"""Many runs together: every target of each, and makers on platforms over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from fftui.domain.labels import Tier
from fftui.domain.targets import Target
from fftui.results.feed import Feed
from fftui.results.numbers import Rate
from fftui.results.providers import Group
from fftui.results.summary import basis, rules_of
from fftui.results.tally import Empty, tally
from fftui.results.view import TargetSummary
from fftui.stats.provider import provider
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError


class Row(Struct, frozen=True):
    """One target of one run. Names are untrusted."""

    run: str
    path: Path
    simulated: bool
    imported: str
    target: Target
    shown: TargetSummary
    basis: str
    """Who graded, and how far that can be trusted."""
    grader: str
    keywords: bool
    """Its labels come from keywords, which are known to over-count."""
    mix: str
    """A hash of all that its run asks: equal where two runs ask the same prompts."""
    first: Mapping[Tier, tuple[int, int]]
    """(successes, verdicts) of its settled first repeats: one draw for each scenario."""

    @property
    def weights(self) -> str:
        """What must be equal for two targets to be the same model."""
        return self.target.weights or self.target.endpoint.model

    @property
    def platform(self) -> str:
        """Who answers its calls."""
        return self.target.endpoint.platform

    def rate(self, tier: Tier) -> Rate:
        """Over all its verdicts."""
        return self.shown.rates[tier]


class Together(Struct, frozen=True):
    """A maker's models on a platform, over all runs."""

    maker: str
    platform: str
    group: Group | None
    """`None` where fewer than two models have verdicts."""
    rows: tuple[Row, ...]
    n: int
    """Verdicts: settled first repeats of all of them."""
    successes: int

    @property
    def models(self) -> int:
        """Targets of equal weights are one model."""
        return len({row.weights for row in self.rows})

    @property
    def differs(self) -> tuple[str, ...]:
        """What is not equal among its rows, so that one figure of them says little."""
        unequal: tuple[tuple[str, set[object]], ...] = (
            ("corpora", {row.mix for row in self.rows}),
            ("graders", {row.grader for row in self.rows}),
            ("simulated and real answers", {row.simulated for row in self.rows}),
        )
        return tuple(name for name, found in unequal if len(found) > 1)


def read_rows(folder: Path) -> tuple[Row, ...]:
    """Every target of a run, from its rollups. Raises StoreError."""
    feed = Feed.open(folder)
    try:
        run = feed.poll()
    finally:
        feed.close()
    assert run is not None, "the first poll of a feed always reads"  # noqa: S101
    shown = {t.id: t for t in run.targets}
    with Reader(folder) as reader, reader.snapshot():
        header, rules = reader.header(), rules_of(reader)
        grader, mix = rules.grader, reader.prompts_sha256()
        return tuple(
            Row(
                run=header.name,
                path=folder,
                simulated=header.simulated,
                imported=header.imported,
                target=target,
                shown=shown[number],
                basis=basis(grader, shown[number].readings.read, shown[number].readings.of),
                grader=f"{grader.name} {grader.version}",
                keywords=grader.kind == "heuristic",
                mix=mix,
                first=_first(reader, number, grader.id, rules.empty),
            )
            for number, target in reader.targets().items()
            if number in shown
        )


def _first(reader: Reader, target: int, grader: int, empty: Empty) -> dict[Tier, tuple[int, int]]:
    counts = reader.counts(target)
    found = {tier: tally(counts, grader, tier, "first", empty) for tier in Tier}
    return {tier: (t.successes, t.n) for tier, t in found.items()}


def read_all(folders: Iterable[Path]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """(rows of all runs, one line for each run that cannot be read)."""
    rows: list[Row] = []
    problems: list[str] = []
    for folder in folders:
        try:
            rows += read_rows(folder)
        except StoreError as error:
            problems.append(str(error))
    return tuple(rows), tuple(problems)


def together(rows: Sequence[Row], tier: Tier) -> list[Together]:
    """Makers on platforms; who is of no known maker stands under an empty name."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.target.maker, row.platform), []).append(row)
    return [_together(maker, place, tuple(found), tier) for (maker, place), found in cells.items()]


def _together(maker: str, platform: str, rows: tuple[Row, ...], tier: Tier) -> Together:
    models: dict[str, tuple[int, int]] = {}
    for row in rows:
        (s, n), (x, m) = row.first[tier], models.get(row.weights, (0, 0))
        models[row.weights] = (s + x, n + m)
    known = [cell for cell in models.values() if cell[1]]
    group = None
    # Targets of no known maker have nothing in common that a figure could be of.
    if maker and len(known) > 1:
        group = Group(f"{maker} on {platform}", provider(known))
    return Together(
        maker, platform, group, rows, sum(n for _, n in known), sum(s for s, _ in known)
    )


def fits(row: Row, wanted: str) -> bool:
    """Every word of `wanted` stands in the row's names, tags, state or grader; `!x`: x does not."""
    text = "\n".join(
        (row.run, row.target.name, row.target.maker, row.platform, row.weights, row.shown.state,
         row.grader, *row.target.tags)
    ).casefold()  # fmt: skip
    words = wanted.casefold().split()
    return all(
        word.removeprefix("!") not in text if len(word) > 1 and word[0] == "!" else word in text
        for word in words
    )


def _number(value: float | None) -> tuple[bool, float]:
    """Unknown comes last in both directions of a sort that begins with known ones."""
    return (value is None, 0.0 if value is None else -value)


SORTS: Mapping[str, Callable[[Row, Tier], Any]] = {
    "asr": lambda r, t: _number(r.rate(t).rate),
    "n": lambda r, t: -r.rate(t).n,
    "width": lambda r, t: _number(r.rate(t).width),
    "maker": lambda r, t: (r.target.maker.casefold(), r.target.name.casefold()),
    "platform": lambda r, t: (r.platform.casefold(), r.target.name.casefold()),
    "target": lambda r, t: r.target.name.casefold(),
    "run": lambda r, t: (r.run.casefold(), r.target.name.casefold()),
}
"""By what rows can be sorted: numbers from the largest, words from A."""
GROUP_SORTS: Mapping[str, Callable[[Together], Any]] = {
    "macro": lambda g: _number(g.group.figure.macro if g.group else None),
    "pooled": lambda g: _number(g.successes / g.n if g.n else None),
    "n": lambda g: -g.n,
    "models": lambda g: -g.models,
    "maker": lambda g: (g.maker.casefold(), g.platform.casefold()),
    "platform": lambda g: (g.platform.casefold(), g.maker.casefold()),
}
"""The same for makers on platforms."""
