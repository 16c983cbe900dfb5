"""The floor: the same SDK and the same HTTP library, and answers that were recorded before.

The handler does the least that a stand-in can do: it looks at nothing, and makes a response of the
next answer. `stream=` is what the simulator uses too, and costs less than `content=`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openai

from simulator import Request, Response, Simulator
from simulator.api.wire import Frame
from simulator.transport.clients import BASE_URL, openai_client
from simulator.transport.libraries import sdk_library

KEY = "sk-bench"


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded response; a streamed body is its chunks, which grow while it is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes | list[bytes]


def record(sim: Simulator, call: Callable[[openai.OpenAI], object]) -> list[Answer]:
    """Return what `sim` answers to the requests of `call`, which reads its streams to the end."""
    answers: list[Answer] = []

    def handle(request: Request) -> Response:
        response = sim.handle(request)
        assert isinstance(response, Response), "no fault is planned"
        if isinstance(response.body, bytes):
            answers.append(Answer(response.status, response.headers, response.body))
            return response
        chunks: list[bytes] = []
        answers.append(Answer(response.status, response.headers, chunks))
        return Response(response.status, response.headers, _kept(response.body, chunks))

    call(openai_client(handle, sim.wait_until))
    return answers


def canned_client(answers: Iterable[Answer]) -> openai.OpenAI:
    """Return a client that gets these answers, one after the other, again and again."""
    library: Any = sdk_library()
    in_turn = itertools.cycle(answers)
    stream_class = _stream_class(library)

    def handler(request: object) -> object:
        answer = next(in_turn)
        body = answer.body
        stream = library.ByteStream(body) if isinstance(body, bytes) else stream_class(body)
        return library.Response(answer.status, headers=answer.headers, stream=stream)

    http_client = library.Client(transport=library.MockTransport(handler), follow_redirects=True, trust_env=False)
    return openai.OpenAI(api_key=KEY, base_url=BASE_URL, http_client=http_client)


def _kept(frames: Iterator[Frame], chunks: list[bytes]) -> Iterator[Frame]:
    for frame in frames:
        if frame.data:
            chunks.append(frame.data)
        yield frame


def _stream_class(library: Any) -> Any:  # Any: a class made of a module that is known at run time only
    class Chunks(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, chunks: list[bytes]) -> None:
            self._chunks = chunks

        def __iter__(self) -> Iterator[bytes]:
            yield from self._chunks

    return Chunks
