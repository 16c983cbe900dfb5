"""One playing of a scenario, whoever speaks: sets the stage, begins and ends its steps, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..backend.faults_json import plan_from_json
from ..backend.journal import Asked, Entry, Exchange, StatusChange
from ..backend.records import tool_calls_of
from ..backend.turns_json import turn_from_json
from ..errors import CheckFailed, ScenarioError, StateError
from ..findings import NEVER_STRUCK
from ..simulator import Simulator
from .doubts import doubts_of, strangers_of
from .durations import seconds_of
from .expecting import SHOWN, Happened, complaints
from .played import Complaint, Played, PlayedStep
from .schema import Expectations, Scenario, Step

# What is expected of runs, and faults that strike requests about them.
_OF_RUNS = ("assistants", "at_most_tokens")
_OF_ASSISTANTS = ("assistants.", "threads.", "messages.", "runs.", "steps.")


class Performance:
    """One playing of a scenario on a simulator: its objects, files and faults are placed when it is made.

    Args:
        stage: answers the app; what it was before stays.

    Raises:
        ScenarioError: an object that cannot be placed; nothing was.
    """

    def __init__(self, scenario: Scenario, stage: Simulator) -> None:
        self.scenario = scenario
        self.played = Played(title=scenario.scenario, warnings=list(doubts_of(scenario)))
        self._stage = stage
        self._began = stage.clock.now()
        self._whole = _Marks(stage)
        self._step: _Marks | None = None
        self._looked_at = self._whole.entry
        self._objects: set[Any] = set()
        self.files = self._placed()
        self._plan(scenario.faults)

    def _placed(self) -> Mapping[str, str]:
        """Place the objects and the files; return the ids of the files by their names."""
        objects = [(collection, item) for collection, items in self.scenario.put.items() for item in items]
        files = [("files", {"filename": name, "content": text}) for name, text in self.scenario.files.items()]
        try:
            # All or none is tried on a copy of the state, which most scenarios need not pay for.
            placed = self._stage.put_all([*objects, *files]) if objects or files else []
        except StateError as error:
            raise ScenarioError(f"{self.scenario.scenario}: put: {error}") from None
        return {name: file["id"] for name, file in zip(self.scenario.files, placed[len(objects) :], strict=True)}

    def _plan(self, faults: Sequence[Any]) -> None:
        for fault in faults:
            plan = plan_from_json(fault)
            self._stage.faults.add(plan.fault, **plan.options)

    def begin(self, step: Step) -> None:
        """Let the time of a step pass, or plan its faults and let the model know its answers."""
        if step.wait is not None:
            self._stage.clock.advance(seconds_of(step.wait))
            return
        self._step = _Marks(self._stage)
        self._plan(step.faults)
        if step.turns:
            self._stage.script(*map(turn_from_json, step.turns))
        if step.otherwise is not None:
            self._stage.script(turn_from_json(step.otherwise), repeat=True, optional=True)

    def end(self, number: int, reply: Any, error: BaseException | None = None) -> None:
        """Compare what came of the step that was begun last with what it expects.

        Args:
            number: of the step, from 1.
            reply: what the app returned.
            error: how it failed; that it did is a finding of the caller's, where it was not expected.
        """
        step, happened = self.scenario.conversation[number - 1], Happened(reply=reply, error=error)
        self.played.replies.append(reply)
        self.note(number, reply, error)
        if self._step is not None:
            self._step.fill(happened)
        expected = step.expect and self._without_runs(step.expect, f"step {number}")
        for text in complaints(expected, happened) if expected is not None else ():
            self.find(number, text)
        for unused in _drop_unused(self._stage):
            self.find(number, f"the model was never asked for {unused:.{SHOWN}}")

    def note(self, number: int, reply: Any = None, error: BaseException | None = None) -> None:
        """Write down what came of the step that was begun last."""
        step = self.scenario.conversation[number - 1]
        entries = self._step.entries if self._step is not None else ()
        self.played.steps.append(
            PlayedStep(
                number=number, speaker=step.from_, said=str(step.user), entries=entries, reply=reply, error=error
            )
        )

    def find(self, step: int | None, text: str) -> None:
        """Note what is not as expected."""
        self.played.findings.append(Complaint(step, text))

    def close(self) -> Played:
        """Look at the whole, and return what came of it."""
        played, stage = self.played, self._stage
        self.judge_the_whole()
        for text in self._found_by_check():
            self.find(None, text)
        happened = Happened()
        self._whole.fill(happened)
        played.called = list(dict.fromkeys(call.name for call in happened.calls))
        asked = (one for one in stage.journal if isinstance(one, Asked))  # `views` are copies
        declared = dict.fromkeys([*self.scenario.tools, *(name for one in asked for name in one.view.functions)])
        played.unused = [name for name in declared if name not in played.called]
        played.requests, played.seconds, played.journal = (
            happened.requests,
            stage.clock.now() - self._began,
            stage.journal,
        )
        played.warnings += strangers_of(stage)
        return played

    def judge_the_whole(self) -> None:
        """Compare what came of all steps with what is expected of the whole."""
        if self.scenario.expect is not None:
            happened = Happened(reply=next(reversed(self.played.replies), None))
            self._whole.fill(happened)
            for text in complaints(self._without_runs(self.scenario.expect, "the whole"), happened):
                self.find(None, text)

    def _found_by_check(self) -> Iterator[str]:
        """Yield what `check()` finds; a fault of requests that the app's API does not have is passed over."""
        elsewhere = [str(one) for one in self._stage.faults.waiting if one.on.startswith(_OF_ASSISTANTS)]
        skipped = elsewhere if self._has_no_runs else []
        self.played.skipped += [f"the fault {one}: the Responses API has no such request" for one in skipped]
        for text in _found_by_check(self._stage):
            if text.removeprefix(NEVER_STRUCK) not in skipped:
                yield text

    def _without_runs(self, expected: Expectations, where: str) -> Expectations:
        """Return what can be looked at: where the app speaks to the Responses API there are no runs."""
        only_of_runs = [name for name in _OF_RUNS if self._has_no_runs and getattr(expected, name) is not None]
        self.played.skipped += [f"{where}: `{name}` is about runs, and there are none" for name in only_of_runs]
        return expected.model_copy(update=dict.fromkeys(only_of_runs))

    @property
    def _has_no_runs(self) -> bool:
        """Whether the app speaks to the Responses API, and to no other."""
        journal = self._stage.journal
        for entry in journal[self._looked_at :]:  # what came since: of 2,000 steps each would look at all before it
            if isinstance(entry, Asked):
                self._objects.add(entry.view.run.get("object"))
        self._looked_at = len(journal)
        return self._objects == {"response"}


class _Marks:
    """Where the lists of what happened end at a moment.

    It counts what there is and copies only what came since: a scenario may have thousands of steps.
    """

    def __init__(self, stage: Simulator) -> None:
        self._stage = stage
        with stage._settled() as backend:  # noqa: SLF001  # a test has no use for this, as in `_drop_unused`
            store = backend.store
            self._runs, self._run_steps = len(store.runs), len(store.run_steps)
            self._of_responses = len(store.function_calls)
        self.entry = len(stage.journal)
        self._began = stage.clock.now()

    @property
    def entries(self) -> Sequence[Entry]:
        """What the journal has since."""
        return self._stage.journal[self.entry :]

    def fill(self, happened: Happened) -> None:
        """Write down what has happened since."""
        entries = self.entries
        with self._stage._settled() as backend:  # noqa: SLF001  # likewise
            happened.calls = tool_calls_of(backend.store, self._run_steps, self._of_responses)
            runs = list(islice(backend.store.runs, self._runs, None))
        changes = (one for one in entries if isinstance(one, StatusChange) and one.object == "thread.run")
        happened.statuses = ["queued", *(one.after for one in changes)] if runs else []
        happened.requests = sum(isinstance(one, Exchange) for one in entries)
        happened.tokens = sum((run["usage"] or {}).get("total_tokens", 0) for run in runs)
        happened.seconds = self._stage.clock.now() - self._began
        asked = next((one for one in reversed(entries) if isinstance(one, Asked)), None)
        if asked is not None:
            happened.heard = [text for role, text in asked.view.messages if role == "user"]


def _drop_unused(stage: Simulator) -> list[str]:
    """Forget the answers that nobody asked for, and return them: the next step must not get them."""
    with stage._lock:  # noqa: SLF001  # a test has no use for this, and the public surface stays small
        brain = stage._brain  # noqa: SLF001  # likewise
        unused = [piece.describe() for piece in brain.unused]
        brain.clear()
    return unused


def _found_by_check(stage: Simulator) -> list[str]:
    try:
        stage.check()
    except CheckFailed as found:
        return str(found).splitlines()
    return []
