"""The report as a reader's browser shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fftui.cli import main
from tests.exchange.browser import CHROMIUM, opened
from tests.exchange.evidence_run import evidence_run

pytestmark = [
    pytest.mark.long,
    pytest.mark.interop,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
_LONG_NAME = "a-name-without-any-space-" * 6
_CLASH = """
[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > document.documentElement.clientWidth + 1
    && !e.closest('.table, svg, thead') && getComputedStyle(e).display !== 'none';
}).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))
"""


async def test_it_opens_without_a_complaint_a_request_or_a_sideways_scroll(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "home", names=("8b @ here", _LONG_NAME), read=40)
    report = tmp_path / "r.html"
    assert main(["report", str(run), "-o", str(report)]) == 0
    async with opened(tmp_path / "profile") as page:
        for width in (1280, 400):
            for scheme in ("light", "dark"):
                page.requests.clear()
                await page.show(report, width, scheme)
                where = f"{width} {scheme}"
                assert page.complaints == [], where
                assert [u for u in page.requests if not u.startswith("data:")] == [report.as_uri()]
                assert await page.value("document.documentElement.scrollWidth") <= width, where
                assert await page.value(_CLASH) == [], where
                dark = await page.value("getComputedStyle(document.body).backgroundColor")
                assert dark == ("rgb(20, 23, 27)" if scheme == "dark" else "rgb(255, 255, 255)")
                shown = "document.querySelector('figure .{} svg').getBoundingClientRect().width"
                side, other = ("wide", "narrow") if width > 760 else ("narrow", "wide")
                assert await page.value(shown.format(side)) > 300, where
                assert await page.value(shown.format(other)) == 0, where
                # Text of a figure must be of a size that can be read.
                small = await page.value(
                    "Math.min(...[...document.querySelectorAll('figure text')]"
                    ".map(t => t.getBoundingClientRect().height).filter(h => h))"
                )
                assert small > 9, where
                await page.picture(tmp_path / f"{width}-{scheme}.png")


async def test_a_page_that_is_wrong_would_be_noticed(tmp_path: Path) -> None:
    page_file = tmp_path / "bad.html"
    page_file.write_text(
        "<link rel=icon href=data:,><img src=http://127.0.0.1:9/x.png>"
        "<div style='width:2000px'>x</div><script>console.error('no')</script>"
    )
    async with opened(tmp_path / "profile") as page:
        await page.show(page_file, 400, "light")
        await page.value("1")
        assert page.complaints
        assert any("127.0.0.1" in url for url in page.requests)
        assert await page.value("document.documentElement.scrollWidth") > 400
