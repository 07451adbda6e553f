"""The client and the dialects of a run against servers that nobody of this project wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fftui.domain.outcomes import MANY, Outcome, OutcomeClass
from fftui.domain.scenarios import Message
from fftui.domain.states import TargetState
from fftui.domain.targets import Endpoint, Sampling
from fftui.engine.local_model import MODEL
from fftui.grading.forms import DIRECT
from fftui.platforms.client import Call, Client
from fftui.platforms.dialect import dialect, shapes
from fftui.platforms.rulings import Scope, scope
from fftui.platforms.served import served
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    look,
    make,
    one,
    query,
    sound,
    until,
    words,
)
from tests.interop.conftest import Place

SHORT = Sampling(temperature=0.0, max_tokens=12)
LONG = Sampling(temperature=0.0, max_tokens=200)
GREETING = (Message("user", "Answer with the single word: ready."),)
TALK = (
    Message("system", "You are brief."),
    Message("user", "Name a colour."),
    Message("assistant", "Blue."),
    Message("user", "Name another one."),
)
BOTH = pytest.mark.parametrize("speaks", ["openai", "anthropic"])
STREAM = pytest.mark.parametrize("stream", [False, True])


async def call(
    endpoint: Endpoint,
    key: str,
    messages: tuple[Message, ...] = GREETING,
    sampling: Sampling = SHORT,
) -> Call:
    """One call of a run."""
    wire = dialect(endpoint.dialect)
    async with Client() as client:
        request = wire.request(endpoint, messages, sampling, 7, "")
        return await client.call(wire, request, key, 60.0)


async def asked(
    endpoint: Endpoint,
    key: str,
    messages: tuple[Message, ...] = GREETING,
    sampling: Sampling = SHORT,
) -> Outcome:
    return (await call(endpoint, key, messages, sampling)).outcome


# llama.cpp


@BOTH
@STREAM
async def test_an_answer_with_who_gave_it_and_what_it_took(
    llama: Place, speaks: str, stream: bool
) -> None:
    endpoint = llama.endpoint(speaks=speaks, stream=stream)
    came = await call(endpoint, llama.key, TALK, LONG)
    found = came.outcome
    assert found.kind is OutcomeClass.ANSWERED, found.signal
    assert found.text.strip()
    assert found.identity.model
    assert found.usage.tokens_in
    assert found.usage.tokens_in > 20
    assert found.usage.tokens_out
    assert not found.cut
    assert found.finish in ("stop", "end_turn")
    assert came.ttfb_ms is not None
    assert came.ttfb_ms <= came.duration_ms


@BOTH
async def test_a_stream_is_the_same_answer_as_one_piece(llama: Place, speaks: str) -> None:
    whole = await asked(llama.endpoint(speaks=speaks), llama.key)
    streamed = await asked(llama.endpoint(speaks=speaks, stream=True), llama.key)
    assert (whole.text, whole.finish) == (streamed.text, streamed.finish)
    assert whole.usage.tokens_out == streamed.usage.tokens_out


@BOTH
@STREAM
async def test_the_token_limit_marks_the_answer_as_cut(
    llama: Place, speaks: str, stream: bool
) -> None:
    story = (Message("user", "Tell a long story about a lighthouse."),)
    found = await asked(llama.endpoint(speaks=speaks, stream=stream), llama.key, story)
    assert (found.kind, found.cut) == (OutcomeClass.ANSWERED, True)
    assert found.usage.tokens_out == SHORT.max_tokens


async def test_a_completion_of_one_token_tells_how_probable_it_was(llama: Place) -> None:
    endpoint = llama.endpoint(speaks="completions")
    prompt = (Message("user", "The sun rises in the"),)
    found = await asked(endpoint, llama.key, prompt, Sampling(temperature=0.0, max_tokens=1))
    assert (found.kind, found.usage.tokens_out) == (OutcomeClass.ANSWERED, 1), found.signal
    assert found.certainty is not None
    assert 0 < found.certainty <= 1


@pytest.mark.parametrize("way", [0, 1, 2])
async def test_a_reply_has_the_form_that_was_asked_for(llama: Place, way: int) -> None:
    schema = DIRECT.schema or {}
    shape = shapes("openai", schema)[way]
    wire, endpoint = dialect("openai"), llama.endpoint()
    messages = (Message("system", "Reply with one JSON object."), *GREETING)
    async with Client() as client:
        request = wire.request(endpoint, messages, LONG, 7, "", shape)
        found = (await client.call(wire, request, llama.key, 60.0)).outcome
    assert found.kind is OutcomeClass.ANSWERED, found.signal
    if way == 0 and not found.cut:
        assert list(json.loads(found.text)) == schema["required"]


@BOTH
async def test_a_wrong_key_is_the_accounts_matter(llama: Place, speaks: str) -> None:
    found = await asked(llama.endpoint(speaks=speaks), "sk-placeholder-wrong")
    assert (found.kind, found.status, found.retries) == (OutcomeClass.CONFIG, 401, 0)
    assert scope(found) is Scope.ACCOUNT


@BOTH
async def test_a_prompt_over_the_context_is_that_attempts_matter(llama: Place, speaks: str) -> None:
    endless = (Message("user", "placeholder " * 6000),)
    found = await asked(llama.endpoint(speaks=speaks), llama.key, endless)
    assert (found.kind, found.retries) == (OutcomeClass.CONFIG, 0)
    assert "exceed_context_size_error" in found.signal
    assert scope(found) is Scope.ITEM


@BOTH
async def test_the_server_tells_which_weights_it_serves(llama: Place, speaks: str) -> None:
    async with Client() as client:
        told = await served(client, llama.endpoint(speaks=speaks), llama.key, 10.0)
    assert told.problem == ""
    assert (told.identity.quantisation, told.identity.parameters) == ("Q4_1", "135M")
    assert told.identity.server.startswith("llama.cpp")
    assert len(told.identity.template) == 12


# LiteLLM before it


@STREAM
async def test_a_proxy_hands_answers_on_and_says_which_deployment_gave_them(
    proxy: Place, stream: bool
) -> None:
    found = await asked(proxy.endpoint("small", stream=stream), proxy.key, TALK, LONG)
    assert found.kind is OutcomeClass.ANSWERED, found.signal
    assert found.text.strip()
    assert len(found.identity.upstream) == 64
    assert found.usage.tokens_out
    assert found.request_id


async def test_the_same_words_come_with_and_without_the_proxy(llama: Place, proxy: Place) -> None:
    behind = await asked(proxy.endpoint("small"), proxy.key)
    direct = await asked(llama.endpoint(), llama.key)
    assert (behind.text, behind.cut) == (direct.text, direct.cut)


@BOTH
async def test_a_limit_without_a_wish_to_wait_invents_none(proxy: Place, speaks: str) -> None:
    found = await asked(proxy.endpoint("limited", speaks), proxy.key)
    assert (found.kind, found.status) == (OutcomeClass.RATE_LIMITED, 429)
    assert found.retry_after is None
    assert found.budget == ()


@BOTH
async def test_an_error_in_plain_text_is_infrastructure(proxy: Place, speaks: str) -> None:
    found = await asked(proxy.endpoint("broken", speaks), proxy.key)
    assert (found.kind, found.retries) == (OutcomeClass.INFRA, MANY)


async def test_a_model_that_the_proxy_has_not_is_configuration(proxy: Place) -> None:
    found = await asked(proxy.endpoint("absent"), proxy.key)
    assert (found.kind, found.retries) == (OutcomeClass.CONFIG, 0)


# A whole run


def target(place: Place, model: str, speaks: str = "openai") -> str:
    return (
        f'[[targets]]\nname = "{model} @ {speaks}"\nplatform = "openai-compatible"\n'
        f'base_url = "{place.url}/v1"\nmodel = "{model}"\ndialect = "{speaks}"\naccount = "a"\n'
    )


def account(env: str) -> str:
    return f'[[accounts]]\nname = "a"\nkey_env = "{env}"\nconcurrency = 2\nshared = false\n'


SAMPLING = "[sampling]\nmax_tokens = 24\n"


def test_a_run_on_llama_cpp_in_both_dialects(
    llama: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEROP_KEY", llama.key)
    corpus(tmp_path, 6)
    both = target(llama, MODEL) + target(llama, MODEL, "anthropic")
    folder = make(tmp_path, both, HEURISTIC, SAMPLING, account("INTEROP_KEY"))
    with engine(folder) as running:
        assert running.wait(120) == 0, words(folder)
    sound(folder)
    run = look(folder)
    assert [(t.usable, t.failed, t.ungraded) for t in run.targets] == [(6, 0, 0)] * 2
    assert run.calls.tokens > 0
    told = query(folder, "SELECT DISTINCT quantisation, parameters FROM identity WHERE target > 0")
    assert told == [("Q4_1", "135M")]
    assert llama.key.encode() not in (folder / "run.db").read_bytes()


def test_behind_a_proxy_only_answers_become_data(
    proxy: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEROP_KEY", proxy.key)
    corpus(tmp_path, 6)
    both = target(proxy, "small") + target(proxy, "broken")
    folder = make(tmp_path, both, HEURISTIC, SAMPLING, account("INTEROP_KEY"))
    with engine(folder) as running:
        until(lambda: look(folder).targets[1].state is TargetState.PAUSED, "it is paused", 60)
        until(lambda: look(folder).targets[0].state.over, "the other one is done", 60)
        run = look(folder)
        running.process.terminate()
        assert running.wait(30) == 0, words(folder)
    sound(folder)
    small, broken = run.targets
    assert (small.usable, small.failed) == (6, 0)
    assert "http 500" in broken.reason
    assert one(folder, "SELECT count(*) FROM outcome WHERE target = 2") == 0
    assert one(folder, "SELECT count(*) FROM verdict") == 6
