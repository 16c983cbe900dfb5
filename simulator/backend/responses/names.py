"""Ids of responses, of their items and of conversations: each tells its time, and to which chain it belongs.

All 66 recorded sessions have them so: the responses of one chain share 16 digits, with their items and with the
conversation that they are in. For some days of September 2025 the time stood first in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..ids import Ids

# `cntr_`, whose ids belong to no chain, has the form of conversations.
_OF_CONVERSATION = re.compile(r"conv_[0-9a-f]{32}([0-9a-f]{16})")
_OF_RESPONSE = re.compile(r"resp_([0-9a-f]{16})0[01][0-9a-f]{32}")
_OF_RESPONSE_IN_SEPTEMBER = re.compile(r"resp_[0-9a-f]{32}([0-9a-f]{16})")
_CHAINED = (_OF_CONVERSATION, _OF_RESPONSE, _OF_RESPONSE_IN_SEPTEMBER)

KEPT, NOT_KEPT = "00", "01"  # of responses: `store` was false in all that have the latter

# From which day on the time stands where: seen on 16 September, on 23 to 26 September, and on 6 November 2025.
TIME_FIRST: Sequence[tuple[str, bool]] = (("", False), ("2025-09-23", True), ("2025-11-06", False))


class Names:
    """Makes the ids of one day.

    Args:
        ids: where the digits come from.
        as_of: the day, an ISO date; None: the last.
    """

    def __init__(self, ids: Ids, as_of: str | None) -> None:
        self._ids = ids
        self._time_first = [first for since, first in TIME_FIRST if as_of is None or since <= as_of][-1]

    def chain(self, *of: str | None) -> str:
        """Return the digits of the chain that the first of these ids belongs to, or those of a new one."""
        for id in of:
            found = id and next(filter(None, (form.fullmatch(id) for form in _CHAINED)), None)
            if found:
                return found[1]
        return self._ids.hexadecimal("chain", 16)

    def response(self, chain: str, at: float, *, kept: bool) -> str:
        """Return the id of a response."""
        return self._item("resp_", chain, at, KEPT if kept else NOT_KEPT)

    def item(self, prefix: str, chain: str, at: float) -> str:
        """Return the id of an item that came with a response."""
        return self._item(prefix, chain, at, KEPT)

    def of_conversation(self, prefix: str, chain: str, at: float) -> str:
        """Return the id of a conversation, or of an item that was put into it without a response."""
        return f"{prefix}{self._stamp(at)}{chain}"

    def container(self, at: float) -> str:
        """Return the id of a container."""
        return f"cntr_{self._stamp(at)}{self._ids.hexadecimal('container', 16)}"

    def _item(self, prefix: str, chain: str, at: float, mark: str) -> str:
        if self._time_first:
            return f"{prefix}{self._stamp(at)}{chain}"
        return f"{prefix}{chain}{mark}{self._stamp(at)}"

    def _stamp(self, at: float) -> str:
        digits = self._ids.hexadecimal("item", 22)
        return f"{int(at) & 0xFFFFFFFF:08x}{digits[:4]}81{digits[4:]}"
