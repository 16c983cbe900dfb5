"""What a secret looks like: one table, used by scrubbing and by whoever looks for secrets in a file.

Each kind has a pattern for text and what is put in a secret's place. No replacement looks like a secret, so
that a scrubbed text stays as it is when it is scrubbed again. Replacements depend on the kind alone: a
request of today is compared with a recorded one after both have been scrubbed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple


@dataclass(frozen=True)
class SecretKind:
    """One kind of secret.

    Args:
        name: as reports name it.
        pattern: finds it in text. Its group `secret`, if it has one, is what is replaced; else all of it.
        replacement: stands in its place.
        hints: texts in lower case; where none of them stands the pattern cannot match, which spares the search.
    """

    name: str
    pattern: re.Pattern[str]
    replacement: str
    hints: tuple[str, ...] = ("",)


class Span(NamedTuple):
    """Where in a text a secret stands."""

    begin: int
    end: int
    kind: SecretKind


def _kind(name: str, pattern: str, *hints: str, replacement: str | None = None) -> SecretKind:
    return SecretKind(name, re.compile(pattern), replacement or f"scrubbed-{name.replace('_', '-')}", hints or ("",))


# Names, or ends of names (`openai_api_key`), under which a text is secret whatever it looks like.
SECRET_NAMES = (
    "access[_-]?key",
    "access[_-]?token",
    "api[_-]?key",
    "auth[_-]?token",
    "authorization",
    "bearer[_-]?token",
    "cookie",
    "id[_-]?token",
    "passphrase",
    "passw(?:or)?d",
    "private[_-]?key",
    "refresh[_-]?token",
    "secret",
    "secret[_-]?key",
    "session[_-]?token",
    "signing[_-]?key",
    "subscription[_-]?key",
)
# In a query and in a form, where prose does not stand, these too.
SECRET_QUERY_NAMES = (*SECRET_NAMES, "auth", "code", "key", "pwd", "sig", "sign", "signature", "token")
_NAMES = f"[A-Za-z0-9_-]{{0,40}}(?:{'|'.join(SECRET_NAMES)})"
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
_QUERY_NAMES = f"[A-Za-z0-9_-]{{0,40}}(?:{'|'.join(SECRET_QUERY_NAMES)})"
_SECRET_QUERY_NAME = re.compile(_QUERY_NAMES, re.IGNORECASE)
# Values under such names that are no secrets: types in a schema, what was scrubbed, a reference to a variable.
_NO_SECRET = r"(?:string|null|none|true|false|scrubbed-[a-z-]+|\$\{?[A-Z_]+\}?)"  # noqa: S105  # a pattern
_NO_SECRET_VALUE = re.compile(_NO_SECRET)

# What recorders put in a secret's place: `<OPENAI_KEY>`, `org-redacted`, `Bearer DUMMY`, `sk-********`.
_PLACEHOLDER = re.compile(
    r"(?:\w+[ _-])?(?:<[^<>]*>|\*+|x{4,})"
    r"|.*(?:dummy|fake|filtered|masked|placeholder|redacted|removed|sanitized|scrubbed).*",
    re.IGNORECASE,
)

# `a@b.io`; and the length up to which texts are worth remembering.
_SHORTEST, _OFTEN_REPEATED = 6, 200

# No letter stands before a secret, but that of an escape may: `\nsk-…`, `\u003dsk-…`, `%3Dsk-…`, a terminal's colour.
_START = (
    r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\x[0-9A-Fa-f]{2})"
    r"|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=\[[0-9]m)|(?<=\[[0-9]{2}m))"
)
_END = r"(?![A-Za-z0-9])"
# A domain that nobody can have (RFC 2606) makes an address that is no secret; `icon@2x.png` is none.
_FREE_DOMAIN = r"(?!\dx\.)(?!(?:[\w-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost)(?![\w.-]*\w))"
_TOKEN = r"(?!scrubbed-)(?=\S*\d|\S{20})[A-Za-z0-9._~+/-]{8,}=*"  # noqa: S105  # a pattern; not every word after "bearer"
_BASIC = r"(?!scrubbed-)(?=\S*[0-9=+/]|[A-Za-z]*[a-z][A-Z])[A-Za-z0-9+/_-]{8,}={0,2}"
_BLANKS = r"(?:\s|%20|\+)+"

KINDS: Sequence[SecretKind] = (
    _kind(
        "private_key",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"']*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=[\"'])|\Z)",
        "-----begin",
    ),
    # With stars: the service shows parts of a key that it refuses. sk-ant-…, sk-or-… are other services' keys.
    _kind("openai_key", rf"{_START}(?:sk|sess)-[A-Za-z0-9_*-]{{16,}}", "sk-", "sess-"),
    _kind("bearer", rf"(?i:\bbearer){_BLANKS}(?P<secret>{_TOKEN})", "bearer"),
    _kind("basic_auth", rf"(?i:\bbasic){_BLANKS}(?P<secret>{_BASIC})", "basic"),
    _kind("url_password", r"://(?P<secret>[^\s/:@\"']+:[^\s/@\"']+)@", "://"),
    _kind("jwt", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*", "eyj"),
    _kind("aws_key_id", rf"{_START}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_END}", "akia", "asia", "abia", "acca"),
    _kind(
        "github_token",
        rf"{_START}(?:gh[pousr]_[A-Za-z0-9]{{30,}}|github_pat_[A-Za-z0-9_]{{22,}})",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    _kind("google_key", rf"{_START}AIza[A-Za-z0-9_-]{{35}}", "aiza"),
    _kind("slack_token", rf"{_START}xox[a-z]-[A-Za-z0-9-]{{10,}}", "xox"),
    _kind("stripe_key", rf"{_START}(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9]{{16,}}", "k_", "whsec_"),
    _kind("huggingface_token", rf"{_START}hf_[A-Za-z]{{30,}}", "hf_"),
    _kind("azure_key", rf"{_START}[A-Za-z0-9]{{52}}JQQJ9[A-Za-z0-9]{{24,30}}{_END}", "jqqj9"),
    # Azure's keys until 2024. Also an MD5 sum or a request id of 2023: better one too many. Not `vs_` with its 32.
    _kind("hex_key", r"(?<![A-Za-z0-9_-])(?:[0-9a-f]{32}|[0-9A-F]{32})(?![A-Za-z0-9_-])"),
    _kind("organization_id", rf"{_START}org-[A-Za-z0-9]{{16,}}", "org-"),
    _kind("project_id", rf"{_START}proj_[A-Za-z0-9]{{16,}}", "proj_"),
    # `"password": "…"` in text that is no whole JSON; its quotes stand behind as many backslashes at both ends.
    _kind(
        "named_secret",
        rf"(?i:[\"']{_NAMES}\\*[\"'])\s*:\s*(?P<quote>\\*[\"'])(?!{_NO_SECRET}(?P=quote))"
        r"(?P<secret>(?:(?!(?<!\\)(?P=quote))[\s\S])+)",
        *("key", "token", "auth", "cookie", "pass", "secret"),
    ),
    # `api_key=…` in an address inside a text.
    _kind(
        "named_secret",
        rf"[?&](?i:{_QUERY_NAMES})=(?!scrubbed-)(?P<secret>[^\s&\"'#<>\\]{{4,}})",
        "=",
    ),
    # `OPENAI_API_KEY=…` and `password: …` of settings and shells; with a digit, so that prose stays.
    _kind(
        "named_secret",
        rf"(?<![A-Za-z0-9_-])(?i:{_NAMES})\s?[:=]\s?(?!scrubbed-)(?=\S*\d)(?P<secret>[^\s&\"'#<>\\,;(){{}}\[\]]{{6,}})",
        *("key", "token", "auth", "cookie", "pass", "secret"),
    ),
    # A field of a multipart form.
    _kind(
        "named_secret",
        rf"(?i:name=\"{_NAMES}\")[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n(?!scrubbed-)(?P<secret>[^\r\n]+)",
        "name=",
    ),
    _kind(
        "email",
        # Begun at the start of a word only: else a megabyte of base64 would be searched from each of its letters.
        rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*[A-Za-z0-9_+-](?:@|%40|\\u0040){_FREE_DOMAIN}(?:[A-Za-z0-9-]+\.)+[A-Za-z]{{2,}}",
        *("@", "%40", "u0040"),
        replacement="someone@example.com",
    ),
)
# Of values that are secret by their name, because the caller said so, or because the client sent them as its key.
NAMED, CHOSEN, KNOWN = "named_secret", "chosen", "known_secret"
REPLACEMENTS = {kind.name: kind.replacement for kind in KINDS} | {
    CHOSEN: "scrubbed-chosen",
    KNOWN: "scrubbed-known-secret",
}


def spans_in(text: str, known: Sequence[str] = ()) -> Sequence[Span]:
    """Return where a text holds secrets, in order and apart from each other.

    Args:
        known: texts that are secret whatever they look like.
    """
    if len(text) < _SHORTEST:
        return ()
    search = _search_once if len(text) < _OFTEN_REPEATED else _search
    return search(text, tuple(known))


def _search(text: str, known: tuple[str, ...]) -> Sequence[Span]:
    lower = text.lower()
    found = [
        Span(*match.span("secret" if "secret" in kind.pattern.groupindex else 0), kind)
        for kind in (*KINDS, *map(_known, known))
        if any(hint in lower for hint in kind.hints)
        for match in kind.pattern.finditer(text)
    ]
    return _apart(sorted(found, key=lambda span: (span.begin, -span.end)))


# Ids, types and roles stand in a session a thousand times.
_search_once = lru_cache(maxsize=4096)(_search)


def is_secret_name(name: str) -> bool:
    """Tell whether a text of this name is secret in JSON."""
    return _SECRET_NAME.fullmatch(name) is not None


def is_secret_query_name(name: str) -> bool:
    """Tell whether a parameter of this name is secret in a query or a form."""
    return _SECRET_QUERY_NAME.fullmatch(name) is not None


def can_be_secret(value: str) -> bool:
    """Tell whether a value under a secret name is one: not empty, no type of a schema, not scrubbed already."""
    return bool(value) and _NO_SECRET_VALUE.fullmatch(value) is None


def is_placeholder(value: str) -> bool:
    """Tell whether a value is what some recorder put in a secret's place."""
    return _PLACEHOLDER.fullmatch(value) is not None


def _known(text: str) -> SecretKind:
    return SecretKind(KNOWN, re.compile(re.escape(text)), REPLACEMENTS[KNOWN])


def _apart(spans: list[Span]) -> list[Span]:
    """Join what overlaps, so that no end of a secret is left over."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.begin < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
