"""The whole of a simulated service, without a door: clock, ids, store, engine, journal, faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import StateError
from .brain import Brain
from .clock import Clock
from .engine import Engine
from .execution import Execution
from .faults import Faults
from .ids import Ids
from .journal import Journal
from .objects import JsonDict
from .responses.engine import CLOSE, OPEN, Parts, Responses
from .store import Store
from .tokens import CountTokens, estimate
from .vector_stores import BYTES_PER_CHUNK, NO_OVERHEAD_SINCE

# Midnight UTC, 31 March 2026: the day of the youngest recorded session.
START = 1_774_915_200.0


class Backend:
    """The parts, put together.

    Args:
        seed: of ids and latencies.
        brain: who answers.
        journal: where to write what happens.
        operations: the names on which faults can be planned.
        clock: the time; it outlives a reset, as does whoever looks at it.
        as_of: the day whose forms the ids have; None: the last.
        count_tokens: for `usage` and limits.
    """

    def __init__(
        self,
        seed: int,
        brain: Brain,
        journal: Journal,
        operations: Iterable[str],
        clock: Clock | None = None,
        *,
        as_of: str | None = None,
        count_tokens: CountTokens = estimate,
    ) -> None:
        self.clock = clock or Clock(START)
        self.ids = Ids(seed, as_of=as_of)
        self.store = Store()
        self.journal = journal
        self.faults = Faults(operations)
        self.engine = Engine(self.clock, self.ids, self.store, journal, brain, count=count_tokens)
        engine = self.engine
        parts = Parts(
            clock=self.clock,
            ids=self.ids,
            store=self.store,
            journal=journal,
            brain=brain,
            calendar=engine.calendar,
            vector_stores=engine.vector_stores,
            count=count_tokens,
            note_surprise=self._note_surprise,
        )
        self.responses = Responses(parts, lambda: engine.course, as_of)
        engine.elsewhere.update(dict.fromkeys((OPEN, CLOSE), self.responses.fire))
        if as_of is not None and as_of < NO_OVERHEAD_SINCE:
            self.engine.vector_stores.bytes_per_chunk = BYTES_PER_CHUNK

    def _note_surprise(self, text: str) -> None:
        self.engine.surprises.append(text)

    def to_json(self) -> JsonDict:
        """Return the state of the service as JSON values; the journal is no part of it."""
        engine = self.engine
        return {
            "now": self.clock.now(),
            "seed": self.ids.seed,
            "ids": self.ids.counts,
            "store": self.store.to_json(),
            "executions": [execution.to_json() for execution in engine.executions.values()],
            "calendar": [
                [due.due, due.subject, due.epoch, due.action, due.part]
                for due in engine.calendar
                if due.subject in engine.executions
                or due.subject in engine.vector_stores
                or due.subject in self.responses.work
            ],
            "responses": self.responses.to_json(),
            "faults": self.faults.to_json(),
            "surprises": engine.surprises,
            "lingering": engine.locks.to_json(),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over a state that `to_json` described, into a new backend."""
        self.clock.advance_to(saved["now"])
        self.ids.rewind(saved["ids"])
        store = self.store = Store.from_json(saved["store"])
        self.engine.restore(store, (_execution(store, one) for one in saved["executions"]), saved["surprises"])
        self.engine.locks.restore(saved.get("lingering", {}))
        self.responses.restore(saved.get("responses", ()), store)
        for due in saved["calendar"]:
            self.engine.calendar.add(*due)
        self.faults.restore(saved["faults"])


def _execution(store: Store, saved: Mapping[str, Any]) -> Execution:
    thread_id, run_id = saved["run"]
    run = store.runs.get(run_id, thread_id)
    if run is None:
        raise StateError(f"Run {run_id} of {thread_id} is at work but not among the runs.")
    step = saved["step"] and store.run_steps.get(saved["step"], run_id)
    message = saved["message"] and (store.messages.get(saved["message"]["id"], thread_id) or saved["message"])
    return Execution.from_json(saved, run, step, message)
