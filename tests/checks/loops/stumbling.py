"""For each scenario of a hazard a loop that stumbles over it: mostly those of the menu of faults, and some more.

The menu holds a loop to what its scenario expects. The doctor, which knows nothing of somebody's loop, is content with
less: a failure may be told in any words, and an orphan may be waited for.
"""

from __future__ import annotations

from simulator.scenario.plain_loop import PlainLoop
from tests.scenario import careless
from tests.scenario.menu import ENTRIES


class SwallowsErrors(careless.AsksOnce):
    """`except Exception: return ""`."""

    def __call__(self, user_id, text):
        try:
            return super().__call__(user_id, text)
        except Exception:  # noqa: BLE001  # as it is done
            return ""


class NeverLooksBack(careless.NeverCancels, careless.KnowsNoLock):
    """Gives a run up without cancelling it, and then meets its lock."""


class BreaksAndGoes(careless.BreaksOnALateCancel, careless.KnowsNoLock):
    """Breaks on a refused cancel, and then meets the lock of the run that is being cancelled."""


class ReadsBytes(PlainLoop):
    """Reads a stream by hand."""

    def _started(self, client, thread_id):
        raw = client.beta.threads.runs.with_streaming_response.create(
            thread_id, assistant_id=self._assistant, stream=True
        )
        with raw as response:
            self._look(list(response.iter_bytes()))
        return client.beta.threads.runs.list(thread_id, limit=1).data[0]

    def _look(self, pieces):
        """Look at what came."""


class WaitsForDone(ReadsBytes):
    def _look(self, pieces):
        if b"[DONE]" not in b"".join(pieces):
            raise ConnectionError("The stream broke.")


class DecodesPieces(ReadsBytes):
    def _look(self, pieces):
        assert "".join(piece.decode() for piece in pieces)


LOOPS = {
    **{entry.scenario: entry.loop for entry in ENTRIES},
    **dict.fromkeys(("wrong_key", "not_found", "sunset", "version_1_refused", "wrong_header"), SwallowsErrors),
    **dict.fromkeys(("expired_during_tools", "expired_in_the_second_round"), SwallowsErrors),
    **dict.fromkeys(("cancelled_before_a_message", "cancelled_after_tools"), NeverLooksBack),
    "lost_answer_to_cancel": BreaksAndGoes,
    "left_waiting_for_outputs": careless.KnowsNoLock,
    "incomplete": careless.PollsUntilCompleted,
    "stream_without_done": WaitsForDone,
    "split_characters": DecodesPieces,
}
