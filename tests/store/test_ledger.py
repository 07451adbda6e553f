"""The ledger of accounts: however many processes send, an account is never overspent."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.store.ledger import Ledger
from fftui.store.windows import Bought, Heard, Standing, Window

HOUR = Window("requests/minute", "requests", 100, 3600.0, "plan")
DAY = Window("requests/day", "requests", 30, 86400.0, "plan")
CAP = Window("usd", "usd", 5.0, math.inf, "plan", scope="run-1")

_SPENDER = """
import sys
from pathlib import Path
from fftui.store.windows import Window
from fftui.store.ledger import Ledger
ledger, got = Ledger(Path(sys.argv[1])), 0
window = Window("requests/minute", "requests", 100, 3600.0, "plan")
print("ready", flush=True)
sys.stdin.readline()
while ledger.buy("a", [window], {"requests": 1.0}, {}, ({}, 0.0), (), 1000.0).granted:
    got += 1
print(got, flush=True)
sys.stdin.readline()
"""


def buy(
    ledger: Ledger,
    now: float,
    n: float = 1.0,
    *,
    windows: Sequence[Window] = (HOUR,),
    unit: str = "requests",
    account: str = "a",
    carried: Mapping[tuple[str, float], float] | None = None,
    returned: tuple[Mapping[str, float], float] = ({}, 0.0),
    heard: Sequence[Heard] = (),
) -> Bought:
    return ledger.buy(account, windows, {unit: n}, carried or {}, returned, heard, now)


def left(standings: Sequence[Standing], kind: str, now: float) -> float:
    (one,) = [s for s in standings if s.kind == kind]
    return one.left(now)


def test_who_comes_while_the_file_is_being_made_finds_it_whole(tmp_path: Path) -> None:
    def opened(number: int) -> None:
        Ledger(tmp_path / str(number // 8)).close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(opened, range(240)))
    assert [p.name for p in tmp_path.glob("*/.accounts*")] == []


def test_processes_together_spend_what_there_is_and_no_more(tmp_path: Path) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", _SPENDER, os.fspath(tmp_path)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    got = []
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        assert child.stdout is not None
        got.append(int(child.stdout.readline()))
    assert sum(got) == 100
    # Their death gives nothing back: nobody knows which of their calls had been sent.
    for child in children:
        child.kill()
        child.communicate(timeout=10)
    ledger = Ledger(tmp_path)
    assert not buy(ledger, 1000.0).granted
    assert buy(ledger, 1000.0, account="another").granted
    ledger.close()


def test_a_period_ends_at_its_epoch_boundary(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert buy(ledger, 3599.9, 100).granted
    assert not buy(ledger, 3599.99).granted
    assert buy(ledger, 3600.0, 100).granted
    assert not buy(ledger, 3600.0).granted
    assert DAY.resets_at(5.0) == 86400.0
    ledger.close()


def test_a_day_ends_by_the_platforms_clock(tmp_path: Path) -> None:
    ahead = Window("requests/day", "requests", 30, 86400.0, "plan", skew_s=120.0)
    ledger = Ledger(tmp_path)
    assert buy(ledger, 86400.0 - 121, 30, windows=(ahead,)).granted
    assert not buy(ledger, 86400.0 - 121, windows=(ahead,)).granted
    assert ahead.resets_at(86400.0 - 121) == 86400.0 - 120
    assert buy(ledger, 86400.0 - 119, 30, windows=(ahead,)).granted
    ledger.close()


def test_all_windows_are_charged_or_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    both = (HOUR, DAY)
    assert buy(ledger, 10.0, 20, windows=both).granted
    denied = buy(ledger, 10.0, 20, windows=both)
    assert not denied.granted
    assert left(denied.standings, "requests/day", 10.0) == 10
    assert left(denied.standings, "requests/minute", 10.0) == 80
    ledger.close()


def test_calls_that_are_out_at_the_turn_of_a_period_count_in_the_new_one_too(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    buy(ledger, 3599.0, 40)
    after = buy(ledger, 3600.0, 10, carried={("requests", 3600.0): 15.0})
    assert left(after.standings, "requests/minute", 3600.0) == 75
    ledger.close()


def test_what_was_bought_and_not_sent_returns_to_longer_windows(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    both = (HOUR, DAY)
    buy(ledger, 3599.0, 20, windows=both)
    after = buy(ledger, 3600.0, 5, windows=both, returned=({"requests": 12.0}, 3599.0))
    assert left(after.standings, "requests/day", 3600.0) == 30 - 20 + 12 - 5
    assert left(after.standings, "requests/minute", 3600.0) == 95
    ledger.close()


def test_a_spending_limit_belongs_to_its_run_and_never_resets(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert buy(ledger, 0.0, 4.5, windows=(CAP,), unit="usd").granted
    assert not buy(ledger, 9e9, 0.6, windows=(CAP,), unit="usd").granted
    other = Window("usd", "usd", 5.0, math.inf, "plan", scope="run-2")
    assert buy(ledger, 9e9, 4.9, windows=(other,), unit="usd").granted
    ledger.close()


def heard(used: float, resets_at: float, limit: float = 20.0) -> Heard:
    return Heard("requests/minute", "requests", limit, used, resets_at, 60.0, "header")


def test_what_a_platform_says_binds_every_process(tmp_path: Path) -> None:
    one, two = Ledger(tmp_path), Ledger(tmp_path)
    assert buy(one, 100.0, 1, windows=(), heard=[heard(17.0, 130.0)]).granted
    assert buy(two, 101.0, 2, windows=()).granted
    assert not buy(one, 102.0, 1, windows=()).granted
    # An older word about the same window does not give back what was taken since.
    assert not buy(one, 103.0, 1, windows=(), heard=[heard(15.0, 130.0)]).granted
    # The next window has the same limit until the platform says otherwise.
    after = buy(two, 131.0, 20, windows=())
    assert after.granted
    assert not buy(one, 132.0, 1, windows=()).granted
    assert left(after.standings, "requests/minute", 132.0) == 0
    one.close()
    two.close()


def test_the_newest_word_counts_where_a_bucket_refills(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    buy(ledger, 100.0, 1, windows=(), heard=[heard(19.0, 105.0)])
    assert not buy(ledger, 100.1, 1, windows=()).granted
    assert buy(ledger, 100.2, 5, windows=(), heard=[heard(2.0, 100.9)]).granted
    ledger.close()


def test_a_block_only_grows(tmp_path: Path) -> None:
    one, two = Ledger(tmp_path), Ledger(tmp_path)
    one.block("a", 100.0, "http 429")
    two.block("a", 50.0, "shorter")
    found = buy(two, 10.0)
    assert (found.blocked_until, found.reason) == (100.0, "http 429")
    assert buy(two, 100.0).blocked_until == 0.0
    one.close()
    two.close()


def test_one_key_is_one_account_whatever_it_is_called(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.owner(["sk-first-key"], "free") == "free"
    assert ledger.owner(["sk-first-key"], "openrouter") == "free"
    assert ledger.owner(["sk-other-key"], "paid") == "paid"
    # A second key of one owner joins the account, and is known by itself from then on.
    assert ledger.owner(["sk-third-key", "sk-other-key"], "mine") == "paid"
    assert ledger.owner(["sk-third-key"], "alone") == "paid"
    assert ledger.owner([], "local") == "local"
    ledger.close()
    for path in tmp_path.iterdir():
        body = path.read_bytes()
        assert b"sk-first-key" not in body
        assert b"sk-third-key" not in body


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.integers(1, 30)), max_size=40))
def test_no_epoch_window_ever_holds_more_than_its_limit(asked: list[tuple[float, int]]) -> None:
    import tempfile

    minute = Window("requests/minute", "requests", 25, 60.0, "plan")
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        spent: dict[int, int] = {}
        for now, n in sorted(asked):
            period = int(now // 60)
            granted = buy(ledger, now, n, windows=(minute,)).granted
            assert granted == (spent.get(period, 0) + n <= 25)
            if granted:
                spent[period] = spent.get(period, 0) + n
        ledger.close()
