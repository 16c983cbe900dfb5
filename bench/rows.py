"""The rows of the table: each figure with its promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import openai

from . import (
    bystanders,
    calls,
    checks,
    conversations,
    handlers,
    plugin,
    replay,
    responses,
    scenarios,
    served,
    store,
    unrelated,
    virtual_time,
)
from .sizes import Sizes
from .timing import Spread

RATIO = "×"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Args:
        name: what `--only` selects by; its beginning is enough.
        what: is measured.
        target: what it may be at most, in `unit`.
        aim: what we would like it to be; None where the target is the aim.
    """

    name: str
    what: str
    measure: Callable[[Sizes], Spread]
    target: float
    aim: float | None = None
    unit: str = RATIO


_BYSTANDERS: Sequence[tuple[str, str, bystanders.Bystander]] = (
    ("httpx-canned", "the SDK's HTTP library, canned", bystanders.httpx_canned),
    ("httpx", "the SDK's HTTP library, to loopback", bystanders.httpx),
    ("requests", "requests, to loopback", bystanders.requests),
    ("aiohttp", "aiohttp, to loopback", bystanders.aiohttp),
)
_OPERATIONS: Sequence[tuple[str, calls.Operation]] = (
    ("runs.retrieve", calls.retrieve_run),
    ("messages.create", calls.create_message),
    ("runs.create", calls.create_run),
    (f"messages.list(limit={calls.PAGE})", calls.list_messages),
)

# Real milliseconds of what would take minutes. No promise: "no real sleep" is, and the suite holds it.
_VIRTUAL: Sequence[tuple[str, str, Callable[[Sizes], Spread], float]] = (
    ("sleep", f"time.sleep({virtual_time.SLEEP:.0f}), warm", virtual_time.thread_sleep, 1),
    ("asyncio", f"asyncio.sleep({virtual_time.SLEEP:.0f}), warm", virtual_time.loop_sleep, 1),
    ("polls", f"create_and_poll with {virtual_time.POLLS} polls a second apart", virtual_time.polls, 50),
    ("retries", f"a call after two 429 with retry-after {virtual_time.RETRY_AFTER}", virtual_time.retries, 20),
    ("block", "entering and leaving intercept(), warm", virtual_time.block, 3),
)

_RESPONSES: Sequence[tuple[str, str, Callable[[Sizes], Spread], float]] = (
    ("create", "responses.create", responses.create, 1.25),
    ("retrieve", "responses.retrieve", responses.retrieve, 1.25),
    ("loop", "a conversation with a call and its output, of the Responses API", responses.loop, 1.25),
    ("stream", "a streamed response of 1,000 deltas, per event", responses.stream, 1.15),
)

ROWS: Sequence[Row] = (
    *(
        Row(
            name=f"client:{name.partition('(')[0]}",
            what=f"{name} through client()",
            measure=partial(calls.through_client, operation),
            target=1.25,
            aim=1.15,
        )
        for name, operation in _OPERATIONS
    ),
    *(
        Row(
            name=f"intercept:{name.partition('(')[0]}",
            what=f"{name} through intercept()",
            measure=partial(calls.through_intercept, operation),
            target=1.28,
        )
        for name, operation in _OPERATIONS
    ),
    *(
        Row(
            name=f"bystander:{name}",
            what=f"a request that is none of ours: {what}",
            measure=partial(bystanders.untouched, bystander),
            target=1.03,
        )
        for name, what, bystander in _BYSTANDERS
    ),
    Row(
        name="unrelated",
        what="a call to another host inside intercept()",
        measure=unrelated.unrelated,
        target=1.03,
    ),
    Row(
        name="stream",
        what="a streamed run of 1,000 deltas, per event",
        measure=conversations.stream,
        target=1.15,
        aim=1.10,
    ),
    Row(
        name="checks",
        what="check_run_loop against the same cases with canned answers",
        measure=checks.examples,
        target=1.67,
        aim=1.5,
    ),
    Row(
        name="doctor",
        what="every known hazard, played against a minimal loop",
        measure=checks.battery,
        target=10,
        unit="s",
    ),
    Row(name="loop", what="a whole loop with two parallel tool calls", measure=conversations.whole_loop, target=1.25),
    Row(
        name="handler:sync",
        what="a turn of simulator.client with two calls, against the SDK alone",
        measure=handlers.turn,
        target=1.15,
    ),
    Row(name="handler:async", what="the same in an event loop", measure=handlers.async_turn, target=1.15),
    *(
        [
            Row(name=f"responses:{name}", what=what, measure=measure, target=target)
            for name, what, measure, target in _RESPONSES
        ]
        if hasattr(openai.OpenAI, "conversations")  # older SDKs have no such API
        else []
    ),
    Row(name="replay:loop", what="a replayed loop of 12 requests, per request", measure=replay.loop, target=1.3),
    Row(
        name="replay:vcrpy",
        what="the same loop against vcrpy's replay of it",
        measure=replay.loop_against_vcrpy,
        target=1.0,
    ),
    *(
        [
            Row(
                name="replay:cassetter",
                what="the same loop against cassetter's replay of it",
                measure=replay.loop_against_cassetter,
                target=1.0,
            )
        ]
        if find_spec("cassetter")
        else []
    ),
    Row(
        name="scenarios",
        what="playing every shipped scenario in one process, per its requests",
        measure=scenarios.all_shipped,
        target=1.3,
    ),
    Row(
        name="replay:opening",
        what="opening a cassette of 1,000 interactions against vcrpy's reading of the same",
        measure=replay.opening,
        target=0.25,
    ),
    Row(
        name="replay:ready",
        what="the same, ready to replay, against vcrpy's reading alone",
        measure=replay.ready,
        target=0.35,
    ),
    Row(
        name="served:runs.retrieve",
        what="the time of runs.retrieve over a socket against a starlette route that returns the same bytes",
        measure=served.retrieve_run,
        target=2.0,
        aim=1.0,
    ),
    Row(
        name="store:runs.retrieve",
        what="runs.retrieve with 100,000 messages in the store against 10",
        measure=store.retrieve_run_of_many,
        target=1.1,
    ),
    Row(
        name="store:messages.list",
        what="messages.list(limit=10) with 100,000 messages against 10",
        measure=store.list_messages_of_many,
        target=1.1,
    ),
    Row(
        name="memory:off",
        what="memory per stored message of 100 characters, journal off",
        measure=store.memory_without_journal,
        target=1_200,
        unit="B",
    ),
    Row(
        name="memory:on",
        what="memory per stored message of 100 characters, journal on",
        measure=store.memory_with_journal,
        target=3_000,
        unit="B",
    ),
    *(
        Row(name=f"virtual:{name}", what=what, measure=measure, target=target, unit="ms")
        for name, what, measure, target in _VIRTUAL
    ),
    Row(
        name="fixture",
        what="set-up, check and teardown of the fixture, in a warm process",
        measure=plugin.fixture,
        target=3,
        unit="ms",
    ),
    Row(
        name="suite",
        what="2,000 tests of six requests each, pytest -n 2",
        measure=plugin.suite,
        target=30,
        unit="s",
    ),
    Row(
        name="imports", what="what the unused plugin imports, best of 15", measure=plugin.imports, target=20, unit="ms"
    ),
)


def selected(only: Sequence[str]) -> list[Row]:
    """Return the rows whose names begin with one of `only`; without any, all.

    Raises:
        LookupError: no row's name begins so.
    """
    for beginning in only:
        if not any(row.name.startswith(beginning) for row in ROWS):
            raise LookupError(f"No row begins with {beginning!r}. There are: {', '.join(row.name for row in ROWS)}.")
    return [row for row in ROWS if not only or row.name.startswith(tuple(only))]
