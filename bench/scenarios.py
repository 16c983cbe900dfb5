"""All shipped scenarios, played one after the other in this process, against their requests alone.

The floor is the run loop that plays them, on answers that were recorded while it did: no simulator, no script, nothing
compared. Its sleeps are virtual too, and its clock stands at each answer where it stood when that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import openai

from simulator import Request, Response, Simulator
from simulator.api.wire import BrokenOff, Frame, NoResponse
from simulator.backend.clock import Clock
from simulator.backend.fault_kinds import NoResponseKind
from simulator.decorator import without_deprecations
from simulator.scenario import playing
from simulator.scenario.loading import load
from simulator.scenario.plain_loop import PlainLoop
from simulator.scenario.schema import Scenario
from simulator.scenario.stage import Stage
from simulator.transport.httpx_transport import FAILURES
from simulator.transport.libraries import sdk_library
from simulator.transport.virtual_time import virtual_time

from .canned import KEY
from .sizes import Sizes
from .timing import Case, Spread, compare

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"


@dataclass(slots=True)
class Answer:
    """What came of a request.

    Args:
        at: when, on the virtual clock.
        chunks: of the body.
        failure: how the connection failed, before the answer (then there is no status) or in its body.
    """

    at: float
    status: int
    headers: Any
    chunks: list[bytes]
    failure: NoResponseKind | None = None


class _Recorded(NamedTuple):
    """A scenario with what was answered, and the ids of the files of each step."""

    scenario: Scenario
    answers: Sequence[Answer]
    files: Sequence[Sequence[str]]


def all_shipped(sizes: Sizes) -> Spread:
    """Compare playing with the same requests canned."""
    scenarios = [load(path) for path in sorted(FOLDER.rglob("*.scenario.yaml"))][: sizes.scenarios]
    canned = [_recorded(scenario) for scenario in scenarios]
    return compare(
        Case(lambda _: [playing.perform(scenario) for scenario in scenarios]),
        Case(lambda _: _ask_all_again(canned)),
        rounds=sizes.rounds_of_scenarios,
        calls=1,
    )


def _recorded(scenario: Scenario) -> _Recorded:
    """Play a scenario, and keep what was answered."""
    answers: list[Answer] = []
    files: list[Sequence[str]] = []

    class Recording(Stage):
        def handle(self, request: Request) -> Response | NoResponse:
            response = super().handle(request)
            answers.append(_answer_of(response, self.clock))
            if isinstance(response, NoResponse) or isinstance(response.body, bytes):
                return response
            return Response(response.status, response.headers, _kept(response.body, answers[-1]))

    class Loop(PlainLoop):
        def prepare(self, step: Any, file_ids: Sequence[str]) -> None:
            files.append(file_ids)
            super().prepare(step, file_ids)

    with _in_place_of(Recording, Loop):
        assert playing.perform(scenario).passed, scenario.scenario
    return _Recorded(scenario, answers, files)


def _in_place_of(stage: type[Stage], loop: type[PlainLoop]) -> Any:
    from unittest.mock import patch

    return patch.multiple(playing, Stage=stage, PlainLoop=loop)


def _answer_of(response: Response | NoResponse, clock: Clock) -> Answer:
    if isinstance(response, NoResponse):
        return Answer(clock.now(), 0, {}, [], response.kind)
    chunks = [response.body] if isinstance(response.body, bytes) else []
    return Answer(clock.now(), response.status, response.headers, chunks)


def _kept(frames: Iterator[Frame], answer: Answer) -> Iterator[Frame]:
    try:
        for frame in frames:
            if frame.data:
                answer.chunks.append(frame.data)
            yield frame
    except BrokenOff as broken:
        answer.failure = broken.kind
        raise


def _ask_all_again(canned: Sequence[_Recorded]) -> None:
    for one in canned:
        _ask_again(one.scenario, one.answers, one.files)


def _ask_again(scenario: Scenario, answers: Sequence[Answer], files: Sequence[Sequence[str]]) -> None:
    clock = Simulator(journal=False).clock
    left = iter(answers)

    class Loop(PlainLoop):
        def _new_client(self) -> openai.OpenAI:
            return _client(_handler(left, clock))

    loop, steps = Loop(scenario), [step for step in scenario.conversation if step.user is not None]
    with without_deprecations(), virtual_time(clock):
        for step, file_ids in zip(steps, files, strict=True):
            loop.prepare(step, file_ids)
            with suppress(Exception):  # how the app fails is what some scenarios are about
                loop(step.from_, str(step.user))
    assert next(left, None) is None, f"{scenario.scenario}: fewer requests than when it was recorded"


def _client(handler: Callable[[Any], Any]) -> openai.OpenAI:
    library: Any = sdk_library()
    http_client = library.Client(transport=library.MockTransport(handler), follow_redirects=True, trust_env=False)
    return openai.OpenAI(api_key=KEY, http_client=http_client)


def _handler(answers: Iterator[Answer], clock: Clock) -> Callable[[Any], Any]:
    library: Any = sdk_library()

    class Chunks(library.SyncByteStream):  # type: ignore[misc]  # a class of a module that is known at run time only
        def __init__(self, answer: Answer, request: Any) -> None:
            self._answer, self._request = answer, request

        def __iter__(self) -> Iterator[bytes]:
            yield from self._answer.chunks
            if self._answer.failure is not None:
                raise _failure(library, self._answer.failure, self._request)

    def handle(request: Any) -> Any:
        answer = next(answers)
        clock.advance(max(0.0, answer.at - clock.now()))
        if not answer.status and answer.failure is not None:
            raise _failure(library, answer.failure, request)
        return library.Response(answer.status, headers=answer.headers, stream=Chunks(answer, request))

    return handle


def _failure(library: Any, kind: NoResponseKind, request: Any) -> Exception:
    name, text = FAILURES[kind]
    failure: Exception = getattr(library, name)(text, request=request)
    return failure
