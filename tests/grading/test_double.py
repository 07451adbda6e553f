"""The share of items that two people read."""

from __future__ import annotations

from fftui.grading.flags import audit_draw, double_draw

N = 20_000


def test_the_share_read_twice_is_drawn_apart_from_whether_it_is_read() -> None:
    draws = [(audit_draw(7, "t", f"s{i}", 0), double_draw(7, "t", f"s{i}", 0)) for i in range(N)]
    twice = [both for both in draws if both[1] < 0.2]
    # Six standard errors of a binomial share.
    assert abs(len(twice) / N - 0.2) < 0.017
    assert abs(sum(read < 0.5 for read, _ in twice) / len(twice) - 0.5) < 0.05
    assert double_draw(7, "t", "s0", 0) == double_draw(7, "t", "s0", 0)
    assert double_draw(8, "t", "s0", 0) != double_draw(7, "t", "s0", 0)
