"""Ids and latencies from a seed: the n-th of a kind is a function of seed, kind and n.

Counting instead of drawing from one generator keeps kinds apart (a request more does not change the
id of the next run) and makes the whole state a handful of numbers, which is easily saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# A byte becomes a letter by its remainder: uneven by a quarter, which ids do not mind.
_BASE62 = bytes(_ALPHABET[byte % 62] for byte in range(256))

# Lengths as in all 5,600 recorded ids (recorded-traffic.md 2); `file-` since autumn 2024.
_LENGTHS = {"file-": 22}
_USUAL_LENGTH = 24


class Ids:
    """The source of everything that looks random."""

    def __init__(self, seed: int, counts: Mapping[str, int] | None = None) -> None:
        self.seed = seed
        self._counts = dict(counts or {})
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
        length = _LENGTHS.get(prefix, _USUAL_LENGTH)
        return prefix + self._digest(prefix, length).translate(_BASE62).decode("ascii")

    def request_id(self) -> str:
        """Return the next `x-request-id`: `req_` and 32 hexadecimal digits (recorded-traffic.md 2)."""
        return f"req_{self._digest('req_', 16).hex()}"

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
