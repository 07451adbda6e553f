"""One simulated platform at work: limits, then faults, then filters, then the model's answer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from fftui.domain.labels import Label
from fftui.simulate.answers import Answer, Speaker
from fftui.simulate.digests import digest
from fftui.simulate.draw import draws
from fftui.simulate.faults import SWIFT, play, strike
from fftui.simulate.judgements import Bench, Judgement
from fftui.simulate.limits import Headers, Limiter
from fftui.simulate.profile import Judge, Model
from fftui.simulate.served import mark, tag
from fftui.simulate.transport import is_gone, read_body, send_head, send_whole
from fftui.simulate.wire import BadRequestError, ChatRequest, Reply, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from fftui.simulate.ledger import Ledger, Tally
    from fftui.simulate.profile import Fault, Platform, Profile
    from fftui.simulate.transport import Receive, Scope, Send


class Host:
    """A platform of the profile, with its models, its judges and its limits."""

    def __init__(
        self, profile: Profile, platform: Platform, ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self.platform = platform
        everyone: tuple[Model | Judge, ...] = (*profile.models, *profile.judges)
        self.served = {
            one.name: one for one in everyone if not one.platforms or platform.name in one.platforms
        }
        self._seed = profile.seed
        self._ledger = ledger
        skew = platform.clock_skew_s or 0.0
        self.limiter = Limiter(platform.limits, profile.period_scale, lambda: clock() + skew)
        self._calls = 0
        self._speakers = {
            name: Speaker(profile, platform, one)
            for name, one in self.served.items()
            if isinstance(one, Model)
        }
        self._benches = {
            name: Bench(profile, platform, one)
            for name, one in self.served.items()
            if isinstance(one, Judge)
        }
        self._fingerprints = {name: mark(one) for name, one in self.served.items()}

    async def chat(self, wire: Wire, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one chat request in any dialect."""
        body = await read_body(receive)
        if body is None:
            return
        try:
            request = wire.parse(body)
        except BadRequestError as error:
            self._ledger.rejected["bad_request"] += 1
            await send_whole(send, 400, wire.error(400, str(error)))
            return
        if request.model not in self.served:
            self._ledger.rejected["unknown_model"] += 1
            message = wire.unknown_model(request.model)
            await send_whole(send, 404, wire.error(404, message))
            return
        hosts = self.platform.upstream
        if hosts and request.upstreams and not self._pinned(request):
            self._ledger.rejected["no_host"] += 1
            await send_whole(send, 404, wire.error(404, "No allowed providers are available."))
            return
        if request.shape and request.shape not in self.platform.shapes:
            self._ledger.rejected["shape"] += 1
            message = f"the form {request.shape!r} of a reply is not supported"
            await send_whole(send, 400, wire.error(400, message))
            return
        self._calls += 1
        tally = self._ledger.tally(self.platform.name, request.model)
        tally.calls += 1
        self._swap(request.model, tally.calls)
        said = self._said(request)
        admission = self.limiter.admit(said.tokens_in + said.tokens_out)
        if not admission.allowed:
            tally.rate_limited += 1
            metadata = {"headers": admission.metadata} if admission.metadata else None
            error_body = wire.error(429, admission.message, metadata)
            await send_whole(send, 429, error_body, headers=admission.headers)
            return
        fault = strike(self.platform, self._seed, request.model, self._calls, tally.calls)
        if fault is not None and fault.kind != "empty":
            await self._fail(fault, wire, request, said, tally, scope, receive, send)
            return
        if isinstance(said, Answer) and said.input_filtered:
            tally.input_filter += 1
            await self._block(wire, request, admission.headers, send)
            return
        if fault is not None:
            said = Answer(Label.REFUSAL, "", tokens_in=said.tokens_in, latency_s=said.latency_s)
        await self._reply(wire, request, said, tally, admission.headers, scope, send)

    def _said(self, request: ChatRequest) -> Answer | Judgement:
        if request.model in self._speakers:
            speaker = self._speakers[request.model]
            return speaker.answer(
                request.conversation, request.seed, request.max_tokens, thinking=request.thinking
            )
        return self._benches[request.model].judge(
            request.conversation, request.seed, raw=request.raw
        )

    def _swap(self, name: str, call: int) -> None:
        model = self.served[name]
        if isinstance(model, Model) and call == model.swap_from_call:
            swapped = model.model_copy(update={"digest": digest(model)[::-1]})
            self.served[name] = swapped
            self._fingerprints[name] = mark(swapped)

    async def _reply(
        self,
        wire: Wire,
        request: ChatRequest,
        said: Answer | Judgement,
        tally: Tally,
        headers: Headers,
        scope: Scope,
        send: Send,
    ) -> None:
        if said.latency_s > 0:
            await asyncio.sleep(said.latency_s)
        if is_gone(scope):
            tally.abandoned += 1
            return
        reply = self._write(request, said)
        headers = [*headers, (b"x-request-id", reply.id.encode())]
        if request.stream:
            await send_head(send, 200, None, wire.stream_type, headers)
            for piece in wire.stream(reply, request):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if is_gone(scope):
                tally.abandoned += 1
                return
            await send({"type": "http.response.body", "body": b""})
        else:
            await send_whole(send, 200, wire.success(reply), headers=headers)
        # The loop does not turn between the last byte's write and this line, so whoever has read
        # the reply finds it in the ledger.
        self._close(request, said, tally)

    def _close(self, request: ChatRequest, said: Answer | Judgement, tally: Tally) -> None:
        place = (self.platform.name, request.model)
        if isinstance(said, Answer) and said.output_filtered:
            tally.output_filter += 1
        elif not said.text:
            tally.empty += 1
        elif isinstance(said, Answer):
            tally.answered += 1
            self._ledger.answered(*place, request.conversation, request.seed, said)
        else:
            tally.answered += 1
            self._ledger.judged(*place, request.conversation, request.seed, said)

    async def _fail(
        self,
        fault: Fault,
        wire: Wire,
        request: ChatRequest,
        said: Answer | Judgement,
        tally: Tally,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if fault.kind not in SWIFT and said.latency_s > 0:
            await asyncio.sleep(said.latency_s)
        if fault.kind != "slow_drip":
            tally.faults[fault.kind] += 1
        good = wire.success(self._write(request, said))
        sent = await play(fault, wire, good, scope, receive, send)
        if fault.kind == "slow_drip":
            if sent:
                self._close(request, said, tally)
            else:
                tally.faults[fault.kind] += 1

    async def _block(self, wire: Wire, request: ChatRequest, headers: Headers, send: Send) -> None:
        host = self._upstream(request) or self.platform.name
        question = request.conversation.question
        shown = question if len(question) <= 100 else f"{question[:48]}...{question[-48:]}"
        metadata: dict[str, Any] = {
            "reasons": ["placeholder"],
            "flagged_input": shown,
            "provider_name": host,
            "model_slug": request.model,
        }
        message = (
            f"{request.model} requires moderation on {host}. "
            'Your input was flagged for "placeholder".'
        )
        body = wire.error(403, message, metadata)
        await send_whole(send, 403, body, headers=headers)

    def _write(self, request: ChatRequest, said: Answer | Judgement) -> Reply:
        answer = said if isinstance(said, Answer) else None
        finish = "stop"
        if answer is not None and answer.output_filtered:
            finish = "content_filter"
        elif said.cut:
            finish = "length"
        upstream = self._upstream(request)
        prefix = "gen" if upstream else "chatcmpl"
        return Reply(
            id=f"{prefix}-sim-{self._calls}-{request.conversation.sha[:6].hex()}",
            model=request.model,
            created=int(time.time()),
            text=said.text,
            reasoning=answer.reasoning if answer else "",
            finish=finish,
            tokens_in=said.tokens_in,
            tokens_out=said.tokens_out,
            seconds=said.latency_s,
            upstream=upstream,
            fingerprint=self._fingerprints[request.model],
            certainty=said.certainty if isinstance(said, Judgement) else 0.0,
        )

    def _upstream(self, request: ChatRequest) -> str:
        hosts = self._pinned(request) or self.platform.upstream
        if request.upstreams or len(hosts) < 2:
            return hosts[0] if hosts else ""
        place = (self._seed, self.platform.name, request.model)
        chance = draws(b"fftui.route", *place, request.conversation.sha, request.seed)[0]
        return hosts[int(chance * len(hosts))]

    def _pinned(self, request: ChatRequest) -> tuple[str, ...]:
        """The hosts that the request allows, in its own order."""
        named = {name: host for host in self.platform.upstream for name in (host, tag(host))}
        return tuple(named[pin] for pin in request.upstreams if pin in named)
