"""`check_run_loop` on a minimal loop, against the same cases drawn and driven with canned answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random

import hypothesis
import openai
from hypothesis.errors import NoSuchExample

from simulator import Simulator, check_run_loop
from simulator.checks import strategies
from simulator.checks.battery import Battery
from simulator.checks.cases import Case as Conversation
from simulator.checks.cases import Says
from simulator.checks.hazards import HAZARDS

from .canned import Answer, canned_client, record
from .conversations import WEATHER
from .sizes import Sizes
from .timing import Case, Spread, compare, nothing

EXAMPLES = 40
TIMES = 3
SHARE = 8  # of the rounds: each is a whole search
CASES = strategies.cases([dict(WEATHER)], faults=strategies.fault_schedules(0))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[hypothesis.Phase.generate]
)


class MinimalLoop:
    """Answers every call with the same, and reports what does not complete."""

    def __init__(
        self, client: openai.OpenAI | None = None, pause: Callable[[], object] = lambda: time.sleep(1)
    ) -> None:
        self._client = client or openai.OpenAI()
        self._pause = pause
        self._assistant = self._client.beta.assistants.create(model="gpt-4o", tools=[WEATHER]).id
        self._threads: dict[str, str] = {}

    def __call__(self, user_id: str, text: str) -> str:
        api = self._client.beta.threads
        if user_id not in self._threads:
            self._threads[user_id] = api.create().id
        thread = self._threads[user_id]
        api.messages.create(thread, role="user", content=text)
        run = api.runs.create(thread, assistant_id=self._assistant)
        while run.status in {"queued", "in_progress", "requires_action"}:
            if run.required_action is not None:
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs = [{"tool_call_id": one.id, "output": "-3 °C"} for one in calls]
                run = api.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs)  # type: ignore[arg-type]
            else:
                self._pause()
                run = api.runs.retrieve(run.id, thread_id=thread)
        if run.status != "completed":
            raise RuntimeError(run.status)
        parts = [part for one in api.messages.list(thread, run_id=run.id) for part in one.content]
        return " ".join(part.text.value if part.type == "text" else getattr(part, "refusal", "") for part in parts)


def examples(sizes: Sizes) -> Spread:
    """Compare a search that finds nothing with the same search on canned answers."""
    answers = _recorded()
    return compare(
        Case(lambda _: check_run_loop(MinimalLoop, cases=CASES, settings=SETTINGS)),
        Case(lambda _: _search(lambda case, number: _play(case, canned_client(answers[number])))),
        rounds=max(3, sizes.rounds // SHARE),
        calls=1,
    )


def battery(sizes: Sizes) -> Spread:
    """Return how long the hazards take, each played in this process against the minimal loop, in seconds."""
    hazards = HAZARDS[: sizes.scenarios]
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        list(Battery(MinimalLoop).play(hazards))
        times.append(time.perf_counter() - began)
    return Spread.of(times)


def _recorded() -> list[list[Answer]]:
    """Return the answers to each case, in the order in which they are drawn."""
    found: list[list[Answer]] = []

    def play(case: Conversation, number: int) -> None:
        sim = Simulator()
        for step in case.said:
            sim.script(*step.answers, when=step.text)
        found.append(record(sim, lambda client: _play(case, client, lambda: sim.clock.advance(1))))

    _search(play)
    return found


def _search(play: Callable[[Conversation, int], None]) -> None:
    numbers: Iterator[int] = iter(range(10 * EXAMPLES))

    def breaks(case: Conversation) -> bool:
        play(case, next(numbers))
        return False

    try:
        hypothesis.find(CASES, breaks, settings=SETTINGS, random=Random(0))
    except NoSuchExample:
        return


def _play(case: Conversation, client: openai.OpenAI, pause: Callable[[], object] = nothing) -> None:
    loop = MinimalLoop(client, pause)
    for step in case.steps:
        if isinstance(step, Says):
            try:
                loop(step.user, step.text)
            except RuntimeError:  # as it says that a run did not complete
                continue
