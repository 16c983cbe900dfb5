"""What the installed SDK makes of each fault: run in an environment of its own, it prints what the caller sees as JSON.

    python -I tests/sdks/fault_probe.py

It knows the SDK and the simulator, and no pytest: an environment has no more.
"""

from __future__ import annotations

import json
import random
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import openai

from simulator import Simulator, cut_stream, http_error, no_answer, say, split_stream
from simulator.transport.clients import plain_client

FOR_GOOD = 99
LIMIT_SECONDS = 30.0  # the client's own; the SDK's is 600
ASSISTANT = "asst_1"
SAID = "Grüße aus Zürich, it is sunny."

Seen: TypeAlias = dict[str, Any]


class Http(NamedTuple):
    """A fault of one request.

    Args:
        title: how it is planned, as in a test.
        on: the request, which makes something where the fault comes after the effect.
    """

    title: str
    fault: Any
    on: str = "runs.retrieve"
    times: int = FOR_GOOD
    at: str = "before"


HTTP: Sequence[Http] = (
    *(Http(f"{status}", http_error(status)) for status in (400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504)),
    Http("429, `retry_after=20`", http_error(429, retry_after=20)),
    Http("429, `retry_after=90`", http_error(429, retry_after=90)),
    Http("429, `x-should-retry: false`", http_error(429, headers={"x-should-retry": "false"})),
    Http("503, once", http_error(503), times=1),
    Http("500 after the effect, of a message", http_error(500), on="messages.create", times=1, at="after"),
    Http("500 after the effect, of a run", http_error(500), on="runs.create", times=1, at="after"),
    *(Http(f"connection: `{kind}`", no_answer(kind)) for kind in ("connect_refused", "connect_timeout")),
    *(Http(f"connection: `{kind}`", no_answer(kind)) for kind in ("read_timeout", "reset", "closed")),
    Http("`reset` after the effect, of a message", no_answer(), on="messages.create", times=1, at="after"),
)

_DELTA: Mapping[str, Any] = {"before": "thread.message.delta", "nth": 3}
STREAMS: Mapping[str, Any] = {
    "whole": None,
    **{f"ending: `{ending}`": cut_stream(**_DELTA, ending=ending) for ending in ("closed", "reset", "read_timeout")},
    "ending: `end`": cut_stream(**_DELTA, ending="end"),
    "inside a frame, `closed`": cut_stream(**_DELTA, inside=True),
    "inside a frame, `end`": cut_stream(**_DELTA, inside=True, ending="end"),
    "an `error` event, flat": cut_stream(**_DELTA, ending="error"),
    "an `error` event, wrapped": cut_stream(**_DELTA, ending="wrapped_error"),
    "no `[DONE]`": cut_stream(ending="end"),
    "`split_stream(1)`": split_stream(1),
}


def probe() -> dict[str, dict[str, Seen]]:
    """Return what the caller sees of each fault; of streams, with `stream=True` and with the helper `runs.stream`."""
    return {
        "http": {case.title: _http(case) for case in HTTP},
        "stream=True": {title: _stream(fault, _read_events) for title, fault in STREAMS.items()},
        "runs.stream": {title: _stream(fault, _read_helper) for title, fault in STREAMS.items()},
    }


def _http(case: Http) -> Seen:
    with Simulator(brain=lambda _: say(SAID)).intercept() as sim:
        client, thread = _client(sim)
        run = client.beta.threads.runs.create(thread, assistant_id=ASSISTANT)
        if case.on != "runs.retrieve":
            sim.clock.advance(60)
        asks: Mapping[str, Callable[[], Any]] = {
            "runs.retrieve": lambda: client.beta.threads.runs.retrieve(run.id, thread_id=thread),
            "runs.create": lambda: client.beta.threads.runs.create(thread, assistant_id=ASSISTANT),
            "messages.create": lambda: client.beta.threads.messages.create(thread, role="user", content="x"),
        }
        sim.faults.add(case.fault, on=case.on, times=case.times, at=case.at)
        before, began = len(sim.requests), time.monotonic()
        outcome = _outcome(asks[case.on])
        requests, seconds = len(sim.requests) - before, time.monotonic() - began
        sim.faults.clear()
        made = {"messages": sum(one["role"] == "user" for one in sim.messages(thread)) - 1, "runs": len(sim.runs) - 1}
        kept = {name: count for name, count in made.items() if count}
        return {
            "outcome": outcome,
            "requests": requests,
            "seconds": round(seconds, 1),
            **({"made": kept} if kept else {}),
        }


def _stream(fault: Any, read: Callable[[Any, str, list[str]], Any]) -> Seen:
    with Simulator(brain=lambda _: say(SAID, chunks=5)).intercept() as sim:
        client, thread = _client(sim)
        if fault is not None:
            sim.faults.add(fault, on="runs.create")
        heard: list[str] = []
        before = len(sim.requests)
        outcome = _outcome(lambda: read(client, thread, heard))
        text = "".join(heard)
        return {
            "outcome": outcome,
            "requests": len(sim.requests) - before,
            "text": "whole" if text == SAID else "a part" if text else "none",
        }


def _client(sim: Simulator) -> tuple[Any, str]:
    """Return a client and a thread with a message; the SDK's own pauses are the same each time."""
    random.seed(0)
    sim.put("assistants", {"id": ASSISTANT})
    client = plain_client().with_options(timeout=LIMIT_SECONDS)
    return client, client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id


def _read_events(client: Any, thread: str, heard: list[str]) -> str:
    last = ""
    for event in client.beta.threads.runs.create(thread, assistant_id=ASSISTANT, stream=True):
        last = event.event
        if last == "thread.message.delta":
            heard += [part.text.value for part in event.data.delta.content if part.text.value]
    return f"ends with `{last}`"


def _read_helper(client: Any, thread: str, heard: list[str]) -> str:
    with client.beta.threads.runs.stream(thread_id=thread, assistant_id=ASSISTANT) as stream:
        heard.extend(stream.text_deltas)
        return f"ends; its run is `{stream.get_final_run().status}`"


def _outcome(ask: Callable[[], Any]) -> str:
    """Return how a request went: what it returns in words, or the class of the exception with its package."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001  # which, is the question
        return f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"
    return answer if isinstance(answer, str) else "returns"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps({"openai": openai.__version__, **probe()}))
