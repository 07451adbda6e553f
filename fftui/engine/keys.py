"""Asks a platform's key endpoint now and then what an account has left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from fftui.engine.ask import Line
from fftui.platforms.client import Client
from fftui.platforms.openrouter import key_status

_EVERY_S = 300.0
_DEADLINE_S = 10.0


async def poll_keys(client: Client, lines: Mapping[int, Line]) -> None:
    """For as long as the engine lives; ends at once where no account has such an endpoint.

    OpenRouter states the free models' day nowhere else, except in the refusal that ends it.
    """
    known = [line for line in lines.values() if line.endpoint.platform == "openrouter"]
    accounts = {line.gate.purse.account: line for line in known if line.keys}
    while accounts:
        for line in accounts.values():
            url = f"{line.endpoint.base_url}/key"
            for key in line.keys:
                reply = await client.get(url, key.reveal(), "bearer", _DEADLINE_S)
                if not isinstance(reply, str):
                    line.gate.purse.learn(key_status(reply), time.time())
        await asyncio.sleep(_EVERY_S)
