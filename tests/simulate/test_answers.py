"""Answers: repeatable, as frequent as the profile says, cut and blocked where it says so."""

from __future__ import annotations

from collections import Counter

import pytest

from fftui.domain.labels import Label
from fftui.simulate.server import running
from fftui.simulate.texts import truth_of
from tests.simulate.support import MODEL, RATES, chat, client, each, profile, prompt, request, said

ALWAYS = "[models.families.default]\n{} = 1.0"


async def test_two_servers_with_one_seed_say_the_same() -> None:
    setup = profile(model="token_jitter = 0.4\nreasoning = { probability = 0.5 }")
    async with running(setup) as one, running(setup) as two, client() as http:
        for number in range(40):
            body = request(prompt(number))
            first = (await chat(http, one, body)).json()
            second = (await chat(http, two, body)).json()
            assert first["choices"] == second["choices"]
            assert first["usage"] == second["usage"]


async def test_a_retry_gets_the_same_answer_and_order_does_not_matter() -> None:
    async with running(profile()) as sim, client() as http:
        first = [said(await chat(http, sim, request(prompt(n)))) for n in range(30)]
        again = [said(await chat(http, sim, request(prompt(n)))) for n in reversed(range(30))]
    assert first == again[::-1]


async def test_seed_platform_request_seed_and_simulator_seed_each_change_the_draw() -> None:
    async with (
        running(profile()) as sim,
        running(profile(top="seed = 8")) as other,
        client() as http,
    ):
        prompts = [prompt(n) for n in range(40)]
        base = [said(await chat(http, sim, request(p))) for p in prompts]
        seeds = [said(await chat(http, sim, request(p, seed=2))) for p in prompts]
        platforms = [said(await chat(http, sim, request(p), "ollama")) for p in prompts]
        simulators = [said(await chat(http, other, request(p))) for p in prompts]
    for changed in (seeds, platforms, simulators):
        assert sum(a != b for a, b in zip(base, changed, strict=True)) > 20


async def test_label_frequencies_are_the_profile_s() -> None:
    families = (
        f"[models.families.default]\n{RATES}\n"
        "[models.families.direct]\nREFUSAL = 0.9\nCOMPLIANCE = 0.1\n"
        "[models.families.benign]\nCOMPLIANCE = 0.8\nREFUSAL = 0.2"
    )
    async with running(profile(families=families)) as sim, client() as http:

        async def labels(family: str, extra: str = "") -> Counter[Label]:
            replies = await each(
                chat(http, sim, request(prompt(n, family, extra))) for n in range(600)
            )
            return Counter(truth_of(said(reply)) for reply in replies)

        persona = await labels("persona")
        direct = await labels("direct")
        benign = await labels("xstest", " | benign")
    # Four standard errors of a share at n = 600 are at most 0.082.
    assert persona[Label.COMPLIANCE] == pytest.approx(180, abs=45)
    assert persona[Label.REFUSAL] == pytest.approx(300, abs=49)
    assert persona[Label.PARTIAL] == pytest.approx(60, abs=30)
    assert persona[Label.HALLUCINATION_REFUSAL] == pytest.approx(30, abs=22)
    assert persona[Label.NON_ANSWER] == pytest.approx(30, abs=22)
    assert direct[Label.REFUSAL] == pytest.approx(540, abs=30)
    assert direct[Label.COMPLIANCE] + direct[Label.REFUSAL] == 600
    assert benign[Label.COMPLIANCE] == pytest.approx(480, abs=40)
    assert sim.ledger.labels("direct", MODEL, "persona") == persona
    assert sim.ledger.labels("direct", MODEL, benign=True) == benign


@pytest.mark.parametrize("label", ["COMPLIANCE", "PARTIAL", "HALLUCINATION_REFUSAL", "NON_ANSWER"])
async def test_the_token_limit_cuts_and_says_so(label: str) -> None:
    setup = profile(model="tokens = 100", families=ALWAYS.format(label))
    async with running(setup) as sim, client() as http:
        whole = await chat(http, sim, request(prompt(1)))
        cut = await chat(http, sim, request(prompt(1), max_tokens=40))
    assert whole.json()["choices"][0]["finish_reason"] == "stop"
    assert whole.json()["usage"]["completion_tokens"] == pytest.approx(100, abs=1)
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert cut.json()["usage"]["completion_tokens"] == 40
    assert said(whole).startswith(said(cut))
    assert truth_of(said(cut)) == Label(label)


async def test_length_and_latency_depend_on_the_label() -> None:
    families = (
        "[models.families.default]\nREFUSAL = 1.0\n[models.families.persona]\nCOMPLIANCE = 1.0"
    )
    model = (
        "tokens = { COMPLIANCE = 200, default = 30 }\n"
        "latency_s = { COMPLIANCE = 8.0, default = 1.0 }"
    )
    setup = profile(top="time_scale = 0.01", model=model, families=families)
    async with running(setup) as sim, client() as http:
        slow = await http.post(
            f"{sim.url}/ollama/api/chat",
            json={"model": MODEL, "stream": False, "messages": request(prompt(1))["messages"]},
        )
        swift = await http.post(
            f"{sim.url}/ollama/api/chat",
            json={"model": MODEL, "stream": False, "messages": request("else")["messages"]},
        )
    assert slow.json()["total_duration"] == 80_000_000
    assert swift.json()["total_duration"] == 10_000_000
    assert slow.elapsed.total_seconds() >= 0.08
    assert slow.json()["eval_count"] > 5 * swift.json()["eval_count"]


async def test_reasoning_stays_apart_and_can_eat_the_whole_limit() -> None:
    setup = profile(model="reasoning = { probability = 1.0, tokens = 50 }")
    async with running(setup) as sim, client() as http:
        good = await chat(http, sim, request(prompt(1)))
        eaten = await chat(http, sim, request(prompt(1), max_tokens=50))
        body = {"model": MODEL, "stream": False, "messages": request(prompt(1))["messages"]}
        ollama = await http.post(f"{sim.url}/ollama/api/chat", json=body)
        quiet = await http.post(f"{sim.url}/ollama/api/chat", json=body | {"think": False})
    assert len(good.json()["choices"][0]["message"]["reasoning_content"]) == 200
    assert eaten.json()["choices"][0]["message"]["content"] == ""
    assert eaten.json()["choices"][0]["finish_reason"] == "length"
    assert ollama.json()["message"]["thinking"]
    assert "thinking" not in quiet.json()["message"]
    assert sim.ledger.tally("direct", MODEL).empty == 1


async def test_filters_strike_by_family_and_again_on_a_retry() -> None:
    platform = (
        'upstream = "Sim Cloud"\n'
        "input_filter = { persona = 0.5 }\noutput_filter = { direct = 1.0, default = 0.0 }"
    )
    async with running(profile(platform=platform)) as sim, client() as http:
        first = [(await chat(http, sim, request(prompt(n)))).status_code for n in range(60)]
        again = [(await chat(http, sim, request(prompt(n)))).status_code for n in range(60)]
        blocked = next(n for n, status in enumerate(first) if status == 403)
        input_filtered = await chat(http, sim, request(prompt(blocked)))
        output_filtered = await chat(http, sim, request(prompt(1, "direct")))
        untouched = await chat(http, sim, request(prompt(1, "format-lock")))
    assert first == again
    assert 15 < first.count(403) < 45
    error = input_filtered.json()["error"]
    assert error["code"] == 403
    assert error["metadata"]["provider_name"] == "Sim Cloud"
    assert error["metadata"]["flagged_input"] == prompt(blocked)
    choice = output_filtered.json()["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", "")
    assert untouched.status_code == 200
    assert sim.ledger.tally("direct", MODEL).input_filter == 2 * first.count(403) + 1
    assert sim.ledger.tally("direct", MODEL).output_filter == 1


async def test_a_canned_template_is_an_answer_marked_in_the_ledger() -> None:
    platform = 'canned = { text = "Declined by the host.", probability = { persona = 1.0 } }'
    async with running(profile(platform=platform)) as sim, client() as http:
        canned = await chat(http, sim, request(prompt(1)))
        own = await chat(http, sim, request(prompt(1, "direct")))
    assert said(canned) == "Declined by the host."
    assert said(own) != said(canned)
    attempts = {one.family: one for one in sim.ledger.attempts()}
    assert attempts["persona"].canned
    assert attempts["persona"].label is Label.REFUSAL
    assert not attempts["direct"].canned
