"""What `inspect view` shows of a run that fftui exported, in a real browser."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.exchange.browser import CHROMIUM, opened
from tests.exchange.evidence_run import evidence_run

INSPECT = Path(__file__).resolve().parents[2] / ".venv-inspect" / "bin"


@pytest.mark.skipif(not (INSPECT / "inspect").exists(), reason="`make interop` installs Inspect AI")
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_inspects_viewer_shows_who_read_an_answer_and_why(tmp_path: Path) -> None:
    run = evidence_run(tmp_path / "made", scenarios=8, read=4)
    logs = tmp_path / "logs"
    argv = ("-m", "fftui", "export", run, "--format", "inspect", "-o", logs, "--with-text")
    subprocess.run([INSPECT / "python", *argv], check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as free:  # port 0 is none to this server
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [INSPECT / "inspect", "view", "start", "--log-dir", logs, "--port", f"{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    ) as server:
        assert server.stdout is not None
        try:
            while "Running on" not in (said := server.stdout.readline()):
                assert said, "the viewer did not start"
            found = re.search(r"http://\S+", said)
            assert found is not None
            page = f"{found[0]}/#/logs/8b-here.eval/samples/sample/s0/1/transcript"
            shown = asyncio.run(text_of(page, tmp_path, "final label: single"))
        finally:
            server.terminate()
    assert "EDIT SCORE" in shown.upper()
    for words in ("bo", "read: COMPLIANCE (blind)", "fftui", "final label: single"):
        assert words in shown


async def text_of(url: str, folder: Path, awaited: str) -> str:
    """What the page says, once it says what is waited for."""
    async with opened(folder / "profile") as page:
        await page.ask("Page.navigate", url=url)
        async with asyncio.timeout(60):
            while awaited not in (shown := str(await page.value("document.body.innerText"))):
                await asyncio.sleep(0.2)
        return shown
