"""The child program that serves a small real model on loopback.

Run as `python -m fftui.engine.local_server`. One JSON line on stdin says what to serve
(`gguf`, `key`, `threads`, `slots`, `context`); one on stdout, `{"url": …}`, says that it is ready;
everything else goes to stderr. It ends with stdin, on SIGTERM, or with its parent. The key comes
by stdin because argv and environment can be read by others.

It is a process of its own because a wrong instruction set or an abort in native code must not take
the engine along. On Linux it dies with the *thread* that started it: start it from the main one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

NOT_INSTALLED = "xllamacpp is not installed; run `fftui local install`"
_PR_SET_PDEATHSIG = 1


def main() -> NoReturn:
    """Serve until stdin ends. Exits 0 then, 2 where it cannot be started, 1 where loading fails."""
    parent = os.getppid()
    _die_with(parent)
    # Native code may print anywhere; stdout is for the one ready line.
    ready = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = _read_request()
    problem = cpu_problem()
    if problem:
        _refuse(problem)
    try:
        import xllamacpp
    except ImportError:
        _refuse(NOT_INSTALLED)
    try:
        server = _serve(xllamacpp, asked)
        print(json.dumps({"url": server.listening_address}), file=ready, flush=True)
    except Exception as error:
        _say(f"the local model did not start: {error}")
        # Threads of the native server may be alive; a normal exit would wait for them.
        os._exit(1)
    sys.stdin.read()
    os._exit(0)


def cpu_problem(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """One line where this processor would crash on the wheel's instructions, else nothing.

    The x86 Linux wheel is compiled for AVX2 without a choice at run time.
    """
    if sys.platform != "linux" or os.uname().machine not in ("x86_64", "amd64"):
        return ""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    flags = [line.partition(":")[2].split() for line in lines if line.startswith("flags")]
    if flags and "avx2" not in flags[0]:
        return "the local model needs a processor with AVX2, which this one has not"
    return ""


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # It may have died before the request was in force; stdin covers what happened earlier still.
    if os.getppid() != parent:
        os._exit(0)


def _read_request() -> dict[str, Any]:
    text = sys.stdin.readline()
    try:
        asked = json.loads(text)
        request: dict[str, Any] = {"gguf": str(asked["gguf"]), "key": str(asked["key"])}
        for name, default in (("threads", default_threads()), ("slots", 2), ("context", 4096)):
            request[name] = int(asked.get(name) or default)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Nothing of the line is repeated: it holds the key.
        _refuse('expected one JSON line on stdin: {"gguf": …, "key": …}')
    if not Path(request["gguf"]).is_file():
        _refuse("the model file is missing; run `fftui local install`")
    return request


def default_threads() -> int:
    """One core is left free: with a busy neighbour, full use costs two thirds of the speed."""
    return max(1, (os.cpu_count() or 2) - 1)


def _serve(xllamacpp: Any, asked: dict[str, Any]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = asked["gguf"]
    params.n_ctx = asked["context"]
    params.n_parallel = asked["slots"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [asked["key"]]
    params.endpoint_metrics = True
    params.ui = False
    params.offline = True
    params.cpuparams.n_threads = asked["threads"]
    params.cpuparams_batch.n_threads = asked["threads"]
    return xllamacpp.Server(params)


def _say(message: str) -> None:
    print(" ".join(message.split()), file=sys.stderr, flush=True)


def _refuse(message: str) -> NoReturn:
    _say(message)
    sys.exit(2)


if __name__ == "__main__":
    main()
