"""Which id of the simulator stands for which recorded one: each for one only, for the whole session."""

from __future__ import annotations

import re

_PREFIXES = (
    r"asst_|thread_|msg_|run_|step_|call_|vsfb_ibj_|vsfb_|vs_|upload_|part_|req_|file-|resp_|conv_|fc_|fs_|ci_|cntr_"
)
ID = re.compile(rf"\b({_PREFIXES})([A-Za-z0-9]+)")
_HEX = re.compile(r"[0-9a-f]+")


class Identities:
    """A one-to-one map that grows with every answer."""

    def __init__(self) -> None:
        self.ours: dict[str, str] = {}
        self.theirs: dict[str, str] = {}

    def keep(self, id: str) -> None:
        """Say that an id stands for itself: an object was placed with it."""
        self.bind(id, id)

    def bind(self, recorded: str, simulated: str) -> bool:
        """Take two ids for one another, if neither is another's; return whether they now are."""
        known = self.ours.get(recorded)
        if known is None and simulated not in self.theirs:
            self.ours[recorded], self.theirs[simulated] = simulated, recorded
            return True
        return known == simulated

    def same(self, recorded: str, simulated: str) -> bool:
        """Tell whether two texts are the same but for ids that stand for one another."""
        if recorded == simulated and not ID.search(recorded):
            return True
        one, other = ID.findall(recorded), ID.findall(simulated)
        if ID.sub(r"\1", recorded) != ID.sub(r"\1", simulated):
            return False
        pairs = zip(one, other, strict=True)
        return all(
            _is_formed_alike(mine, theirs) and self.bind("".join(mine), "".join(theirs)) for mine, theirs in pairs
        )

    def translated(self, text: str) -> str:
        """Return a text of a recorded request with our ids in it."""
        return ID.sub(lambda found: self.ours.get(found[0], found[0]), text)


def _is_formed_alike(recorded: tuple[str, str], simulated: tuple[str, str]) -> bool:
    mine, theirs = recorded[1], simulated[1]
    return len(mine) == len(theirs) and bool(_HEX.fullmatch(mine)) == bool(_HEX.fullmatch(theirs))
