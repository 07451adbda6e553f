"""The simulated platforms: a real HTTP server on loopback with scripted models, limits and faults.

Everything it says is harmless by construction, and it keeps its own truth in a ledger, so that a
run against it can be checked to the last attempt. `server.serve` and `server.running` start it in
this process, `python -m fftui.simulate` as a child.
"""
