"""Many conversations at once in one event loop: all are answered, in order, without leaks, and the loop is not held up.

make conversations    1,000 of them, with the figures
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import sys
import tracemalloc
from statistics import median

import pytest

from simulator import call, say
from simulator.client import AuditLog, ConversationHandler, FunctionRegistry, SQLiteStore
from simulator.client.rounds import Rounds

from .conftest import Lines
from .crowd import (
    ANSWER,
    ASSISTANT,
    POLICY,
    ProcessorLoop,
    Said,
    Town,
    lags,
    on,
    quantile,
    recorded,
    registry,
    run,
    through_the_client,
)

# The SDK's notice that the API is deprecated, at each request: to tell pytest takes longer than the request.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

CROWD = int(os.environ.get("SIMULATOR_CONVERSATIONS", "0"))
USERS = CROWD or 100
FIFTHS = 5
GROWTH = 0.05
# By how many seconds the event loop may be later than with the SDK alone, at the latest look but one in a thousand.
LATER = 0.005


def weather(view):
    """Ask for the weather, then repeat what the user said last."""
    return say(f"You said {view.user}; {view.outputs[0].output}") if view.outputs else call("get_weather", city="Paris")


async def conversed(handler, users, times):
    """Let all users speak at once, each so many times; return who got which reply, in the order of coming."""
    replies = []

    async def send(user, number):
        replies.append((user, (await handler.send(user, str(number))).text))

    await asyncio.gather(*[send(user, number) for number in range(times) for user in users])
    return replies


def test_a_crowd_is_answered_and_each_user_in_order():
    users = [f"user {number}" for number in range(CROWD or 50)]
    handler = ConversationHandler(on(Town(weather)), ASSISTANT, registry=registry(), policy=POLICY)
    replies = run(conversed(handler, users, 2))
    for user in users:
        assert [text for who, text in replies if who == user] == [f"You said {number}; {ANSWER}" for number in range(2)]


def growth(path, functions, users):
    """Return what conversations leave in memory, from the end of the first fifth on, as part of what they take."""
    service, store, held = Said(recorded(), 0), SQLiteStore(path), []
    converse = through_the_client(on(service), registry=functions, store=store)
    tracemalloc.start()
    with asyncio.Runner(loop_factory=ProcessorLoop) as runner:
        for fifth in range(FIFTHS):
            runner.run(together(converse, [f"{fifth}-{number}" for number in range(users)]))
            service.forget()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    store.close()
    sys.stdout.write(f"{users} users, five times: {held} bytes are held after each, {peak} at most\n")
    return (held[-1] - held[0]) / peak


async def together(converse, users):
    await asyncio.gather(*[converse(None, user) for user in users])


def test_what_conversations_take_is_given_back(tmp_path):
    assert growth(tmp_path / "threads.db", registry(), CROWD or 20) <= GROWTH


def test_what_would_not_be_given_back_is_noticed(tmp_path):
    functions = FunctionRegistry(audit=AuditLog(Lines()))
    functions.register(lambda city: ANSWER, name="get_weather")
    assert growth(tmp_path / "threads.db", functions, 20) > GROWTH


def later(tmp_path, users, rounds, **options):
    """Return by how much an event loop is later than with the SDK alone, in seconds: the middle of some rounds."""
    bodies, differences = recorded(), []
    for number in range(rounds):
        store = SQLiteStore(tmp_path / f"{number}.db")
        late = {}
        for is_alone in (True, False) if number % 2 else (False, True):
            more = {} if is_alone else {"store": store, **options}
            late[is_alone] = lags(bodies, users, number, is_alone=is_alone, **more)
        store.close()
        worst = {key: (quantile(values, 0.999), max(values)) for key, values in late.items()}
        differences.append(worst[False][0] - worst[True][0])
        for key, name in ((True, "SDK alone"), (False, "client")):
            figures = " ms, at most ".join(f"{1_000 * one:.1f}" for one in worst[key])
            sys.stdout.write(f"{users} users, {name}: event loop late by {figures} ms\n")
    return median(differences)


def test_the_event_loop_is_not_held_up(tmp_path):
    difference = later(tmp_path, USERS, 5 if CROWD else 3)
    sys.stdout.write(f"99.9 % of the looks: {1_000 * difference:+.1f} ms against the SDK alone\n")
    assert difference <= LATER


def test_what_would_hold_it_up_is_noticed(tmp_path):
    functions = FunctionRegistry()

    @functions.register
    async def get_weather(city: str):
        sum(range(1_000_000))  # some 20 ms
        return ANSWER

    assert later(tmp_path, 20, 1, registry=functions) > LATER


@pytest.mark.skipif(not CROWD, reason="`make conversations` lets 1,000 speak at once")
def test_a_thousand_at_once_hold_the_loop_up_less_than_the_sdk_alone(tmp_path):
    bodies = recorded()
    assert max(lags(bodies, CROWD, 0, is_alone=False)) < max(lags(bodies, CROWD, 0, is_alone=True))


def test_only_so_many_go_on_in_a_round_in_the_order_of_coming_and_nobody_waits_for_who_is_gone():
    async def crowd():
        rounds, order = Rounds(asyncio.get_running_loop(), places=2), []

        async def go(number):
            await rounds.place()
            order.append(number)

        tasks = [asyncio.create_task(go(number)) for number in range(7)]
        await asyncio.sleep(0)
        seen = [list(order)]
        tasks[2].cancel()
        while len(order) < 6:
            await asyncio.sleep(0)
            seen.append(list(order))
        return seen

    seen = asyncio.run(crowd())
    assert seen[-1] == [0, 1, 3, 4, 5, 6]
    assert max(len(after) - len(before) for before, after in itertools.pairwise([[], *seen])) == 2
