"""What a cassette holds, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import forms
from ..cassette import Cassette
from .concerns import Concern
from .conversation import Call, Conversation, Run
from .gathering import conversation_of
from .secrets import SecretFound, secrets_of
from .wrong_clients import RunTrials, try_clients

# Nobody replays our own form by order: only our replayer reads it.
REPLAYED_BY_STATE = "own"


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found in one cassette.

    Args:
        trials: of each run; none of a cassette that is replayed by state.
        orphan: whether no test names it; None: nobody asked.
        concerns: what was looked for; anything else counts as not found.
    """

    path: Path
    cassette: Cassette
    conversation: Conversation
    trials: Sequence[RunTrials]
    secrets: Sequence[SecretFound]
    orphan: bool | None = None
    concerns: Sequence[Concern] = tuple(Concern)

    @property
    def unanswered(self) -> list[tuple[Run, Call]]:
        """The tool calls whose outputs were never submitted."""
        return [(run, call) for run in self.conversation.runs for call in run.unanswered]

    @property
    def false_greens(self) -> int:
        """How many wrong programs keep a test green when this is replayed by order."""
        return sum(len(one.false_greens) for one in self.trials)

    def count(self, concern: Concern) -> int:
        """Return how many findings there are of a kind."""
        counts = {
            Concern.CALLS: len(self.unanswered),
            Concern.REPLAY: self.false_greens,
            Concern.SECRETS: len(self.secrets),
            Concern.ORPHANS: int(self.orphan is True),
        }
        return counts[concern] if concern in self.concerns else 0


def audit(path: Path, concerns: Sequence[Concern] = tuple(Concern), *, orphan: bool | None = None) -> Audit:
    """Return what is wrong with a cassette.

    Args:
        concerns: what to look for.
        orphan: whether no test names it, where that was asked.

    Raises:
        CassetteError: it cannot be read.
    """
    cassette = forms.load(path)
    conversation = conversation_of(cassette)
    by_order = Concern.REPLAY in concerns and cassette.form != REPLAYED_BY_STATE
    return Audit(
        path=path,
        cassette=cassette,
        conversation=conversation,
        trials=[try_clients(cassette, conversation, run) for run in conversation.runs] if by_order else [],
        secrets=secrets_of(cassette) if Concern.SECRETS in concerns else [],
        orphan=orphan,
        concerns=concerns,
    )
