"""What a server tells of itself: which weights stand behind a model's name. Sends no prompt."""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct, field

from fftui.domain.outcomes import Identity
from fftui.platforms.body import (
    BodyError,
    as_json,
    clean,
    count,
    items,
    note,
    part,
    read_json,
    text_of,
)
from fftui.platforms.openai_requests import auth_of, flavour
from fftui.platforms.wire import HttpReply, HttpRequest, address

if TYPE_CHECKING:
    from fftui.domain.targets import Endpoint
    from fftui.platforms.client import Client

_MOST_NAMES = 8
_QUANTISATION = re.compile(
    r"(?<![A-Za-z0-9])((?:I?Q[1-8]|TQ[12])_[A-Z0-9_]+|(?:BF|F|FP)(?:16|32|8)|MXFP4|NVFP4)"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE | re.ASCII,
)
"""How the files of llama.cpp's models name their quantisation."""
_FILE_TYPE = re.compile(r"\.gguf$", re.IGNORECASE)


class Served(Struct, frozen=True):
    """What the server behind an endpoint told."""

    identity: Identity = field(default_factory=Identity)
    problem: str = ""
    """One line: it could not be read, or the model is not there."""
    notes: tuple[str, ...] = ()
    """What a person should know, one line each, such as several hosts that may answer."""


async def served(client: Client, endpoint: Endpoint, key: str | None, deadline_s: float) -> Served:
    """Ask the server behind `endpoint` what it serves, within `deadline_s` in all.

    Platforms that tell nothing give an empty identity without a problem. Raises nothing but
    `CancelledError`.
    """
    if not endpoint.base_url:
        return Served(problem="the endpoint has no base URL")
    probe = _Probe(client, endpoint, key, time.monotonic() + deadline_s)
    try:
        if endpoint.platform == "openrouter":
            return await _openrouter(probe, endpoint)
        if endpoint.dialect == "ollama" or endpoint.platform == "ollama":
            return await _ollama(probe, endpoint)
        if flavour(endpoint) or endpoint.platform == "anthropic":
            return Served()
        return await _open_server(probe, endpoint)
    except _ProbeError as error:
        return Served(problem=str(error))
    except ValueError:
        return Served(problem="bad address")


class _ProbeError(Exception):
    """The server could not be asked, or answered nonsense. `str()` is one line."""


class _Probe:
    """GETs to one server, under one deadline."""

    def __init__(self, client: Client, endpoint: Endpoint, key: str | None, ends_at: float) -> None:
        self._client = client
        self._key = key
        self._auth = auth_of(endpoint)
        self._ends_at = ends_at
        base = endpoint.base_url.rstrip("/")
        self._base = base
        self._root = base.removesuffix("/v1")

    async def root(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """The object at `path` beside the API's own root; see `_object`."""
        return await self._object(self._root, path, body)

    async def api(self, path: str) -> dict[str, Any] | None:
        """The object at `path` below the API's own root; see `_object`."""
        return await self._object(self._base, path, None)

    async def _object(
        self, base: str, path: str, body: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        """The object found there, `None` where the server does not know the path or tells nobody.

        Raises _ProbeError where no reply came, or one that is no object.
        """
        reply = await self._send(address(base, path), body)
        if isinstance(reply, str):
            raise _ProbeError(f"{path}: {reply}")
        if reply.status >= 500 and reply.status != 501:
            raise _ProbeError(f"{path}: http {reply.status}")
        if reply.status != 200:
            return None
        try:
            found = read_json(reply.body)
        except BodyError as error:
            raise _ProbeError(f"{path}: {error}") from None
        if not isinstance(found, dict):
            raise _ProbeError(f"{path}: no object")
        return found

    async def _send(self, url: str, body: dict[str, Any] | None) -> HttpReply | str:
        left = max(self._ends_at - time.monotonic(), 0.0)
        if body is None:
            return await self._client.get(url, self._key, self._auth, left)
        headers = {"content-type": "application/json", "accept": "application/json"}
        data = as_json(body)
        request = HttpRequest("POST", url, headers, data, self._auth)
        return await self._client.fetch(request, self._key, left)


async def _ollama(probe: _Probe, endpoint: Endpoint) -> Served:
    version, tags = await probe.root("/api/version"), await probe.root("/api/tags")
    if tags is None:
        return Served(problem="/api/tags: the server lists no models")
    wanted = {endpoint.model, f"{endpoint.model}:latest"}
    models = [part(m) for m in items(tags.get("models"))]
    names = [{note(m.get("name")), note(m.get("model"))} for m in models]
    here = next((m for m, n in zip(models, names, strict=True) if n & wanted), None)
    if here is None:
        return Served(problem=_missing(endpoint.model, [note(m.get("name")) for m in models]))
    details = part(here, "details")
    shown = await probe.root("/api/show", {"model": endpoint.model}) or {}
    return Served(
        Identity(
            upstream=note(here.get("remote_host")),
            digest=note(here.get("digest")),
            quantisation=note(details.get("quantization_level")),
            parameters=note(details.get("parameter_size")),
            template=_hash(shown.get("template")),
            server=_named("ollama", part(version).get("version")),
        )
    )


async def _open_server(probe: _Probe, endpoint: Endpoint) -> Served:
    """llama.cpp and vLLM are told by the paths they know."""
    props = await probe.root("/props")
    if props is not None and ("model_path" in props or "build_info" in props):
        return _llama_cpp(props, await probe.api("/models"))
    version = await probe.root("/version")
    if version is None or not note(version.get("version")):
        return Served()
    models = [part(m) for m in items((await probe.api("/models") or {}).get("data"))]
    here = next((m for m in models if note(m.get("id")) == endpoint.model), None)
    identity = Identity(server=_named("vllm", version.get("version")))
    if here is None:
        missing = _missing(endpoint.model, [note(m.get("id")) for m in models])
        return Served(identity, problem=missing if models else "")
    root = note(here.get("root"))
    return Served(identity, notes=(f"serves {root}",) if root not in ("", endpoint.model) else ())


def _llama_cpp(props: dict[str, Any], listed: dict[str, Any] | None) -> Served:
    path, alias = text_of(props.get("model_path")), text_of(props.get("model_alias"))
    file = note(re.split(r"[/\\]", path)[-1])
    named = _QUANTISATION.search(file)
    models = items((listed or {}).get("data"))
    meta = part(models[0], "meta") if models else {}
    return Served(
        Identity(
            # Without an alias the server names the model by its path.
            model=note(alias) if alias not in ("", path) else _FILE_TYPE.sub("", file),
            quantisation=(
                note(props.get("model_ftype"))
                or note(meta.get("ftype"))
                or (named[1].upper() if named else "")
            ),
            parameters=_size(meta.get("n_params")),
            template=_hash(props.get("chat_template")),
            server=_named("llama.cpp", props.get("build_info")),
        )
    )


async def _openrouter(probe: _Probe, endpoint: Endpoint) -> Served:
    slug = quote(endpoint.model, safe="/:.")
    found = await probe.api(f"/models/{slug}/endpoints")
    if found is None:
        return Served(problem=f"the platform tells no hosts of {note(endpoint.model)}")
    hosts = [part(h) for h in items(part(found, "data").get("endpoints"))]
    if not hosts:
        return Served(problem=f"no host offers {note(endpoint.model)}")
    able = [h for h in hosts if _pinned(h, endpoint.upstream)]
    if not able:
        return Served(
            problem=f"none of the pinned hosts offers {note(endpoint.model)};"
            f" offered by {_several([_host(h) for h in hosts])}"
        )
    labels = set(endpoint.quantisations)
    able = [h for h in able if not labels or note(h.get("quantization")) in labels]
    if not able:
        return Served(problem=f"no host offers {note(endpoint.model)} in the pinned quantisation")
    kinds = {note(h.get("quantization")) for h in able}
    one = kinds.pop() if len(kinds) == 1 else ""
    identity = Identity(
        upstream=note(able[0].get("provider_name")) if len(able) == 1 else "",
        quantisation="" if one == "unknown" else one,
    )
    several = f"{len(able)} hosts may answer: {_several([_host(h) for h in able])}"
    return Served(identity, notes=(several,) if len(able) > 1 else ())


def _pinned(host: dict[str, Any], upstream: tuple[str, ...]) -> bool:
    """The host is one of those pinned, by its tag, the head of its tag or its name."""
    tag = note(host.get("tag")).casefold()
    name = note(host.get("provider_name")).casefold()
    own = {tag, tag.partition("/")[0], name, name.replace(" ", "-")}
    return not upstream or any(pin.casefold() in own for pin in upstream)


def _host(host: dict[str, Any]) -> str:
    return f"{note(host.get('provider_name'))} ({note(host.get('quantization')) or 'unknown'})"


def _missing(model: str, names: list[str]) -> str:
    return f"the server has no model {note(model)}; it has {_several(names)}"


def _several(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    listed = ", ".join(names[:_MOST_NAMES]) or "none"
    return f"{listed} and {more} more" if more > 0 else listed


def _named(name: str, version: object) -> str:
    return f"{name} {note(version)}".strip()


def _hash(template: object) -> str:
    text = text_of(template)
    return hashlib.sha256(clean(text).encode()).hexdigest()[:12] if text else ""


def _size(parameters: object) -> str:
    """`4.0B`, as Ollama writes it."""
    number = count(parameters)
    if not number:
        return ""
    return f"{number / 1e9:.1f}B" if number >= 1e9 else f"{number / 1e6:.0f}M"
