"""Bare client loops that store and grade nothing: what fftui's calls are held against.

python -m benchmarks.loops httpx|aiohttp URL CALLS CONCURRENCY
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvloop

_BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "[placeholder]"}],
    "temperature": 0.0,
    "max_tokens": 512,
}


async def _loop(ask: Callable[[], Awaitable[str]], calls: int, concurrency: int) -> None:
    left = calls

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            assert await ask()

    await asyncio.gather(*(worker() for _ in range(concurrency)))


async def _httpx(url: str, calls: int, concurrency: int) -> None:
    import httpx

    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

        async def ask() -> str:
            reply = await client.post(f"{url}/chat/completions", json=_BODY)
            return str(reply.json()["choices"][0]["message"]["content"])

        await _loop(ask, calls, concurrency)


async def _aiohttp(url: str, calls: int, concurrency: int) -> None:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask() -> str:
            async with session.post(f"{url}/chat/completions", json=_BODY) as reply:
                found = await reply.json()
                return str(found["choices"][0]["message"]["content"])

        await _loop(ask, calls, concurrency)


if __name__ == "__main__":
    _, kind, url, calls, concurrency = sys.argv
    loop = {"httpx": _httpx, "aiohttp": _aiohttp}[kind]
    uvloop.run(loop(url, int(calls), int(concurrency)))
