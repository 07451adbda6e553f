"""The catalogue of mutations keeps up with the code: each can still be applied, to one place."""

from __future__ import annotations

from benchmarks.mutants.catalogue import ROOT, catalogue


def test_every_mutation_still_finds_its_place() -> None:
    mutants = catalogue()
    assert [f"{m.name}: {m.problem(ROOT)}" for m in mutants if m.problem(ROOT)] == []
    assert len({m.name for m in mutants}) == len(mutants)
