"""A caller who speaks version 1, beside the one who speaks version 2, of the same simulator."""

import json

import pytest

V1 = {"openai-beta": "assistants=v1", "content-type": "application/json"}


@pytest.fixture
def v1(api_of, sim):
    class Old(api_of):
        """As `Api`, with the header of version 1."""

        def send(self, method, path, body=None, *, headers=V1, **options):
            return super().send(method, path, body, headers=headers, **options)

    return Old(sim)


@pytest.fixture
def file(sim):
    """Place a file and return its id."""
    return lambda file_id: sim.put("files", {"id": file_id})["id"]


@pytest.fixture
def old_run(sim, v1):
    """Script turns and start a run by version 1, after `seconds`; return its path."""

    def start(*turns, seconds=30, **assistant):
        sim.script(*turns)
        assistant_id = v1.made("/assistants", {"model": "gpt-4", **assistant})["id"]
        run = v1.made("/threads/runs", {"assistant_id": assistant_id, "thread": {"messages": []}})
        sim.clock.advance(seconds)
        return f"/threads/{run['thread_id']}/runs/{run['id']}"

    return start


@pytest.fixture
def refused_v1(v1, unchanged):
    """Post what version 1 must refuse, with everything as before; return the text."""

    def post(path, body, status=400):
        with unchanged():
            answer = v1.post(path, body)
        assert answer.status == status, answer.body
        assert json.loads(answer.body)["error"].keys() == {"message", "type", "param", "code"}
        return answer.error["message"]

    return post
