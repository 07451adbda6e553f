"""Which class an error belongs to: three tables, read in order.

1. Specific words (`error.code`, `error.type`, `metadata.error_type`, …), on any status: platforms
   hide quotas in 429s, filters in 400s and everything in 200s.
2. The status, or for a 200 with an error inside the code that the error states.
3. General words, for an error inside a 200 that states no code.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fftui.domain.outcomes import MANY, Outcome, OutcomeClass
from fftui.platforms.body import items, note, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INPUT = OutcomeClass.INPUT_FILTER
OUTPUT = OutcomeClass.OUTPUT_FILTER
RATE = OutcomeClass.RATE_LIMITED
QUOTA = OutcomeClass.QUOTA
INFRA = OutcomeClass.INFRA
CONFIG = OutcomeClass.CONFIG
EMPTY = OutcomeClass.EMPTY


class Ruling(Struct, frozen=True):
    """A class, the evidence for it, and how often the same call may be sent again."""

    kind: OutcomeClass
    signal: str
    retries: int = 0


class Scope(StrEnum):
    """How far a failure reaches."""

    ITEM = "item"
    """This attempt; others of the target may do well."""
    TARGET = "target"
    """Every call to this model, upstream or address."""
    ACCOUNT = "account"
    """Every call with this key."""


class Fault(Struct, frozen=True):
    """An error as the reply states it, reduced to what the tables look at."""

    status: int
    code: int | None
    """The status inside the body, where it differs from the reply's own."""
    words: tuple[str, ...]
    """Error codes and types in lower case, the most specific first."""
    message: str
    metadata: Mapping[str, Any]
    reasons: tuple[str, ...] = ()
    """Categories for which a filter says it acted."""

    @property
    def effective(self) -> int | None:
        """The status that counts, or `None` for an error in a 200 that states none."""
        return self.status if self.status >= 300 else self.code

    @property
    def place(self) -> str:
        """The start of the signal. `scope` reads it back from stored outcomes."""
        inside = f" error {self.code}" if self.code is not None and self.status < 300 else ""
        return f"http {self.status}{inside}"


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_Table = tuple[tuple[OutcomeClass, int, frozenset[str]], ...]
_MOST_DETAILS = 16
_SPECIFIC: _Table = (
    (
        INPUT,
        0,
        _words(
            "content_policy_violation content_filter content_filtered cyber_policy refusal "
            "responsibleaipolicyviolation moderation moderation_blocked safety_violation "
            "prohibited_content input_moderation data_inspection_failed"
        ),
    ),
    (
        QUOTA,
        0,
        _words(
            "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded "
            "project_spend_limit_exceeded organization_usage_limit_exceeded payment_required "
            "enforced_spend_limit_reached billing_hard_limit_reached billing_not_active "
            "billing_error insufficient_credits insufficient_balance quota_exceeded"
        ),
    ),
    (
        RATE,
        MANY,
        _words(
            "rate_limit_exceeded rate_limit_error slow_down too_many_requests "
            "resource_exhausted throttling_error"
        ),
    ),
    (
        CONFIG,
        0,
        _words(
            "context_length_exceeded exceed_context_size_error max_tokens_exceeded "
            "token_limit_exceeded string_too_long string_above_max_length payload_too_large "
            "request_too_large authentication authentication_error invalid_api_key api_key_invalid "
            "model_not_found wrong_endpoint no_endpoints model_deprecated region_restricted "
            "privacy_restricted constraint_filtered free_variant_ended "
            "unsupported_parameter unsupported_value"
        ),
    ),
    (
        INFRA,
        MANY,
        _words(
            "overloaded overloaded_error provider_overloaded provider_unavailable "
            "engine_overloaded capacity_exhausted temporarily_unavailable unavailable_error "
            "model_unavailable_upstream network_error insufficient_system_resource"
        ),
    ),
)
_GENERAL: _Table = (
    (
        CONFIG,
        0,
        _words(
            "invalid_request_error invalid_request invalid_prompt unprocessable not_found "
            "not_found_error permission_denied permission_error forbidden precondition_failed "
            "badrequesterror notfounderror bad_request"
        ),
    ),
    (
        INFRA,
        MANY,
        _words(
            "server server_error internal_error internal_server_error api_error timeout "
            "timeout_error unmapped"
        ),
    ),
)
_STATUS: dict[int, tuple[OutcomeClass, int]] = {
    402: (QUOTA, 0),
    408: (INFRA, MANY),
    409: (INFRA, MANY),
    425: (INFRA, MANY),
    429: (RATE, MANY),
    501: (CONFIG, 0),
}
_FLAGGED = re.compile(
    r"\bflagged\b|content (?:management )?policy|usage polic|moderation|safety system", re.ASCII
)
_SPENT = re.compile(
    r"insufficient (?:credit|balance|quota|fund)|exceeded your current quota|out of credit"
    r"|credit balance|spend(?:ing)? limit|negative balance|reached your .{0,20}usage limit",
    re.ASCII,
)
_WITHHELD = re.compile(r"\boutput blocked\b|\bresponse was blocked\b", re.ASCII)
_LIMITED = re.compile(r"\brate[- ]?limit|too many requests", re.ASCII)
_ACCOUNT_CODES = frozenset({401, 403, 407})
_TARGET_CODES = frozenset({404, 405, 410, 501})
_TARGET_WORDS = _words(
    "model_not_found wrong_endpoint no_endpoints model_deprecated region_restricted "
    "privacy_restricted constraint_filtered free_variant_ended not_found not_found_error"
)
_ACCOUNT_WORDS = _words("authentication authentication_error invalid_api_key api_key_invalid")
_PLACE = re.compile(r"http (\d{3})(?: error (\d{3}))?(?: ([^\s:]+))?")


def fault(status: int, error: object) -> Fault:
    """Reduce an error of any shape (object, string, nothing) to what the tables look at."""
    body = error if isinstance(error, dict) else {}
    metadata = part(body, "metadata")
    raw_code = body.get("code")
    text_code = note(raw_code)
    code = int(text_code) if re.fullmatch(r"[1-5][0-9]{2}", text_code) else None
    words = (
        metadata.get("error_type"),
        part(body, "availability").get("code"),
        part(body, "innererror").get("code"),
        part(body, "details").get("error_code"),
        *(part(detail).get("reason") for detail in items(body.get("details"))[:_MOST_DETAILS]),
        None if code is not None else raw_code,
        body.get("type"),
        body.get("status"),
    )
    return Fault(
        status=status,
        code=code,
        words=tuple(w.casefold().replace(" ", "_") for w in map(note, words) if w),
        message=note(error if isinstance(error, str) else body.get("message")),
        metadata=metadata,
        reasons=_reasons(body, metadata),
    )


def filtered(results: object) -> tuple[str, ...]:
    """Categories that Azure's filter results say were acted on.

    `detected` alone stands on normal answers as well; only `filtered` took something away.
    """
    found = part(results)
    return tuple(note(name) for name in found if part(found, name).get("filtered") is True)


def _reasons(body: dict[str, Any], metadata: dict[str, Any]) -> tuple[str, ...]:
    stated = [*items(metadata.get("reasons")), *items(metadata.get("patterns"))][:_MOST_DETAILS]
    acted = filtered(part(body, "innererror").get("content_filter_result"))
    return tuple(name for name in (*map(note, stated), *acted) if name)


def rule(given: Fault) -> Ruling:
    """The class of an error."""
    message = given.message.casefold()
    word = _first(given.words, _SPECIFIC)
    if _WITHHELD.search(message) and given.effective in (None, 400, 403):
        return Ruling(OUTPUT, _signal(given, "output blocked", *given.reasons))
    if _is_filter(given, message):
        return Ruling(INPUT, _signal(given, "moderation", *given.reasons))
    if word and word[1] is not RATE:
        reasons = given.reasons if word[1] is INPUT else ()
        return Ruling(word[1], _signal(given, word[0], *reasons), word[2])
    # Gemini calls a full window a quota, too; its word for it tells them apart.
    window = word is not None and word[0] == "resource_exhausted"
    if not window and _SPENT.search(message) and given.effective in (None, 400, 402, 403, 429):
        return Ruling(QUOTA, _signal(given, "credit spent"))
    if word or given.effective == 429 or (given.effective == 403 and _LIMITED.search(message)):
        # Whoever said no, a 429 consumes no attempt; the signal tells upstreams from platforms.
        upstream = note(given.metadata.get("provider_name"))
        routed = upstream or given.metadata.get("provider_code") or given.metadata.get("raw")
        origin = f"upstream {upstream}".strip() if routed else "platform"
        return Ruling(RATE, _signal(given, origin), MANY)
    code = given.effective
    if code is not None and code >= 300:
        kind, retries = _STATUS.get(code, (INFRA, MANY) if code >= 500 else (CONFIG, 0))
        return Ruling(kind, _signal(given, *given.words[:1]), retries)
    general = _first(given.words, _GENERAL)
    if general:
        return Ruling(general[1], _signal(given, general[0]), general[2])
    return Ruling(INFRA, _signal(given, *given.words[:1], "error in body"), MANY)


def transient(given: Fault) -> bool:
    """The error is plainly a failure of machinery: overload, time-out, a lost connection."""
    if _first(given.words, _SPECIFIC[-1:]) or _first(given.words, _GENERAL[-1:]):
        return True
    # 502 is left out: it is what OpenRouter states when a provider withdraws an answer.
    return given.effective in (408, 429, 500, 503, 504, 529)


def scope(outcome: Outcome) -> Scope:
    """How far a failed outcome reaches, read from its class and signal, stored ones included."""
    match = _PLACE.match(outcome.signal)
    code = int(match[2] or match[1]) if match else 0
    word = match[3] if match and match[3] else ""
    if outcome.kind is QUOTA:
        return Scope.ACCOUNT
    if outcome.kind is RATE:
        return Scope.TARGET if word == "upstream" else Scope.ACCOUNT
    if outcome.kind is not CONFIG:
        return Scope.ITEM
    if word in _ACCOUNT_WORDS or code in _ACCOUNT_CODES or outcome.signal.startswith("key "):
        return Scope.ACCOUNT
    if word in _TARGET_WORDS or code in _TARGET_CODES or code // 100 == 3 or not match:
        return Scope.TARGET
    return Scope.ITEM


def _is_filter(given: Fault, message: str) -> bool:
    meta = given.metadata
    if meta.get("reasons") or meta.get("flagged_input") or meta.get("patterns"):
        return True
    return given.effective in (400, 403) and bool(_FLAGGED.search(message))


def _first(words: Iterable[str], table: _Table) -> tuple[str, OutcomeClass, int] | None:
    for word in words:
        for kind, retries, names in table:
            if word in names:
                return word, kind, retries
    return None


def _signal(given: Fault, *evidence: str) -> str:
    said = f": {given.message}" if given.message else ""
    return " ".join((given.place, *(e for e in evidence if e))) + said
