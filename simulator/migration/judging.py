"""Two records side by side: what differs, and which of it is meant."""

from __future__ import annotations

from collections.abc import Sequence

from .comparing import compare
from .record import Record
from .report import Comparison
from .tolerated import Entry, judge


def compared(of: str, old: Record, new: Record, entries: Sequence[Entry] = ()) -> Comparison:
    """Return what differs between two records.

    Args:
        of: the test or the scenario.
        entries: differences that are meant.

    Raises:
        BaselineError: the two sides had different scripts.
    """
    judged = judge(compare(old, new), entries, of)
    return Comparison(of=of, old=old, new=new, open=judged.open, meant=judged.meant, used=judged.used)
