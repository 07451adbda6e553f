"""What people read stands wherever the machine's rate does: status, monitor, compare, report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fftui.cli import main
from fftui.domain.labels import Label, Tier
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place
from fftui.results.feed import Feed
from fftui.store import sqlite
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.folder import database
from fftui.store.reviews import Read
from fftui.store.writer import append
from fftui.tui.draw.glyphs import UNICODE
from fftui.tui.monitor.about import page
from fftui.tui.monitor.scene import Scene
from tests.store.support import close, made, verdict

C, R = Label.COMPLIANCE, Label.REFUSAL
EACH = 30


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two targets whose judge is no better than a coin, as a person finds who reads all of it."""
    folder = made(tmp_path, scenarios=2 * EACH, targets=2, graders=1)
    db = sqlite.connect(database(folder), write=True)
    ctx = Context(db)
    ctx.begin()
    items = []
    for target in (1, 2):
        for i in range(1, 2 * EACH + 1):
            said = C if i <= EACH else R
            outcome = close(i, target=target).apply(ctx)
            assert outcome is not None
            pool = Pool.GIVEN if said is C else Pool.REST
            place = Place(pool, f"compliance:{said}", said.value, 1.0, i / (2 * EACH + 1))
            one = verdict(outcome, 1, said)
            type(one)(outcome, 1, one.result, 1e9, (), place, None, 1).apply(ctx)
            items.append((outcome, C if i % 2 else R))
    ctx.commit()
    db.close()
    who = append(database(folder), Enrol("ana", 1e9))
    for outcome, found in items:
        append(database(folder), Read(who, "s", outcome, found, 1e9))
    return folder


def test_the_corrected_rate_and_a_weak_grader_stand_beside_the_machines_rate(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    all_read = f"{2 * EACH} of {2 * EACH} read"
    assert main(["status", str(run)]) == 0
    status = capsys.readouterr().out
    assert "corrected by readers: 50.0 % [50.0, 50.0] in this run, " in status
    assert all_read in status
    assert "WEAK GRADER (kappa at most 0." in status
    feed = Feed.open(run)
    try:
        summary = feed.poll()
    finally:
        feed.close()
    assert summary is not None
    for target in summary.targets:
        assert target.basis.startswith("WEAK GRADER")
        scene = Scene(summary, Tier.STRICT, 1e9, UNICODE, target=target.id)
        text = " ".join(row.text.strip() for row in page(scene, target, 100))
        assert "corrected by readers: 50.0 %" in text
        assert "WEAK GRADER" in text
    assert main(["compare", str(run), "--by", "weights"]) == 0
    assert capsys.readouterr().out.count("corrected by readers: 50.0 %") == 2
    assert main(["compare", str(run), "--by", "weights", "--json"]) == 0
    shown = capsys.readouterr().out
    assert json.dumps({"k": 2 * EACH, "n": 2 * EACH})[:-1] in shown
    assert main(["report", str(run), "-o", "-", "--format", "md"]) == 0
    report = capsys.readouterr().out
    assert "corrected 50.0 %" in report
    assert "WEAK GRADER" in report
