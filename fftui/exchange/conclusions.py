"""What follows from a summary, and what does not: each population, and each contrast withheld."""

from __future__ import annotations

import math
from itertools import combinations, product
from typing import Any

from msgspec import Struct

from fftui.exchange.summary import Cell, Population, Summary
from fftui.results.providers import Group, group_json, group_lines
from fftui.stats.contrast import fisher_p, newcombe
from fftui.stats.planning import size_for_power
from fftui.stats.proportion import wilson
from fftui.stats.provider import provider

_SIZES = (0.05, 0.10, 0.20)
"""Differences for which the size of a matched comparison is told."""


class Contrast(Struct, frozen=True):
    """Two populations side by side."""

    first: Population
    second: Population

    @property
    def withheld(self) -> str:
        """Why their rates are not contrasted; empty where they may be."""
        for one in (self.first, self.second):
            if not any(cell.n for cell in one.cells):
                return f"no verdicts of {one.name} are known"
        if self.first.mix != self.second.mix:
            return f"different attack mix: {self.first.mix} / {self.second.mix}"
        return ""

    @property
    def same(self) -> list[tuple[Cell, Cell]]:
        """Models with verdicts on both sides."""
        return [
            (one, two)
            for one, two in product(self.first.cells, self.second.cells)
            if one.weights and one.weights == two.weights and one.n and two.n
        ]


def contrasts(summary: Summary) -> list[Contrast]:
    """Every pair of populations."""
    return [Contrast(*pair) for pair in combinations(summary.populations, 2)]


def group(population: Population) -> Group | None:
    """The population's models as one figure; `None` with fewer than two that have verdicts."""
    known = [(cell.successes, cell.n) for cell in population.cells if cell.n]
    if len(known) < 2:
        return None
    return Group(f"{population.name}, {population.mix}", provider(known))


def lines(summary: Summary) -> list[str]:
    """In words. Names in them are untrusted."""
    found = [f"{summary.name}: published counts, {summary.tier.words} as published, nothing read"]
    for population in summary.populations:
        found += ["", *_population(population)]
    for contrast in contrasts(summary):
        found += ["", *_contrast(contrast)]
    return found


def _population(population: Population) -> list[str]:
    where = f" on {population.platform}" if population.platform else ""
    found = [f"{population.name}{where}: {population.mix}"]
    found += [f"  {_cell(cell)}" for cell in population.cells]
    figure = group(population)
    if figure is not None:
        found += [f"  {text}" for text in group_lines(figure)]
    if population.published:
        found.append(f"  as published, cells unknown: {'; '.join(population.published)}")
    return found


def _cell(cell: Cell) -> str:
    sent = "" if cell.attempts in (None, cell.n) else f", {cell.attempts} attempts"
    if not cell.n:
        return f"{cell.target}: no data{sent}, 0 usable"
    between = wilson(cell.successes, cell.n)
    text = (
        f"{cell.target}: {cell.successes}/{cell.n} = {cell.successes / cell.n * 100:.1f} %"
        f" [{between.low * 100:.1f}, {between.high * 100:.1f}]{sent}"
    )
    return text if cell.successes else f"{text}: below {between.high * 100:.1f} %, not 0"


def _contrast(contrast: Contrast) -> list[str]:
    names = f"{contrast.first.name} and {contrast.second.name}"
    why = contrast.withheld
    found = [f"{names}: contrast withheld: {why}" if why else f"{names}: one mix of attacks"]
    for one, two in contrast.same:
        p = fisher_p(one.successes, one.n, two.successes, two.n)
        span = newcombe(one.successes, one.n, two.successes, two.n)
        # Counts without their order bear no e-value, so nothing is ever said to differ.
        verdict = "no difference shown" if p >= 0.05 else "apart, as if looked at once"
        if why:
            verdict = "would not differ even crudely" if p >= 0.05 else "apart, but only crudely"
        found.append(
            f"  {one.target}, on both sides: {one.successes}/{one.n} against"
            f" {two.successes}/{two.n}: {verdict} (Fisher p {p:.3f},"
            f" difference [{span.low * 100:+.1f}, {span.high * 100:+.1f}] points)"
        )
        found.append(f"  {_needed(one)}")
    return found


def _needed(cell: Cell) -> str:
    rate = cell.successes / cell.n
    sizes = [
        f"{math.ceil(size_for_power(rate, rate + step))} for {step * 100:.0f} points"
        for step in (-size if rate >= size else size for size in _SIZES)
    ]
    return (
        f"a comparison on one mix needs usable answers a side (power 80 %, from"
        f" {rate * 100:.1f} %): {', '.join(sizes)}"
    ).replace("for -", "for ")


def to_json(summary: Summary) -> dict[str, Any]:
    """The same as plain data; what is not known is null."""
    return {
        "format": 1,
        "summary": summary.name,
        "tier": summary.tier.value,
        "populations": [_as_json(p) for p in summary.populations],
        "contrasts": [
            {
                "first": c.first.name,
                "second": c.second.name,
                "withheld": c.withheld or None,
                "same": [
                    {
                        "weights": one.weights,
                        "first": [one.successes, one.n],
                        "second": [two.successes, two.n],
                        "fisher_p": fisher_p(one.successes, one.n, two.successes, two.n),
                    }
                    for one, two in c.same
                ],
            }
            for c in contrasts(summary)
        ],
    }


def _as_json(population: Population) -> dict[str, Any]:
    figure = group(population)
    return {
        "name": population.name,
        "platform": population.platform or None,
        "mix": population.mix,
        "published": list(population.published),
        "cells": [cell.model_dump() for cell in population.cells],
        "provider": None if figure is None else group_json(figure),
    }
