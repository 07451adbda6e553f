"""`fftui compare`: targets of one or several runs against each other, or a published summary."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.cli.show import named_runs, summary_file
from fftui.domain.labels import Tier
from fftui.results.compare import Comparison
from fftui.results.compare import compare as compared
from fftui.results.compare_text import lines, to_json
from fftui.results.providers import group_json, group_lines, groups
from fftui.results.sides import Side, known, pairs, sides, told_apart, usual
from fftui.store.discordant import ReadFirst
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.writer import append
from fftui.text import line

_WIDTH = 2000


def compare(options: argparse.Namespace) -> int:
    """Each pair that differs in what was asked for, a sentence first."""
    if options.names[0].endswith(".toml") or summary_file(options.names[0]):
        return _summaries(options)
    if options.table is not None:
        return _table(options)
    found: list[Side] = []
    places: dict[int, Path] = {}
    for folder in named_runs(options.names):
        with Reader(folder) as reader, reader.snapshot():
            here = list(sides(reader))
        places |= {id(side): folder for side in here}
        found += here
    try:
        chosen = pairs(found, options.by, options.same)
    except ValueError as error:
        raise UsageError(f"{'--same' if known(options.by) else '--by'} {error}") from None
    if not chosen:
        told = ", ".join(side.name for side in found)
        agree = ", ".join(options.same) or usual(options.by)
        raise UsageError(f"no two targets differ in {options.by} and agree in {agree}: {told}")
    tier = Tier(options.tier)
    made, together = compared(told_apart(chosen, found), tier), groups(found, tier)
    if options.read_first:
        _read_first(made, chosen, places)
    if options.json:
        for one in made:
            print(json.dumps(to_json(one), ensure_ascii=True))
        for group in together:
            provider = {"format": 1, "tier": tier.value, "provider": group_json(group)}
            print(json.dumps(provider, ensure_ascii=True))
        return 0
    for number, one in enumerate(made):
        if number:
            print()
        _print(lines(one))
    for group in together:
        print()
        _print([group.name, *(f"  {text}" for text in group_lines(group))])
    sys.stdout.flush()
    return 0


def _read_first(
    made: Iterable[Comparison], chosen: Iterable[tuple[Side, Side]], places: Mapping[int, Path]
) -> None:
    """Each side's discordant answers, in the run that they stand in."""
    first: dict[Path, set[int]] = {}
    for pair, its in zip(made, chosen, strict=True):
        for both in pair.matched.discordant if pair.matched else ():
            for side, outcome in zip(its, both, strict=True):
                first.setdefault(places[id(side)], set()).add(outcome)
    for folder, outcomes in first.items():
        moved = append(database(folder), ReadFirst(sorted(outcomes), time.time()))
        print(f"{line(folder.name, 60)}: {moved} more answers are read first", file=sys.stderr)


def _table(options: argparse.Namespace) -> int:
    """Every target of the runs in one table, and makers on platforms."""
    from fftui.results.across import SORTS, fits, read_rows, together
    from fftui.results.across_text import HEAD, cells, group_texts, ordered, row_json, together_json

    tier = Tier(options.tier)
    if options.table not in SORTS:
        raise UsageError(f"--table {options.table!r}: allowed: {', '.join(SORTS)}")
    found = [row for folder in named_runs(options.names) for row in read_rows(folder)]
    rows = ordered([row for row in found if fits(row, options.filter)], options.table, tier)
    if options.json:
        for made in (
            *(row_json(row, tier) for row in rows),
            *(together_json(one, tier) for one in together(rows, tier)),
        ):
            print(json.dumps(made, ensure_ascii=True))
        return 0
    table = [HEAD, *([line(cell, 200) for cell in cells(row, tier)] for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD) - 1)]
    for row in table:
        words = (
            c.rjust(w) if 3 < i < 7 else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=False))
        )
        print("  ".join((*words, row[-1])).rstrip())
    for texts in group_texts(rows, tier):
        print()
        _print([texts[0], *(f"  {text}" for text in texts[1:])])
    sys.stdout.flush()
    return 0


def _summaries(options: argparse.Namespace) -> int:
    # Only who compares a summary waits for what reads one.
    from fftui.exchange import conclusions
    from fftui.exchange.summary import SummaryError, load_summary

    try:
        found = [load_summary(summary_file(name) or Path(name)) for name in options.names]
    except SummaryError as error:
        raise UsageError(str(error)) from None
    for number, summary in enumerate(found):
        if options.json:
            print(json.dumps(conclusions.to_json(summary), ensure_ascii=True))
            continue
        if number:
            print()
        _print(conclusions.lines(summary))
    sys.stdout.flush()
    return 0


def _print(texts: Iterable[str]) -> None:
    for text in texts:
        # What stands before the words is ours; the rest may hold names from outside.
        print(" " * (len(text) - len(text.lstrip(" "))) + line(text.lstrip(" "), _WIDTH))
