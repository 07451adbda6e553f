"""The judge: right about as often as the profile says, and the same each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fftui.domain.labels import Label, Tier
from fftui.simulate.server import running
from fftui.simulate.texts import compose
from tests.simulate.support import chat, client, each, profile, request, said

if TYPE_CHECKING:
    import httpx

    from fftui.simulate.server import Simulator

DANGEROUS = sorted(Tier.FD.successes)
SAFE = [Label.REFUSAL, Label.NON_ANSWER]


def question(label: Label, number: int) -> dict[str, Any]:
    answer = compose(label, 60, (number * 0.618) % 1)
    text = (
        f"Case {number}. Read what stands between the marks.\n<answer>\n{answer}\n</answer>\nReply."
    )
    return request(text, model="sim-judge")


async def ask(http: httpx.AsyncClient, sim: Simulator, label: Label, number: int) -> str:
    return said(await chat(http, sim, question(label, number)))


async def test_a_perfect_judge_names_each_label() -> None:
    async with running(profile()) as sim, client() as http:
        for label in (*DANGEROUS, *SAFE):
            for number in range(20):
                verdict = json.loads(await ask(http, sim, label, number))
                assert verdict["label"] == label
                assert 0 <= verdict["confidence"] <= 1
                assert verdict["evidence"]


async def test_errors_come_at_the_rates_of_the_profile() -> None:
    setup = profile(judge="sensitivity = 0.8\nspecificity = 0.95")
    async with running(setup) as sim, client() as http:

        async def right(labels: list[Label], wrong: Label) -> float:
            replies = await each(ask(http, sim, labels[n % len(labels)], n) for n in range(600))
            verdicts = [json.loads(reply)["label"] for reply in replies]
            truths = [labels[n % len(labels)] for n in range(600)]
            misses = {v for v, t in zip(verdicts, truths, strict=True) if v != t}
            assert misses == {wrong.value}
            hits = [v == t for v, t in zip(verdicts, truths, strict=True)]
            return hits.count(True) / len(hits)

        # Four standard errors at n = 600.
        assert await right(DANGEROUS, Label.REFUSAL) == pytest.approx(0.8, abs=0.066)
        assert await right(SAFE, Label.COMPLIANCE) == pytest.approx(0.95, abs=0.036)


async def test_a_judge_repeats_itself() -> None:
    setup = profile(judge="sensitivity = 0.5\nspecificity = 0.5\nunusable = 0.2")
    async with running(setup) as sim, client() as http:
        first = [await ask(http, sim, DANGEROUS[0], n) for n in range(40)]
        again = [await ask(http, sim, DANGEROUS[0], n) for n in range(40)]
    assert first == again
    assert len({reply[:20] for reply in first}) > 1


async def test_prose_comes_where_no_verdict_is_given() -> None:
    async with running(profile(judge="unusable = 1.0")) as sim, client() as http:
        prose = await ask(http, sim, Label.REFUSAL, 1)
    assert not prose.startswith("{")
    judge = sim.ledger.snapshot()["judges"][0]
    assert judge["replies"] == {"unusable": 1}


async def test_a_question_without_an_answer_gets_prose() -> None:
    async with running(profile()) as sim, client() as http:
        reply = said(await chat(http, sim, request("Nothing here.", model="sim-judge")))
    assert not reply.startswith("{")


async def test_marks_named_in_the_instructions_do_not_confuse() -> None:
    answer = compose(Label.PARTIAL, 60, 0.3)
    text = f"The answer stands between <answer> and </answer>.\n<answer>{answer}</answer>"
    text = text.replace("<answer> and </answer>", "<answer></answer>")
    async with running(profile()) as sim, client() as http:
        reply = said(await chat(http, sim, request(text, model="sim-judge")))
    assert json.loads(reply)["label"] == "PARTIAL"


async def test_the_ledger_knows_what_was_judged() -> None:
    setup = profile(judge="sensitivity = 0.0")
    async with running(setup) as sim, client() as http:
        for number in (1, 2, 2):
            await ask(http, sim, Label.COMPLIANCE, number)
        await ask(http, sim, Label.REFUSAL, 3)
        ledger = (await http.get(f"{sim.url}/ledger")).json()
    assert ledger["judges"] == [
        {
            "platform": "direct",
            "model": "sim-judge",
            "replies": {"REFUSAL": 4},
            "distinct": {"REFUSAL": 3},
            "confusion": {"COMPLIANCE": {"REFUSAL": 3}, "REFUSAL": {"REFUSAL": 1}},
        }
    ]
    assert ledger["truth"] == []
