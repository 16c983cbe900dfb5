"""Replay: a recorded loop against its canned answers and against other replayers, and opening a cassette."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import openai
import vcr
from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from simulator import Request, Response, Simulator, call, call_tools, say
from simulator.recording.cassette import API_BASE, Cassette, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.forms import load, write
from simulator.recording.replayer import Replayer
from simulator.transport.clients import openai_client

from .canned import KEY, Answer, canned_client
from .conversations import WEATHER
from .sizes import Sizes
from .timing import Case, Spread, compare

REQUESTS = 12
PAUSE = 2.0  # virtual seconds before each poll: the last of three shows what the program waits for
Open = Callable[[Path], AbstractContextManager[object]]


def loop(sizes: Sizes) -> Spread:
    """Compare a replayed loop with its own answers canned; opening the cassette is not timed."""
    floor = canned_client([_answer(one) for one in _recorded().interactions])
    return compare(_by_state(), Case(lambda _: walk(floor)), rounds=sizes.rounds, calls=sizes.loops)


def loop_against_vcrpy(sizes: Sizes) -> Spread:
    """Compare with the same loop, replayed by vcrpy by method and address."""
    return _against(lambda path: vcr.use_cassette(str(path), record_mode="none"), sizes)


def loop_against_cassetter(sizes: Sizes) -> Spread:
    """Compare with the same loop, replayed by cassetter by method and address, where it is installed."""
    cassetter: Any = import_module("cassetter")
    return _against(lambda path: cassetter.use_cassette(path, record_mode="none"), sizes)


def opening(sizes: Sizes) -> Spread:
    """Compare reading a cassette with vcrpy's reading of the same interactions in its own form."""
    return _against_reading(load, sizes)


def ready(sizes: Sizes) -> Spread:
    """Compare all until the first request can be answered with vcrpy's reading alone."""
    return _against_reading(lambda path: Replayer(load(path)), sizes)


def walk(client: openai.OpenAI) -> None:
    """Make the same twelve requests, however fast the statuses change: a replayed poll never shows one twice."""
    beta = client.beta
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[WEATHER])
    thread = beta.threads.create().id
    beta.threads.messages.create(thread, role="user", content="How is the weather in Paris and in Oslo?")
    run = beta.threads.runs.create(thread, assistant_id=assistant.id)
    for _ in range(3):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread)
    assert run.required_action is not None, run.status
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs: list[ToolOutput] = [{"tool_call_id": one.id, "output": "-3 °C"} for one in calls]
    beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs)
    for _ in range(2):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread)
    assert run.status == "completed", run.status
    beta.threads.runs.steps.list(run.id, thread_id=thread)
    beta.threads.messages.list(thread)


def _against_reading(opened: Callable[[Path], object], sizes: Sizes) -> Spread:
    cassette = Cassette(interactions=list(islice(cycle(_recorded().interactions), sizes.interactions)))
    with tempfile.TemporaryDirectory() as folder:
        ours, its = Path(folder, "ours.yaml"), Path(folder, "its.yaml")
        ours.write_text(write(cassette, "own"), encoding="utf-8")
        its.write_text(write(cassette, "vcrpy"), encoding="utf-8")
        return compare(
            Case(lambda _: opened(ours)),
            Case(lambda _: FilesystemPersister.load_cassette(its, yamlserializer)),
            rounds=max(3, sizes.rounds // 8),
            calls=1,
        )


def _by_state() -> Case:
    cassette = _recorded()

    def prepare() -> openai.OpenAI:
        return openai_client(Replayer(cassette).handle, _at_once)

    return Case(walk, prepare)


def _against(opened: Open, sizes: Sizes) -> Spread:
    """Compare with a replayer that patches the HTTP library and needs its cassette opened anew for each loop."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder, "loop.yaml")
        path.write_text(write(_recorded(), "vcrpy"), encoding="utf-8")
        client = openai.OpenAI(api_key=KEY)

        def prepare() -> openai.OpenAI:
            stack.close()
            stack.enter_context(opened(path))
            return client

        ours, other = _by_state(), Case(walk, prepare)
        return compare(Case(ours.call, _closing(stack, ours)), other, rounds=sizes.rounds, calls=sizes.loops)


def _closing(stack: ExitStack, case: Case) -> Callable[[], object]:
    """Return what prepares a case outside the other's cassette."""

    def prepare() -> object:
        stack.close()
        return case.prepare()

    return prepare


def _at_once(due: float) -> None:
    """Wait for nothing."""


def _answer(one: Interaction) -> Answer:
    return Answer(one.response.status, one.response.headers, one.response.body)


def _recorded() -> Cassette:
    """Return the loop as a cassette."""
    sim, interactions = Simulator(), list[Interaction]()
    cities = call_tools(call("get_weather", city="Paris"), call("get_weather", city="Oslo"))
    sim.script(cities, say("It is sunny in Paris and it snows in Oslo."))

    def handle(request: Request) -> Response:
        if request.method == "GET":
            sim.clock.advance(PAUSE)
        response = sim.handle(request)
        assert isinstance(response, Response), "no fault is planned"
        assert isinstance(response.body, bytes), "the loop streams nothing"
        answered = RecordedResponse(status=response.status, headers=response.headers, body=response.body)
        asked = RecordedRequest(
            method=request.method, uri=f"{API_BASE}{request.path}", headers=request.headers, body=request.body
        )
        interactions.append(Interaction(request=asked, response=answered))
        return response

    walk(openai_client(handle, sim.wait_until))
    assert len(interactions) == REQUESTS, len(interactions)
    return Cassette(interactions=interactions)
