"""A stop is no `Exception`: what becomes of it in tasks, threads and clients that try again."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import openai
import pytest
import requests
import urllib3

from simulator import Simulator
from simulator.errors import CheckFailed, RequestBlocked
from simulator.transport.libraries import sdk_library

URL = "https://api.openai.com/v1/embeddings"


async def ask():
    async with aiohttp.ClientSession() as session:
        await session.get(URL)


async def gathered():
    await asyncio.gather(ask(), asyncio.sleep(0))


async def in_a_task():
    task = asyncio.create_task(ask())
    await asyncio.wait([task])
    assert isinstance(task.exception(), RequestBlocked)
    await task


async def in_a_task_group():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
    except BaseExceptionGroup as failed:
        (stopped,) = failed.exceptions
        raise stopped from None


async def in_time():
    await asyncio.wait_for(ask(), 60)


@pytest.mark.parametrize("program", [ask, gathered, in_a_task, in_a_task_group, in_time])
def test_whoever_waits_for_a_task_gets_it(guarded, network, program):
    with guarded() as told, pytest.raises(RequestBlocked):
        asyncio.run(program())
    assert len(told) == 1
    assert network == []


def test_a_task_that_nobody_waits_for_is_found_by_check(caplog):
    async def main():
        await asyncio.wait([asyncio.create_task(ask())])

    with Simulator().intercept() as sim:
        asyncio.run(main())
    assert "Task exception was never retrieved" in caplog.text
    with pytest.raises(CheckFailed, match="Blocked: aiohttp was about to send GET"):
        sim.check()


def test_so_is_a_thread(monkeypatch):
    ended = []
    monkeypatch.setattr(threading, "excepthook", lambda args: ended.append(args.exc_type))
    with Simulator().intercept() as sim:
        thread = threading.Thread(target=requests.get, args=(URL,))
        thread.start()
        thread.join()
    assert ended == [RequestBlocked]
    with pytest.raises(CheckFailed, match="Blocked: requests was about to send GET"):
        sim.check()


def test_a_future_has_it(guarded):
    with guarded(), ThreadPoolExecutor() as pool, pytest.raises(RequestBlocked):
        pool.submit(requests.get, URL).result()


def test_check_tells_it_once_passes_over_it_and_forgets_it_at_a_reset():
    with Simulator().intercept() as sim:
        for _ in range(3):
            with pytest.raises(RequestBlocked) as stopped:
                requests.get(URL)
    with pytest.raises(CheckFailed) as found:
        sim.check()
    assert str(found.value) == str(stopped.value)
    sim.check(allow={"blocked_request"})
    sim.reset()
    sim.check()


def test_nobody_tries_again(guarded):
    with guarded() as told, urllib3.PoolManager() as pool, pytest.raises(RequestBlocked):
        pool.request("GET", URL, retries=5)
    assert len(told) == 1


def test_neither_does_the_sdk(guarded, network):
    library = sdk_library()
    handle_request = library.HTTPTransport.handle_request

    class Own(library.BaseTransport):
        def handle_request(self, request):
            with library.HTTPTransport() as real:
                return handle_request(real, request)

    client = openai.OpenAI(api_key="sk-test", http_client=library.Client(transport=Own()))
    with guarded() as told, pytest.raises(RequestBlocked, match="the client's own transport goes round it"):
        client.beta.threads.retrieve("thread_1")
    assert len(told) == 1
    assert network == []
