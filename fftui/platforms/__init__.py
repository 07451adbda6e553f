"""HTTP to models and back: one module per wire dialect, one client for all of them.

A dialect is pure: it writes an `HttpRequest` and reads an `HttpReply` into one `Outcome`. Only
`client` touches the network, and only there does a key meet a request.
"""

import sys

# httpx loads its own command line where click and rich are installed, and the engine would start a
# tenth later for it. It knows how to do without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
