"""The transport under clients of httpx and httpx2, without the SDK."""

from __future__ import annotations

import asyncio
import json

import anyio
import pytest

from simulator.api.wire import EVENT_STREAM_TYPE, Frame, NoResponse, NoResponseKind, Response
from simulator.transport import httpx_transport
from simulator.transport.httpx_transport import transport_for

URL = "https://api.openai.com/v1/threads"


def never(_due):
    raise AssertionError("nothing to wait for")


def client_of(library, handle, wait_until=never, **kwargs):
    return library.Client(transport=transport_for(library, handle, wait_until), **kwargs)


def async_client_of(library, handle, wait_until=never, **kwargs):
    return library.AsyncClient(transport=transport_for(library, handle, wait_until), **kwargs)


@pytest.fixture
def seen():
    return []


@pytest.fixture
def echo(seen):
    def handle(request):
        seen.append(request)
        return Response(200, {"content-type": "application/json", "x-request-id": "req_1"}, b'{"a": 1}')

    return handle


# requests


def test_a_request_arrives_as_a_value(library, echo, seen):
    with client_of(library, echo, timeout=17) as client:
        client.post(f"{URL}/a%20b?limit=2&after=x?y", json={"x": "é"}, headers={"OpenAI-Beta": "assistants=v2"})
    (request,) = seen
    assert request.method == "POST"
    assert request.path == "/v1/threads/a%20b"
    assert request.query == "limit=2&after=x?y"
    assert request.base_url == "https://api.openai.com"
    assert request.timeout == 17
    assert json.loads(request.body) == {"x": "é"}
    assert request.headers["openai-beta"] == "assistants=v2"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == "api.openai.com"
    assert request.headers["content-length"] == str(len(request.body))
    assert all(name == name.lower() for name in request.headers)


def test_an_async_request_arrives_as_the_same_value(library, echo, seen):
    async def main():
        async with async_client_of(library, echo) as client:
            await client.post(f"{URL}?limit=2", json={"x": 1})

    asyncio.run(main())
    with client_of(library, echo) as client:
        client.post(f"{URL}?limit=2", json={"x": 1})
    assert seen[0] == seen[1]


def test_what_a_request_does_not_have_is_empty(library, echo, seen):
    with client_of(library, echo, timeout=None) as client:
        client.get("http://localhost:8000")
    (request,) = seen
    assert (request.path, request.query, request.body, request.timeout) == ("/", "", b"", None)
    assert request.base_url == "http://localhost:8000"


def test_a_transport_may_be_asked_without_a_client(library, echo, seen):
    transport = transport_for(library, echo, never)
    assert transport.handle_request(library.Request("GET", URL)).status_code == 200
    assert seen[0].timeout is None


def test_repeated_headers_are_joined_and_odd_bytes_survive(library, echo, seen):
    with client_of(library, echo) as client:
        client.get(URL, headers=[("X-A", "1"), ("x-a", "2"), (b"x-b", b"caf\xe9")])
    assert seen[0].headers["x-a"] == "1, 2"
    assert seen[0].headers["x-b"] == "café"


def test_streamed_bodies_are_read(library, echo, seen):
    def chunks():
        yield b"one "
        yield b"two"

    with client_of(library, echo) as client:
        client.post(URL, content=chunks())
        client.post(URL, files={"file": ("a.txt", b"contents")}, data={"purpose": "assistants"})
    assert seen[0].body == b"one two"
    assert b'filename="a.txt"' in seen[1].body
    assert b"contents" in seen[1].body
    assert seen[1].headers["content-type"].startswith("multipart/form-data; boundary=")


def test_async_streamed_bodies_are_read(library, echo, seen):
    async def chunks():
        yield b"one "
        yield b"two"

    async def main():
        async with async_client_of(library, echo) as client:
            await client.post(URL, content=chunks())
            await client.post(URL, files={"file": ("a.txt", b"contents")})

    asyncio.run(main())
    assert seen[0].body == b"one two"
    assert b"contents" in seen[1].body


# plain responses


def test_a_response_arrives_with_status_headers_and_body(library):
    with client_of(library, lambda _: Response(404, {"X-Request-Id": "req_1"}, b'{"error": 1}')) as client:
        response = client.get(URL)
    assert response.status_code == 404
    assert dict(response.headers) == {"x-request-id": "req_1"}
    assert response.json() == {"error": 1}
    assert response.request.url == URL


def test_an_empty_body_is_empty(library):
    with client_of(library, lambda _: Response(404, {}, b"")) as client:
        assert client.get(URL).content == b""


def test_a_response_is_not_read_before_the_client_reads_it(library, echo):
    # a MockTransport's is: `elapsed` and `iter_raw` fail on it
    with client_of(library, echo) as client:
        with client.stream("GET", URL) as response:
            assert not response.is_closed
            assert list(response.iter_raw()) == [b'{"a": 1}']
        assert client.get(URL).elapsed.total_seconds() >= 0


def test_an_async_response_is_not_read_before_the_client_reads_it(library, echo):
    async def main():
        async with async_client_of(library, echo) as client, client.stream("GET", URL) as response:
            assert not response.is_closed
            return [chunk async for chunk in response.aiter_raw()]

    assert asyncio.run(main()) == [b'{"a": 1}']


def test_what_the_handler_raises_comes_through(library):
    def handle(_request):
        raise ZeroDivisionError

    with client_of(library, handle) as client, pytest.raises(ZeroDivisionError):
        client.get(URL)


def test_empty_frames_are_not_passed_on(library):
    frames = [Frame(0.0, b""), Frame(1.0, b"a"), Frame(2.0, b"")]
    transport = transport_for(library, lambda _: Response(200, {}, iter(frames)), lambda _: None)

    async def aread():
        return [chunk async for chunk in transport.handle_request(library.Request("GET", URL)).stream]

    assert list(transport.handle_request(library.Request("GET", URL)).stream) == [b"a"]
    frames[:] = [Frame(0.0, b""), Frame(1.0, b"b")]
    assert asyncio.run(aread()) == [b"b"]


# no response

KINDS = [
    (NoResponseKind.CONNECT_REFUSED, "ConnectError"),
    (NoResponseKind.CONNECT_TIMEOUT, "ConnectTimeout"),
    (NoResponseKind.READ_TIMEOUT, "ReadTimeout"),
    (NoResponseKind.RESET, "ReadError"),
    (NoResponseKind.CLOSED, "RemoteProtocolError"),
]


def test_every_kind_of_failure_is_listed():
    assert {kind for kind, _ in KINDS} == set(NoResponseKind) == set(httpx_transport.FAILURES)


@pytest.mark.parametrize("kind, name", KINDS)
def test_no_response_is_the_exception_of_the_library(library, kind, name):
    with client_of(library, lambda _: NoResponse(kind)) as client, pytest.raises(library.TransportError) as raised:
        client.get(URL)
    assert type(raised.value) is getattr(library, name)
    assert raised.value.request.url == URL
    assert str(raised.value)


def test_the_exception_has_its_request_without_a_client_too(library):
    request = library.Request("GET", URL)
    with pytest.raises(library.ReadError) as raised:
        transport_for(library, lambda _: NoResponse(NoResponseKind.RESET), never).handle_request(request)
    assert raised.value.request is request


@pytest.mark.parametrize("kind, name", KINDS)
def test_no_response_is_the_exception_of_the_library_in_async_clients(library, kind, name):
    async def main():
        async with async_client_of(library, lambda _: NoResponse(kind)) as client:
            await client.get(URL)

    with pytest.raises(getattr(library, name)):
        asyncio.run(main())


# streams


class Producer:
    """Frames, and a log of what happened in what order."""

    def __init__(self, frames):
        self.log = []
        self.frames = frames

    def handle(self, _request):
        return Response(200, {"content-type": EVENT_STREAM_TYPE}, self.produce())

    def produce(self):
        try:
            for frame in self.frames:
                self.log.append(f"made {frame.due}")
                yield frame
        finally:
            self.log.append("ended")

    def wait_until(self, due):
        self.log.append(f"waited {due}")


@pytest.fixture
def producer():
    return Producer([Frame(1.0, b"a"), Frame(2.5, b""), Frame(4.0, b"b")])


ORDER = ["made 1.0", "waited 1.0", "read a", "made 2.5", "waited 2.5", "made 4.0", "waited 4.0", "read b", "ended"]


def test_each_frame_is_made_waited_for_and_read_before_the_next(library, producer):
    with (
        client_of(library, producer.handle, producer.wait_until) as client,
        client.stream("POST", URL) as response,
    ):
        assert producer.log == []
        for chunk in response.iter_raw():
            producer.log.append(f"read {chunk.decode()}")
    assert producer.log == ORDER


def test_each_frame_is_made_waited_for_and_read_before_the_next_in_async_clients(library, producer):
    async def main():
        async with (
            async_client_of(library, producer.handle, producer.wait_until) as client,
            client.stream("POST", URL) as response,
        ):
            assert producer.log == []
            async for chunk in response.aiter_raw():
                producer.log.append(f"read {chunk.decode()}")

    asyncio.run(main())
    assert producer.log == ORDER


def test_a_stream_may_be_read_whole(library, producer):
    with client_of(library, producer.handle, producer.wait_until) as client:
        assert client.post(URL).content == b"ab"
    assert producer.log[-1] == "ended"


def test_a_stream_that_is_closed_early_ends_its_producer(library, producer):
    with client_of(library, producer.handle, producer.wait_until) as client:
        with client.stream("POST", URL) as response:
            chunks = response.iter_raw()  # held: the stream is closed with the iterator too
            next(chunks)
            assert "ended" not in producer.log
        assert producer.log == ["made 1.0", "waited 1.0", "ended"]


def test_an_async_stream_that_is_closed_early_ends_its_producer(library, producer):
    async def main():
        async with async_client_of(library, producer.handle, producer.wait_until) as client:
            async with client.stream("POST", URL) as response:
                async for _ in response.aiter_raw():
                    break
            assert producer.log == ["made 1.0", "waited 1.0", "ended"]

    asyncio.run(main())


def test_a_stream_that_is_never_read_is_closed_too(library, producer):
    with (
        client_of(library, producer.handle, producer.wait_until) as client,
        client.stream("POST", URL) as response,
    ):
        pass
    assert response.is_closed
    assert producer.log == []


def test_frames_that_cannot_be_closed_are_left_alone(library):
    frames = iter([Frame(0.0, b"a"), Frame(0.0, b"b")])
    with client_of(library, lambda _: Response(200, {}, frames), lambda _: None) as client:
        with client.stream("POST", URL) as response:
            next(response.iter_raw())
        assert next(frames).data == b"b"


def test_other_tasks_run_between_the_frames(library):
    producer = Producer([Frame(float(number), b"x") for number in range(20)])
    turns = []

    async def main():
        async with (
            async_client_of(library, producer.handle, producer.wait_until) as client,
            client.stream("POST", URL) as response,
        ):
            other = asyncio.create_task(count())
            async for _ in response.aiter_raw():
                producer.log.append(f"turn {len(turns)}")
            other.cancel()

    async def count():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    asyncio.run(main())
    assert len(turns) >= 20
    assert len({entry for entry in producer.log if entry.startswith("turn")}) == 20


def test_a_task_that_reads_a_stream_can_be_cancelled(library):
    producer = Producer([Frame(float(number), b"x") for number in range(1000)])

    async def read(response):
        async for _ in response.aiter_raw():
            pass

    async def main():
        async with (
            async_client_of(library, producer.handle, producer.wait_until) as client,
            client.stream("POST", URL) as response,
        ):
            task = asyncio.create_task(read(response))
            for _ in range(5):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()

    asyncio.run(main())
    assert producer.log[-1] == "ended"
    assert len(producer.log) < 20


def test_other_tasks_run_between_requests(library, echo, seen):
    async def poll(client, name):
        for _ in range(3):
            await client.get(f"{URL}/{name}")

    async def main():
        async with async_client_of(library, echo) as client:
            await asyncio.gather(poll(client, "a"), poll(client, "b"))

    asyncio.run(main())
    assert [request.path[-1] for request in seen] == ["a", "b", "a", "b", "a", "b"]


@pytest.mark.parametrize("seconds", [0, 2.5])
def test_without_asyncio_the_turn_is_given_by_anyio(monkeypatch, seconds):
    # A loop of another kind is one in which asyncio runs none.
    given = []

    async def sleep(seconds):
        given.append(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    with pytest.raises(StopIteration):
        httpx_transport.pause(seconds).send(None)
    assert given == [seconds]
