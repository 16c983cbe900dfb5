"""The public API as its users write it: checked by mypy, never run.

Each line that must be a type error says so with an ignore; mypy complains where an ignore is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, assert_type

import openai

from simulator import Request, Response, Simulator, View, call, call_tools, http_error, say, twin, use_cassette
from simulator.backend.faults import Faults
from simulator.backend.journal import Entry, Exchange, Journal
from simulator.backend.records import ToolCallRecord
from simulator.migration.report import Comparison
from simulator.recording.session import Mode


def options() -> None:
    Simulator(brain="auto", seed=1, hosts=["example.com"], poll_after_ms=None, service="sunset", strict=False)
    Simulator(time="threads", journal=False, api_keys={"sk-x"}, as_of="2024-04-29")
    Simulator(as_of=20240429)  # type: ignore[arg-type]
    Simulator(None, 1)  # type: ignore[call-arg]  # options are keywords
    Simulator(sead=1)  # type: ignore[arg-type]  # there is no such option
    Simulator(seed="1")  # type: ignore[arg-type]
    Simulator(brain=5)  # type: ignore[arg-type]


def twins() -> None:
    def old(user: str, text: str) -> str:
        return text

    async def new(user: str, text: str) -> str:
        return text

    class Loop:
        def __call__(self, user: str, text: str) -> str:
            return text

    assert_type(twin("x.scenario.yaml", old, new, tolerated=Path("meant.yaml"), city="Rome"), Comparison)
    twin("x.scenario.yaml", old=Loop, new=Loop)
    twin("x.scenario.yaml", old=old, new=lambda text: text)  # type: ignore[arg-type]


def brains() -> None:
    def answer(view: View) -> object:
        return say(f"You said {view.user}.")

    Simulator(brain=answer)
    Simulator(brain=lambda view: view.user)
    Simulator(brain=lambda: "too few arguments")  # type: ignore[arg-type,misc]


def scripts(sim: Simulator) -> None:
    sim.script(call("get_weather", location="San Francisco, CA"), say("It is 72 °F and sunny."))
    sim.script(call_tools(call("a", x=1), call("b", y=2)), say("both done"), when="budget", repeat=True)
    sim.script("short", when=re.compile("bud"), assistant="asst_1", thread="thread_1", optional=True)
    sim.script("short", when=lambda view: "budget" in view.user)
    sim.script("short", wen="budget")  # type: ignore[arg-type]  # there is no such option
    sim.script("short", when=5)  # type: ignore[arg-type]


def faults(sim: Simulator) -> None:
    assert_type(sim.faults, Faults)
    sim.faults.add(http_error(429, retry_after=2), on="runs.retrieve", times=2)
    sim.faults.add(429)  # type: ignore[arg-type]  # a fault is made by http_error


def stubs(sim: Simulator) -> None:
    def embed(request: Request) -> Response:
        return Response(200, {"content-type": "application/json"}, request.body)

    sim.stub("POST /v1/embeddings", embed)
    sim.stub("GET /v1/models", json={"data": []}, status=200, headers={"x-a": "b"})
    sim.stub("GET /v1/models", body={})  # type: ignore[call-arg]


def placing(sim: Simulator, path: Path) -> None:
    assert_type(sim.put("assistants", {"id": "asst_1", "metadata": {}}), dict[str, Any])
    sim.put("assistants", id="asst_1")  # type: ignore[call-arg]  # an object is one argument
    sim.save(path)
    sim.save("state.json")
    assert_type(Simulator.load(path), Simulator)
    assert_type(Simulator.load("state.json", brain="auto"), Simulator)


def watching(sim: Simulator) -> None:
    def handler(city: str, *, days: int = 1) -> list[str]:
        return [city] * days

    watched = sim.watch(handler)
    assert_type(watched("Lima", days=2), list[str])
    watched(5)  # type: ignore[arg-type]  # it takes what the function takes
    sim.watch("handler")  # type: ignore[type-var]


def what_happened(sim: Simulator) -> None:
    assert_type(sim.journal, Journal)
    assert_type(sim.journal[0], Entry)
    assert_type(sim.journal[:2], Sequence[Entry])
    assert_type([entry for entry in sim.journal if isinstance(entry, Exchange)], list[Exchange])
    assert_type(sim.requests[0].status, int)
    assert_type(sim.views[-1], View)
    assert_type(sim.calls[0], ToolCallRecord)
    assert_type(sim.runs[0], dict[str, Any])
    assert_type(sim.messages("thread_1")[0], dict[str, Any])
    sim.check()
    sim.check(allow={"active_run"})
    sim.check(allow=5)  # type: ignore[arg-type]


def clients(sim: Simulator) -> None:
    assert_type(sim.client(), openai.OpenAI)
    assert_type(sim.async_client(), openai.AsyncOpenAI)
    assert_type(sim.client(max_retries=0).beta.threads.create().id, str)
    sim.client("sk-x")  # type: ignore[call-arg]  # the options of the SDK are keywords here


def clocks(sim: Simulator) -> None:
    assert_type(sim.clock.now(), float)
    sim.clock.advance(600)
    sim.clock.advance("600")  # type: ignore[arg-type]


def interception() -> None:
    with Simulator().intercept(passthrough=["POST /v1/embeddings"]) as sim:
        assert_type(sim, Simulator)


def cassettes(path: Path) -> None:
    with use_cassette(path, mode="record", json_paths=["metadata.customer"]) as session:
        assert_type(session.path, Path)
        assert_type(session.mode, Mode)

    @use_cassette("weather", outputs="shape")
    def program(text: str) -> int:
        return len(text)

    @use_cassette("weather")
    async def async_program() -> str:
        return "x"

    assert_type(program("x"), int)
    assert_type(async_program, Callable[[], Coroutine[Any, Any, str]])
    use_cassette(5)  # type: ignore[arg-type]
