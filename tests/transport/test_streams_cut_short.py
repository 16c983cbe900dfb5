"""A stream that its reader leaves: the run goes on, the clock stands, no lock is held, nothing is complained of."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from simulator import Simulator, say
from simulator.transport.httpx_transport import FrameStream

V2 = {"OpenAI-Beta": "assistants=v2"}  # SDKs before 1.21 send v1
WORDS = [f"word{number} " for number in range(50)]

pytestmark = pytest.mark.usefixtures("streaming")


@pytest.fixture
def sim():
    sim = Simulator()
    sim.put("assistants", {"id": "asst_1"})
    sim.put("threads", {"id": "thread_1"})
    sim.put("messages", {"thread_id": "thread_1", "role": "user", "content": "Hello?"})
    sim.script(say("".join(WORDS), chunks=WORDS, takes=10))
    with sim.intercept():
        yield sim


def start(client):
    return client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True, extra_headers=V2)


DELTAS = 3


def is_enough(event, seen):
    seen.extend([event] if event.event == "thread.message.delta" else [])
    return len(seen) == DELTAS


@pytest.fixture
def goes_on(sim):
    """Hold that a run whose stream was left in the middle goes on as if nobody had read it."""

    def goes_on(left_at):
        gc.collect()
        assert not sim._lock.locked()
        (run,) = sim.runs
        assert (run["status"], sim.clock.now()) == ("in_progress", left_at)  # to leave takes no time
        sim.clock.advance(60)
        assert sim.runs[0]["status"] == "completed"
        assert sim.messages("thread_1")[-1]["content"][0]["text"]["value"] == "".join(WORDS)
        sim.check()

    return goes_on


def read_some(sim, stream):
    seen = []
    for event in stream:
        if is_enough(event, seen):
            break
    return sim.clock.now()


async def aread_some(sim, stream):
    seen = []
    async for event in stream:
        if is_enough(event, seen):
            break
    return sim.clock.now()


def test_closed(sim, sdk, goes_on):
    stream = start(sdk())
    left_at = read_some(sim, stream)
    stream.response.close()
    goes_on(left_at)


def test_left_by_the_end_of_its_block(sim, sdk, goes_on):
    with start(sdk()) as stream:
        left_at = read_some(sim, stream)
    goes_on(left_at)


def test_left_by_an_exception(sim, sdk, goes_on):
    left_at = []

    def read(stream):
        left_at.append(read_some(sim, stream))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), start(sdk()) as stream:
        read(stream)
    goes_on(left_at[0])


def test_collected_as_garbage(sim, sdk, goes_on):
    client = sdk()
    stream = start(client)
    left_at = read_some(sim, stream)
    del stream
    goes_on(left_at)


def test_with_its_client_closed(sim, sdk, goes_on):
    client = sdk()
    stream = start(client)
    left_at = read_some(sim, stream)
    client.close()
    goes_on(left_at)
    assert [event.event for event in stream][-1] == "thread.run.completed"  # what was open is read to its end


def test_left_in_the_helper(sim, sdk, goes_on):
    runs = sdk().beta.threads.runs
    if not hasattr(runs, "stream"):
        pytest.skip("this SDK has no helper")
    with runs.stream(thread_id="thread_1", assistant_id="asst_1", extra_headers=V2) as stream:
        left_at = read_some(sim, stream)
    goes_on(left_at)


def test_never_read(sim, sdk, goes_on):
    stream = start(sdk())
    stream.response.close()
    assert sim.runs[0]["status"] == "queued"
    sim.clock.advance(60)
    assert sim.runs[0]["status"] == "completed"


def test_closed_while_another_thread_reads(sim, sdk):
    stream = start(sdk())
    read, closed = threading.Event(), threading.Event()
    ended = []

    def reader():
        try:
            for _ in stream:
                read.set()
                closed.wait()
        except Exception as error:  # noqa: BLE001  # what it is told is the library's affair
            ended.append(error)

    thread = threading.Thread(target=reader)
    thread.start()
    read.wait()
    stream.response.close()
    closed.set()
    thread.join()
    assert not sim._lock.locked()
    sim.clock.advance(60)
    assert sim.runs[0]["status"] == "completed"


def test_a_stream_whose_frames_are_being_made_is_closed_by_their_reader():
    def frames():
        stream.close()  # from within, as a second thread does
        yield from ()

    stream = FrameStream(frames(), lambda due: None, ConnectionError)
    assert list(stream) == []


# trio says it of every async generator that is left open, those of the SDK and of its library; none of ours
@pytest.mark.filterwarnings(r"ignore:Async generator '(openai|httpx2?)\.:ResourceWarning")
@pytest.mark.filterwarnings("ignore:the program ran on:UserWarning")  # test_virtual_time_others has that
@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "trio"])
@pytest.mark.parametrize("how", ["close", "aclose", "leave", "garbage"])
def test_left_in_an_async_client(sim, async_sdk, goes_on, loop, how):
    runner = pytest.importorskip("anyio").run
    if loop != "asyncio":
        pytest.importorskip(loop)
    options = {"use_uvloop": True} if loop == "uvloop" else {}

    async def main():
        client = async_sdk()
        stream = await start(client)
        if how == "leave":
            async with stream:
                left_at = await aread_some(sim, stream)
        else:
            left_at = await aread_some(sim, stream)
        if how == "close" and hasattr(stream, "close"):
            await stream.close()
        if how == "aclose":
            await stream.response.aclose()
        del stream
        gc.collect()
        await client.close()
        return left_at

    left_at = runner(main, backend="trio" if loop == "trio" else "asyncio", backend_options=options)
    goes_on(left_at)


def test_its_task_is_cancelled(sim, async_sdk, goes_on):
    async def main():
        client = async_sdk()
        stream = await start(client)
        seen, enough = [], asyncio.Event()

        async def read():
            async with stream:
                async for event in stream:
                    if is_enough(event, seen):
                        enough.set()

        task = asyncio.create_task(read())
        await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        await client.close()
        return sim.clock.now()

    goes_on(asyncio.run(main()))


def test_its_loop_ends_first(sim, async_sdk, goes_on):
    left = []

    async def main():
        stream = await start(async_sdk())
        left.append(await aread_some(sim, stream))
        return stream

    stream = asyncio.run(main())
    del stream
    goes_on(left[0])
