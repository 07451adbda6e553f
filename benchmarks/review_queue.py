"""What a reading costs on a run with many items: the next one on the screen, taking it, writing it.

    python -m benchmarks.review_queue [ITEMS]

The screen is the real one in a pseudo-terminal, from the key to the bytes of the next item. Taking
and writing lie on the way of no key: the next item is painted from memory. Prints milliseconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from fftui.domain.labels import Label, Tier
from fftui.domain.readings import Pool
from fftui.results.readings import next_pools
from fftui.store import sqlite
from fftui.store.claims import Claim, Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.review_figures import figures
from fftui.store.reviews import Read
from fftui.store.writer import append
from tests.store.support import close, made, verdict
from tests.tui.terminal import Terminal

_READINGS = 200


def main(items: int) -> None:
    """Fill a run, read some of it, tell the times."""
    with tempfile.TemporaryDirectory() as home:
        folder = made(Path(home), scenarios=1, targets=4, graders=1)
        path = database(folder)
        _fill(path, items)
        me = append(path, Enrol("reader", time.time()))
        taking, writing, looking = [], [], []
        with Reader(folder) as reader:
            for _ in range(_READINGS):
                began = time.perf_counter()
                order = next_pools(reader, Tier.STRICT, reader.targets())
                got = append(path, Claim(me, order, time.time()))
                taken = time.perf_counter()
                assert got is not None
                append(path, Read(me, "s", got.outcome, Label.REFUSAL, time.time(), got.token))
                written = time.perf_counter()
                figures(reader, me, time.time())
                taking.append(taken - began)
                writing.append(written - taken)
                looking.append(time.perf_counter() - written)
        for name, times in (("take", taking), ("write", writing), ("count", looking)):
            print(f"{name}: median {median(times) * 1000:.2f} ms, most {max(times) * 1000:.2f} ms")
        times = _screen(folder)
        print(f"screen: median {median(times) * 1000:.0f} ms, most {max(times) * 1000:.0f} ms")


def _screen(folder: Path) -> list[float]:
    """Seconds from a label's key to the next item, at a real terminal."""
    code = (
        "import sys; from fftui.cli import main;"
        f" sys.exit(main(['review', {str(folder)!r}, '--as', 'someone']))"
    )
    terminal = Terminal.open(code, 80, 24, XDG_CONFIG_HOME=str(folder / "config"))
    terminal.wait(lambda text: "ANSWER" in text)
    waits = []
    for number in range(1, _READINGS + 1):
        # An item takes no label in its first moments.
        terminal.read(0.25)
        began = time.perf_counter()
        terminal.press("2")
        while f"item {number + 1} " not in terminal.text:
            terminal.read(0.002)
        waits.append(time.perf_counter() - began)
    terminal.close()
    return waits


def _fill(path: Path, items: int) -> None:
    for target in range(1, 5):
        outcome = append(path, close(1, target=target, text=""))
        assert outcome is not None
        append(path, verdict(outcome, 1, Label.REFUSAL))
    db = sqlite.connect(path, write=True)
    db.execute("BEGIN IMMEDIATE")
    db.execute(
        "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ?)"
        " INSERT INTO outcome SELECT v + 10, 1 + v % 4, 1, v + 1, 0, 1, 'answered', 0, '', NULL, 0"
        " FROM n",
        (items,),
    )
    for pool, rest in ((Pool.GIVEN, 0), (Pool.DOUBT, 1), (Pool.REST, 2)):
        db.execute(
            "INSERT INTO item SELECT id, target, ?, 's:REFUSAL', 'REFUSAL', 1.0,"
            " (id * 7919 % 1000003) / 1000003.0, 1, 2, 2, 0, 1, '', '', 1, ''"
            " FROM outcome WHERE id > 10 AND id % 3 = ?",
            (pool.value, rest),
        )
    db.execute(
        "INSERT INTO rollup_pool"
        " SELECT target, pool, count(*), sum(drawn), sum(open) FROM item GROUP BY 1, 2"
    )
    db.execute("COMMIT")
    db.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
