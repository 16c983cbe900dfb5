"""Ids and latencies from a seed: the n-th of a kind is a function of seed, kind and n.

Counting instead of drawing from one generator keeps kinds apart (a request more does not change the
id of the next run) and makes the whole state a handful of numbers, which is easily saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# A byte becomes a letter by its remainder: uneven by a quarter, which ids do not mind.
_BASE62 = bytes(_ALPHABET[byte % 62] for byte in range(256))


class Form(NamedTuple):
    """How the ids of a kind look, from a date on.

    Args:
        since: the first day, an ISO date; `""`: from the beginning.
        prefix: what they begin with.
        length: how many letters and digits follow.
        hexadecimal: whether these are hexadecimal digits, in place of all 62.
    """

    since: str
    prefix: str
    length: int
    hexadecimal: bool = False


# As in all 5,600 recorded ids (recorded-traffic.md 2); those that are not named are 24 letters and digits.
_USUAL_LENGTH = 24
FORMS: Mapping[str, Sequence[Form]] = {
    # The latest of 24 was made on 15 October 2024, the first of 22 on 23 November.
    "file-": (Form("", "file-", 24), Form("2024-11-23", "file-", 22)),
    # 24 letters in 2024, 32 digits in 2025; on which day between is not known.
    "vs_": (Form("", "vs_", 24), Form("2025-01-01", "vs_", 32, hexadecimal=True)),
    "vsfb_ibj_": (Form("", "vsfb_", 32, hexadecimal=True), Form("2025-10-30", "vsfb_ibj_", 32, hexadecimal=True)),
    # Bare in January 2024, with a prefix on 24 March; on which day between is not known.
    "req_": (Form("", "", 32, hexadecimal=True), Form("2024-03-24", "req_", 32, hexadecimal=True)),
}
"""By the newest prefix, the oldest form first."""
STAMPED = frozenset({"vs_", "vsfb_ibj_"})
"""The prefixes of ids that begin with the time, in their newest form."""


def form_of(kind: str, as_of: str | None) -> Form:
    """Return how the ids of a kind looked on a day; None: how they looked at last."""
    forms = FORMS.get(kind, (Form("", kind, _USUAL_LENGTH),))
    return [one for one in forms if as_of is None or one.since <= as_of][-1]


class Ids:
    """The source of everything that looks random.

    Args:
        seed: other seeds, other ids.
        counts: how many of each kind were given out already.
        as_of: the day whose forms the ids have, an ISO date; None: the last.
    """

    def __init__(self, seed: int, counts: Mapping[str, int] | None = None, as_of: str | None = None) -> None:
        self.seed = seed
        self._counts = dict(counts or {})
        self.take_forms(as_of)

    def take_forms(self, as_of: str | None) -> None:
        """Form ids from now on as on a day; None: as at last."""
        self._forms = {kind: form_of(kind, as_of) for kind in FORMS}
        # By kind, which has one size: copying what was hashed already is cheaper than hashing it again.
        self._begun: dict[str, blake2b] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind were given out: the whole state."""
        return dict(self._counts)

    def rewind(self, counts: Mapping[str, int]) -> None:
        """Go back to an earlier `counts`, because what used the ids was refused."""
        self._counts = dict(counts)

    def new(self, prefix: str) -> str:
        """Return the next id with `prefix`, for example `run_` and 24 letters and digits."""
        form = self._forms.get(prefix)
        if form is None:
            return prefix + self._digest(prefix, _USUAL_LENGTH).translate(_BASE62).decode("ascii")
        if form.hexadecimal:
            return form.prefix + self._digest(prefix, form.length // 2).hex()
        return form.prefix + self._digest(prefix, form.length).translate(_BASE62).decode("ascii")

    def stamped(self, prefix: str, created_at: int) -> str:
        """Return the next id of a kind that begins with the time in its newest form.

        `vs_68c9ee1d…` is of 16 September 2025, `vsfb_ibj_6903f561…` of 30 October (recorded-traffic.md 2).
        """
        if self._forms[prefix] is not FORMS[prefix][-1]:
            return self.new(prefix)
        return f"{prefix}{created_at & 0xFFFFFFFF:08x}{self._digest(prefix, 12).hex()}"

    def request_id(self) -> str:
        """Return the next `x-request-id`: `req_` and 32 hexadecimal digits (recorded-traffic.md 2)."""
        return self.new("req_")

    def hexadecimal(self, kind: str, digits: int) -> str:
        """Return the next hexadecimal digits of a kind, always as many for one kind."""
        return self._digest(kind, digits // 2).hex()

    def seconds(self, kind: str, low: float, high: float) -> float:
        """Return the next latency of a kind, between `low` and `high` virtual seconds, to the millisecond."""
        fraction = int.from_bytes(self._digest(kind, 4)) / 0xFFFFFFFF
        return round(low + (high - low) * fraction, 3)

    def _digest(self, kind: str, size: int) -> bytes:
        count = self._counts.get(kind, 0) + 1
        self._counts[kind] = count
        begun = self._begun.get(kind)
        if begun is None:
            begun = self._begun[kind] = blake2b(f"{self.seed}:{kind}:".encode(), digest_size=size)
        hash = begun.copy()
        hash.update(b"%d" % count)
        return hash.digest()
