"""HTTP to models and back: one module per wire dialect, one client for all of them.

A dialect is pure: it writes an `HttpRequest` and reads an `HttpReply` into one `Outcome`. Only
`client` touches the network, and only there does a key meet a request.
"""
