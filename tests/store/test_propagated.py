"""What was read of a cluster goes to answers in the same words, and into no rate."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place, Verdict
from fftui.store.export import items
from fftui.store.folder import database
from fftui.store.propagated import propagated
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict, mark_of
from fftui.store.review_figures import pools
from fftui.store.writer import append
from tests.store.support import close, made
from tests.store.test_reviews import C, R, enrolled, read, sound

CANNED = "I can't help with that. [placeholder]"


def with_clusters(home: Path) -> Path:
    """Answers 1 to 6 in the same words, of which 1 and 2 are to be read; 7 and 8 in others."""
    folder = made(home, scenarios=8, targets=1, graders=1)
    path = database(folder)
    for i in range(1, 9):
        text = CANNED if i <= 6 else f"{CANNED} {'x' * i}"
        outcome = append(path, replace(close(i, text=text), mark=mark_of(text)))
        assert outcome is not None
        draw = 0.0 if i in (1, 2, 7) else 0.9
        place = Place(Pool.ALIKE, "alike:REFUSAL", "REFUSAL", 0.5, draw)
        append(path, AddVerdict(outcome, 1, Verdict(R), 1e9, (), place))
    return folder


def told(folder: Path) -> dict[int, Label]:
    with Reader(folder) as reader:
        return dict(propagated(reader))


def test_a_cluster_counts_as_the_items_read(tmp_path: Path) -> None:
    folder = with_clusters(tmp_path)
    (ana,) = enrolled(folder, "ana")
    assert told(folder) == {}
    read(folder, ana, 1, R)
    read(folder, ana, 7, C)
    # Answer 2 will be read itself, 8 has words of its own.
    assert told(folder) == dict.fromkeys((3, 4, 5, 6), R)
    with Reader(folder) as reader:
        (pool,) = pools(reader, 1)
        assert sum(pool.finals.values()) == 2
        assert reader.db.execute("SELECT count(*) FROM item WHERE final <> ''").fetchone() == (2,)
        exported = {one.attempt: (one.final, one.source) for one in items(reader)}
    assert exported[1] == ("REFUSAL", "single")
    assert exported[2] == (None, None)
    assert exported[3] == ("REFUSAL", "propagated")
    assert sound(folder)


def test_readings_of_a_cluster_that_differ_go_nowhere(tmp_path: Path) -> None:
    folder = with_clusters(tmp_path)
    (ana,) = enrolled(folder, "ana")
    read(folder, ana, 1, R)
    read(folder, ana, 2, C)
    assert told(folder) == {}


def test_what_was_not_read_blind_goes_nowhere(tmp_path: Path) -> None:
    folder = with_clusters(tmp_path)
    (ana,) = enrolled(folder, "ana")
    read(folder, ana, 1, R, blind=False)
    assert told(folder) == {}
