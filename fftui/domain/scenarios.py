"""One item of a corpus."""

from __future__ import annotations

from msgspec import Struct


class Scenario(Struct, frozen=True):
    """A prompt of one or more turns. Its text is the user's own and is never shipped."""

    key: str
    """The item's id in its file, unique within a run."""
    turns: tuple[str, ...]
    """What the user says, turn by turn; at least one."""
    family: str = ""
    """Attack family; empty where the file names none."""
    benign: bool = False
    """Asks for nothing harmful: counts towards over-refusal, never towards ASR."""


class Message(Struct, frozen=True):
    """One message of a conversation as it is sent."""

    role: str
    """`system`, `user` or `assistant`."""
    text: str
