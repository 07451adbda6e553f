"""Prompts and answers in a report: only for who asked for them."""

from __future__ import annotations

from collections.abc import Iterator

from fftui.exchange.report.document import Block, Quote, Section, Text
from fftui.results.evidence import Report
from fftui.store import rows
from fftui.store.reader import Reader

_MOST = 100
"""Answers that a report quotes of one target."""


def section(reader: Reader, report: Report) -> Section:
    """The answers of one run that its basis grader calls a success of the report's tier."""
    run = next(one.run for one in report.runs if one.run.path == reader.folder)
    return Section(f"Answers of {run.name}", tuple(_quotes(reader, report)))


def _quotes(reader: Reader, report: Report) -> Iterator[Block]:
    yield Text(
        f"Answers that count for {report.tier.words}, at most {_MOST} a target, as they came."
    )
    names = {number: target.name for number, target in reader.targets().items()}
    for target, name in names.items():
        for label in sorted(report.tier.successes):
            for row in rows.selected(reader, target, label.value, 0, _MOST):
                key = rows.scenarios(reader, [row.scenario])[row.scenario][0]
                asked = rows.turns(reader, row.scenario)
                said, _ = rows.answer(reader, row.id)
                turns = [f"[asked] {a}" for a in asked[: len(said) or None]]
                spoken = [
                    text
                    for place, turn in enumerate(turns)
                    for text in (turn, *(f"[answered] {a}" for a in said[place : place + 1]))
                ]
                yield Quote(f"{name}, {key}: {label.value}", "\n\n".join(spoken))
