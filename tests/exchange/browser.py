"""A page in headless Chromium, and what it complains of or asks for."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-port=0", "about:blank",
)  # fmt: skip


@dataclass
class Page:
    """One page, driven over Chromium's own protocol."""

    socket: aiohttp.ClientWebSocketResponse
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _number: int = 0

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its reply; what happens meanwhile is noted."""
        self._number += 1
        number = self._number
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while True:
            said = await self._next()
            if said.get("id") == number:
                assert "error" not in said, said
                return dict(said["result"])

    async def until(self, event: str) -> None:
        """Wait for an event."""
        while (await self._next()).get("method") != event:
            pass

    async def _next(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((await self.socket.receive(timeout=30)).data)
        method, params = said.get("method", ""), said.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(params)[:300])
        return said

    async def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        found = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def show(self, path: Path, width: int, scheme: str) -> None:
        """Open a file at a width, light or dark."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.ask("Emulation.setEmulatedMedia", features=media)
        await self.ask("Page.navigate", url=path.as_uri())
        await self.until("Page.loadEventFired")

    async def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        found = await self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))


@asynccontextmanager
async def opened(profile: Path) -> AsyncIterator[Page]:
    """A browser with one page; ended with the block."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, f"--user-data-dir={profile}", *_QUIET,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        async with asyncio.timeout(60):
            while not (found := re.search(rb"ws://([^/\s]+)", await process.stderr.readline())):
                pass
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{found[1].decode()}/json") as reply:
                targets = await reply.json()
            url = next(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")
            async with session.ws_connect(url, max_msg_size=0) as socket:
                page = Page(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await page.ask(f"{domain}.enable")
                yield page
    finally:
        process.terminate()
        await process.wait()
