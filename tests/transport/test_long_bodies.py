"""A body that is longer than anything that is taken is refused before it is in memory."""

from __future__ import annotations

import asyncio
import io

import openai
import pytest

from simulator import Simulator

TOO_LONG = 40 << 20


class Unread(io.RawIOBase):
    """A file of `TOO_LONG` bytes that nobody may read."""

    name = "huge.txt"

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return 0

    def seek(self, offset, whence=io.SEEK_SET):
        return TOO_LONG if whence == io.SEEK_END else 0

    def readinto(self, buffer):
        raise AssertionError("it was read")


@pytest.fixture
def sim():
    return Simulator(max_upload_bytes=1 << 20)


def upload(client):
    return client.files.create(file=("huge.txt", Unread()), purpose="assistants")


def refused(sim):
    (one,) = sim.requests
    assert (one.status, one.response_json["error"]["code"]) == (413, "request_too_large")
    assert list(sim._backend.store.files) == []
    return True


def test_in_process(sim):
    with sim.client() as client, pytest.raises(openai.APIStatusError, match=r"The request body has 4194\d{4} bytes"):
        upload(client)
    assert refused(sim)


def test_in_process_by_an_async_client(sim):
    async def main():
        async with sim.async_client() as client:
            with pytest.raises(openai.APIStatusError, match="The request body has"):
                await upload(client)

    asyncio.run(main())
    assert refused(sim)


def test_intercepted(sim):
    with sim.intercept(), openai.OpenAI() as client, pytest.raises(openai.APIStatusError, match="The request body has"):
        upload(client)
    assert refused(sim)


def test_intercepted_from_an_async_client(sim):
    async def main():
        async with openai.AsyncOpenAI() as client:
            with pytest.raises(openai.APIStatusError, match="The request body has"):
                await upload(client)

    with sim.intercept():
        asyncio.run(main())
    assert refused(sim)


def test_what_is_within_the_limit_is_read_as_it_was(sim):
    with sim.client() as client:
        file = client.files.create(file=("a.txt", io.BytesIO(b"x" * 1_000)), purpose="assistants")
        assert client.files.content(file.id).read() == b"x" * 1_000


def test_a_stub_never_sees_a_body_that_was_not_read(sim):
    seen = []
    sim.stub("POST /v1/audio/transcriptions", lambda request: seen.append(request.body) or {"text": "hm"})
    with sim.client() as client:
        client.audio.transcriptions.create(file=("a.wav", io.BytesIO(b"x" * 1_000)), model="whisper-1")
        with pytest.raises(openai.APIStatusError, match="The request body has"):
            client.audio.transcriptions.create(file=("huge.wav", Unread()), model="whisper-1")
    assert len(seen) == 1
