"""Child servers that the engine owns: the simulator and the local model.

A child gets its settings, keys too, as one line of JSON on stdin and answers with its address on
stdout. It ends when its stdin does, so it cannot outlive the engine, however that one ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from fftui.credentials import childs_environ

_READY_S = 60.0
_STOP_S = 5.0
_LAST_LINES = 5


class ServerError(Exception):
    """A child that did not start. `str()` is one line with its last words."""


class ChildServer:
    """One child process that serves HTTP on loopback."""

    def __init__(
        self,
        name: str,
        module: str,
        config: dict[str, Any],
        log: Callable[[str], None],
        died: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self.name = name
        self.url = ""
        self._module = module
        self._config = config
        self._log = log
        self._died = died
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._words: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def alive(self) -> bool:
        """The child runs and has told its address."""
        return bool(self.url) and self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the child and wait for its address. Raises ServerError in one line."""
        self.url = ""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=childs_environ(),
        )
        self._process = process
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self._tasks = [asyncio.create_task(self._pump(process.stderr))]
        try:
            process.stdin.write(json.dumps(self._config).encode() + b"\n")
            await process.stdin.drain()
            async with asyncio.timeout(_READY_S):
                line = await process.stdout.readline()
            self.url = str(json.loads(line)["url"])
        except (TimeoutError, ValueError, KeyError, OSError):
            await self._kill(process)
            await asyncio.gather(*self._tasks, return_exceptions=True)
            words = self._words[-1] if self._words else f"exit code {process.returncode}"
            raise ServerError(f"{self.name}: did not start: {words}") from None
        self._tasks.append(asyncio.create_task(self._watch(process)))

    async def stop(self) -> None:
        """End the child: its stdin first, a signal if that is not enough."""
        process, self._process = self._process, None
        if process is None:
            return
        for task in self._tasks[1:]:
            task.cancel()
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            await self._kill(process)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _pump(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # one line longer than the buffer: not worth keeping
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            self._words.append(text)
            self._log(f"[{self.name}] {text}")

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        self.url = ""
        words = self._words[-1] if self._words else ""
        await self._died(self.name, f"ended with code {code}{': ' + words if words else ''}")
