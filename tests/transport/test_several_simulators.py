"""Simulators at the same time: nested, overlapping, in threads and tasks, on one host and on two, one of them twice."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

import pytest

from simulator import Simulator

V2 = {"OpenAI-Beta": "assistants=v2"}  # SDKs before 1.21 send v1


@pytest.fixture
def ask(sdk):
    """Make a request; how many each of some simulators has had is what tells who answered."""
    client = sdk()
    return lambda base_url=None: (client.with_options(base_url=base_url) if base_url else client).beta.threads.create(
        extra_headers=V2
    )


def had(*simulators):
    return [len(sim.requests) for sim in simulators]


def test_two_on_one_host_the_newest_answers_until_it_ends(ask, network):
    outer, inner = Simulator(), Simulator()
    with outer.intercept():
        ask()
        with inner.intercept():
            ask()
            ask()
            assert had(outer, inner) == [1, 2]
        ask()
    assert had(outer, inner) == [2, 2]
    assert network.requests == []


@pytest.mark.parametrize("ends", [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
def test_three_that_end_in_any_order(ask, ends, network):
    simulators = [Simulator() for _ in range(3)]
    blocks = [sim.intercept() for sim in simulators]
    for block in blocks:
        block.__enter__()
    left = [0, 1, 2]
    for number in ends:
        before = had(*simulators)
        ask()
        before[max(left)] += 1
        assert had(*simulators) == before
        left.remove(number)
        blocks[number].__exit__(None, None, None)
    assert network.requests == []
    ask()
    assert len(network.requests) == 1


def test_two_on_two_hosts_do_not_meet(ask, network):
    first, second = Simulator(hosts=["first.example"]), Simulator(hosts=["second.example"])
    with first.intercept(), second.intercept():
        ask("https://first.example/v1")
        ask("https://second.example/v1")
        ask("https://first.example/v1")
        ask()  # a host of both
    assert had(first, second) == [2, 2]
    assert network.requests == []


def test_the_same_one_twice_is_one_world_and_ends_with_its_last_block(ask, network):
    sim, other = Simulator(), Simulator()
    with sim.intercept() as outer:
        ask()
        with other.intercept():
            with sim.intercept() as inner:
                ask()
                assert inner is outer is sim
            ask()
        ask()
    assert had(sim, other) == [3, 1]
    assert network.requests == []


def test_the_same_one_twice_with_other_routes_let_through(ask, network):
    sim = Simulator()
    with sim.intercept(passthrough=["/v1/threads"]):
        ask()
        assert len(network.requests) == 1
        with sim.intercept():
            ask()
        with sim.intercept(passthrough=["/v1/models"]):
            ask()
        ask()
    assert len(network.requests) == 2
    assert had(sim) == [2]


def test_what_the_newest_lets_through_the_next_answers(ask, network):
    outer, inner = Simulator(), Simulator()
    with outer.intercept(), inner.intercept(passthrough=["/v1/threads"]):
        ask()
    assert had(outer, inner) == [1, 0]
    assert network.requests == []


def test_an_exception_in_one_leaves_the_other(ask, network):
    outer, inner = Simulator(), Simulator()
    with outer.intercept():
        with pytest.raises(ZeroDivisionError), inner.intercept():
            raise ZeroDivisionError
        ask()
    assert had(outer, inner) == [1, 0]


def test_tasks_share_the_process_the_newest_answers_all_of_them(async_sdk, network):
    """One list for the process: tasks that want worlds of their own take hosts of their own, or `async_client()`."""
    first, second = Simulator(), Simulator()

    async def live(sim, client, opened, ask_now):
        with sim.intercept():
            opened.set()
            await ask_now.wait()
            await client.beta.threads.create(extra_headers=V2)

    async def main():
        events = [asyncio.Event() for _ in range(4)]
        async with async_sdk() as client:
            one = asyncio.create_task(live(first, client, *events[:2]))
            await events[0].wait()
            two = asyncio.create_task(live(second, client, *events[2:]))
            await events[2].wait()
            events[1].set()
            await one  # the older: its request is the newer's, and it ends first
            events[3].set()
            await two

    asyncio.run(main())
    assert had(first, second) == [0, 2]
    assert network.requests == []


def test_tasks_with_clients_of_their_own_have_worlds_of_their_own(network):
    async def live(number):
        sim = Simulator()
        async with sim.async_client() as client:
            for _ in range(number):
                await client.beta.threads.create(extra_headers=V2)
                await asyncio.sleep(0)
        return len(sim.requests)

    async def main():
        return await asyncio.gather(*(live(number) for number in range(1, 6)))

    assert asyncio.run(main()) == [1, 2, 3, 4, 5]
    assert network.requests == []


def test_threads_with_hosts_of_their_own_have_worlds_of_their_own(ask, network):
    simulators = [Simulator(hosts=[f"t{number}.example"]) for number in range(6)]
    barrier, errors = threading.Barrier(6), []

    def live(number):
        try:
            barrier.wait()
            for _ in range(5):
                with simulators[number].intercept():
                    for _ in range(number):
                        ask(f"https://t{number}.example/v1")
        except BaseException as error:  # noqa: BLE001  # a thread's failure must reach the test
            errors.append(error)

    threads = [threading.Thread(target=live, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert had(*simulators) == [5 * number for number in range(6)]
    assert network.requests == []


def test_many_at_once(ask, network):
    simulators = [Simulator() for _ in range(40)]
    with ExitStack() as stack:
        for sim in simulators:
            stack.enter_context(sim.intercept())
        ask()
    assert had(*simulators) == [0] * 39 + [1]
    assert network.requests == []
