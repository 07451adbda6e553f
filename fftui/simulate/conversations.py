"""What was asked: the messages of a request, their hash, and the attack family they state."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from msgspec import Struct

from fftui.simulate.profile import DEFAULT

_BRACKET = re.compile(r"\[placeholder\b([^\]\n]{0,400})\]")
_BARE = re.compile(r"\bfamily:\s*([\w.-]{1,80})")


class Conversation(Struct, frozen=True):
    """The messages of one request, reduced to what the simulator needs."""

    sha: bytes
    """SHA-256 over role and text of each message; see `feed`."""
    earlier: bytes
    """The same hash without the last answer and what follows it; empty in a first turn."""
    question: str
    """Text of the last user message."""
    family: str
    """From a `family: NAME` marker such as `[placeholder 017 | family: persona]`."""
    benign: bool
    """The marker's brackets hold the word `benign`."""
    characters: int


def message_hash(messages: list[tuple[str, str]]) -> bytes:
    """The hash under which the ledger knows a conversation of (role, text) pairs."""
    digest = sha256()
    for role, text in messages:
        digest.update(feed(role, text))
    return digest.digest()


def feed(role: str, text: str) -> bytes:
    """One message as it enters the hash: role, 0x1f, text, 0x1e, in UTF-8."""
    return f"{role}\x1f{text}\x1e".encode("utf-8", "surrogatepass")


def read_conversation(messages: object) -> Conversation:
    """Read the `messages` of a chat request.

    Raises ValueError with one line when they are not a list of messages with a user's among them.
    """
    if not isinstance(messages, list) or not messages:
        raise ValueError("'messages' must be a list with at least one message")
    digest, earlier, users, characters = sha256(), b"", [], 0
    for message in messages:
        role, text = _message(message)
        if role == "assistant":
            earlier = digest.digest()
        elif role == "user":
            users.append(text)
        digest.update(feed(role, text))
        characters += len(text)
    if not users:
        raise ValueError("'messages' must hold a message with role 'user'")
    family, benign = _marks(users)
    return Conversation(digest.digest(), earlier, users[-1], family, benign, characters)


def _message(message: Any) -> tuple[str, str]:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise ValueError("each message must be an object with a role")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(
            part["text"]
            for part in content
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if not isinstance(content, str):
        raise ValueError("each message must have a content of text")
    return message["role"], content


def _marks(users: list[str]) -> tuple[str, bool]:
    # A later turn often carries no marker of its own; it belongs to the family of the earlier one.
    for text in reversed(users):
        family, benign = "", False
        bracket = _BRACKET.search(text)
        for field in bracket.group(1).split("|") if bracket else ():
            name, _, value = field.strip().partition(":")
            if name == "family":
                family = value.strip()
            elif name == "benign":
                benign = True
        if not family and (bare := _BARE.search(text)):
            family = bare.group(1)
        if family or benign:
            return family or DEFAULT, benign
    return DEFAULT, False
