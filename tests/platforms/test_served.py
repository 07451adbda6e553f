"""What servers tell of themselves, read from simulated ones over HTTP."""

from __future__ import annotations

import json

import pytest

from fftui.domain.outcomes import BudgetReading
from fftui.domain.targets import Endpoint
from fftui.platforms.client import Client
from fftui.platforms.openrouter import key_status
from fftui.platforms.served import Served, served
from fftui.platforms.wire import HttpReply
from fftui.simulate.loading import parse_profile
from fftui.simulate.server import running
from tests.platforms.raw import reply, says, server
from tests.simulate.support import chat, request
from tests.simulate.support import client as plain

PROFILE = """
[[platforms]]
name = "{kind}"
{platform}
[[models]]
name = "maker/model-4b"
quantisation = "Q5_K_M"
parameter_size = "4.0B"
{model}
[models.families.default]
REFUSAL = 1.0
"""


async def told(
    kind: str,
    platform: str = "",
    *,
    name: str = "maker/model-4b",
    upstream: tuple[str, ...] = (),
    quantisations: tuple[str, ...] = (),
) -> Served:
    setup = parse_profile(PROFILE.format(kind=kind, platform=platform, model=""))
    speaks = "ollama" if kind == "ollama" else "openai"
    owner = "openrouter" if kind == "router" else "openai-compatible"
    async with running(setup) as sim, Client() as client:
        endpoint = Endpoint(owner, speaks, sim.base_url(kind), name, "a", upstream, quantisations)
        return await served(client, endpoint, None, 5.0)


async def test_ollama_tells_everything() -> None:
    found = await told("ollama", 'dialect = "ollama"')
    assert found.problem == ""
    identity = found.identity
    assert len(identity.digest) == 64
    assert (identity.quantisation, identity.parameters) == ("Q5_K_M", "4.0B")
    assert identity.server.startswith("ollama 0.")
    assert len(identity.template) == 12


async def test_llama_cpp_tells_its_file_and_its_template() -> None:
    found = await told("direct", 'server = "llama.cpp"')
    identity = found.identity
    assert (identity.model, identity.quantisation) == ("maker/model-4b", "Q5_K_M")
    assert identity.server.startswith("llama.cpp ")
    assert len(identity.template) == 12


async def test_vllm_tells_its_version_and_the_weights_behind_the_name() -> None:
    found = await told("direct", 'server = "vllm"')
    assert found.identity.server.startswith("vllm ")
    assert found.notes == ("serves simulated/maker/model-4b",)
    absent = await told("direct", 'server = "vllm"', name="x")
    assert "no model x; it has maker/model-4b" in absent.problem


async def test_a_server_that_tells_nothing_is_no_problem() -> None:
    assert await told("direct") == Served()


async def test_a_model_that_is_not_there_is_told_with_those_that_are() -> None:
    found = await told("ollama", 'dialect = "ollama"', name="absent")
    assert found.problem == "the server has no model absent; it has maker/model-4b:latest"


HOSTS = 'upstream = ["Sim Cloud", "Sim Metal"]'


async def test_a_router_tells_which_hosts_may_answer() -> None:
    free = await told("router", HOSTS)
    assert free.notes == ("2 hosts may answer: Sim Cloud (Q5_K_M), Sim Metal (Q5_K_M)",)
    assert free.identity.upstream == ""
    pinned = await told("router", HOSTS, upstream=("sim-metal",), quantisations=("Q5_K_M",))
    assert (pinned.identity.upstream, pinned.notes) == ("Sim Metal", ())
    absent = await told("router", HOSTS, upstream=("nobody",))
    assert "none of the pinned hosts offers maker/model-4b; offered by Sim Cloud" in absent.problem
    other = await told("router", HOSTS, quantisations=("fp8",))
    assert "in the pinned quantisation" in other.problem


async def test_a_pin_that_no_host_meets_is_refused_by_the_router() -> None:
    setup = parse_profile(PROFILE.format(kind="router", platform=HOSTS, model=""))
    async with running(setup) as sim, plain() as http:
        body = request("x", provider={"only": ["nobody"], "allow_fallbacks": False})
        refused = await chat(http, sim, body | {"model": "maker/model-4b"}, "router")
    assert refused.status_code == 404
    assert sim.ledger.snapshot()["rejected"] == {"no_host": 1}


async def test_weights_swapped_behind_a_name_are_seen() -> None:
    text = PROFILE.format(kind="ollama", platform='dialect = "ollama"', model="swap_from_call = 2")
    async with running(parse_profile(text)) as sim, Client() as client, plain() as http:
        endpoint = Endpoint("ollama", "ollama", sim.base_url("ollama"), "maker/model-4b", "a")
        before = await served(client, endpoint, None, 5.0)
        for _ in range(2):
            again = await served(client, endpoint, None, 5.0)
            await chat(http, sim, request("x") | {"model": "maker/model-4b"}, "ollama")
        after = await served(client, endpoint, None, 5.0)
    assert before.identity == again.identity
    assert before.identity.digest != after.identity.digest


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (reply(b"<html>"), "/props: html in place of json"),
        (reply(b"[]"), "/props: no object"),
        (reply(b"", status="503 Busy"), "/props: http 503"),
        (b"SSH-2.0\r\n", "/props: not http"),
    ],
)
async def test_nonsense_is_one_line(said: bytes, problem: str) -> None:
    async with server(says(said)) as url, Client() as client:
        endpoint = Endpoint("openai-compatible", "openai", f"{url}/v1", "m", "a")
        assert (await served(client, endpoint, None, 5.0)).problem == problem


NOON = 1_790_000_000.0 - 1_790_000_000.0 % 86_400 + 43_200


def status(data: object, **headers: str) -> tuple[BudgetReading, ...]:
    return key_status(HttpReply(200, headers, json.dumps({"data": data}).encode(), NOON))


def test_the_key_endpoint_states_the_free_day_and_the_credit() -> None:
    free = {"limit": 50, "remaining": 12, "used": 38}
    assert status({"free_model_daily_requests": free, "limit": None, "limit_remaining": None}) == (
        BudgetReading("requests/day", 50, 12, NOON + 43_200, "api"),
    )
    assert status({"limit": 5.0, "limit_remaining": -0.1, "limit_reset": "monthly"}) == (
        BudgetReading("usd", 5.0, 0.0, None, "api"),
    )
    # The day ends by the platform's clock, which is an hour ahead here.
    ahead = status({"free_model_daily_requests": free}, date="Mon, 21 Sep 2026 13:00:00 GMT")
    assert ahead[0].resets_at == NOON + 39_600


@pytest.mark.parametrize("data", [None, [], "x", {"free_model_daily_requests": {"limit": "x"}}])
def test_a_key_endpoint_that_says_nothing_changes_nothing(data: object) -> None:
    assert status(data) == ()
    assert key_status(HttpReply(401, {}, b"{}", NOON)) == ()
    assert key_status(HttpReply(200, {}, b"<html>", NOON)) == ()


async def test_the_simulated_key_endpoint_is_read_alike() -> None:
    limits = HOSTS + '\n[platforms.limits]\nkind = "silent"\nrequests_per_day = 3'
    setup = parse_profile(PROFILE.format(kind="router", platform=limits, model=""))
    async with running(setup) as sim, Client() as client, plain() as http:
        await chat(http, sim, request("x") | {"model": "maker/model-4b"}, "router")
        came = await client.get(f"{sim.base_url('router')}/key", None, "bearer", 5.0)
    assert isinstance(came, HttpReply)
    (day,) = key_status(came)
    assert (day.kind, day.limit, day.remaining) == ("requests/day", 3, 2)
