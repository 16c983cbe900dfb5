"""Recording over a real socket and replaying what was recorded, by `use_cassette`."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from simulator import Simulator
from simulator.errors import CassetteError, CheckFailed, UsageError
from simulator.recording import forms, writing
from simulator.recording.session import Mode
from simulator.recording.using import use_cassette
from simulator.transport import libraries

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]


def ask(client, text="What is the weather?"):
    """One question, with a tool call, polled to its end."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": one.id, "output": "sunny"} for one in calls]
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    return client.beta.threads.messages.list(thread.id).data[0].content[0].text.value


def stream_of(client, text="What is the weather?"):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)


def labels(path):
    return [one.label for one in forms.load(path).interactions]


def test_a_session_is_recorded_and_then_replayed_without_the_service(service, tmp_path):
    path = tmp_path / "weather.yaml"
    with openai.OpenAI() as client, use_cassette(path) as session:
        first = ask(client)
        assert session.mode is Mode.RECORD
        assert not path.exists()
    with (
        openai.OpenAI(base_url="http://127.0.0.1:9/v1") as client,
        use_cassette(path, hosts=["127.0.0.1:9"]) as session,
    ):
        assert ask(client) == first
        assert session.mode is Mode.REPLAY


def test_replay_needs_no_key(service, tmp_path, monkeypatch):
    with use_cassette(tmp_path / "weather"):
        ask(openai.OpenAI())
    monkeypatch.delenv("OPENAI_API_KEY")
    with use_cassette(tmp_path / "weather"):
        ask(openai.OpenAI())
    assert "OPENAI_API_KEY" not in os.environ


def test_the_file_is_our_form_with_a_head_and_without_secrets(client, tmp_path):
    with use_cassette(tmp_path / "weather"):
        ask(client)
    text = (tmp_path / "weather.yaml").read_text()
    session = forms.load(tmp_path / "weather.yaml")
    assert session.form == "own"
    assert session.head.api_version == "v2"
    assert session.head.sdk == f"OpenAI/Python {openai.__version__}"
    assert session.head.recorded_at is not None
    assert "canary" not in text
    assert {name for one in session.interactions for name in one.request.headers} == {"content-type", "openai-beta"}
    assert {name for one in session.interactions for name in one.response.headers} <= {
        "content-type",
        "openai-poll-after-ms",
    }


def test_an_async_session_with_a_stream_is_recorded_and_replayed(service, tmp_path):
    async def program():
        async with openai.AsyncOpenAI() as client:
            assistant = await client.beta.assistants.create(model="gpt-4o")
            thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}])
            stream = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
            return [event.event async for event in stream]

    async def session():
        async with use_cassette(tmp_path / "hello"):
            return await program()

    recorded = asyncio.run(session())
    assert recorded[-1] == "thread.run.completed"
    assert asyncio.run(session()) == recorded
    assert labels(tmp_path / "hello.yaml")[-1].endswith("/runs")


def test_a_recorded_stream_reaches_the_program_event_by_event(serving, monkeypatch, tmp_path):
    allowed = threading.Semaphore(0)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    with serving(before_frame=lambda number: allowed.acquire()) as url:
        client = openai.OpenAI(base_url=url)
        with use_cassette(tmp_path / "hello"):
            seen = []
            allowed.release()
            for event in stream_of(client):
                seen.append(event.event)  # the frame behind this one has not left the service yet
                allowed.release()
    (*_, last) = forms.load(tmp_path / "hello.yaml").interactions
    assert [event.event for event in last.response.events] == [*seen, "done"]


def test_of_a_stream_that_the_program_leaves_what_it_read_is_recorded(client, tmp_path):
    with use_cassette(tmp_path / "hello"), stream_of(client) as stream:
        first = next(iter(stream))
    (*_, last) = forms.load(tmp_path / "hello.yaml").interactions
    events = last.response.events
    assert events[0].event == first.event == "thread.run.created"
    assert all(event.json or event.data == "[DONE]" for event in events)  # whole events only


def test_a_stream_that_is_open_when_the_block_ends_is_recorded_as_far_as_it_was_read(client, tmp_path):
    with use_cassette(tmp_path / "hello"):
        stream = stream_of(client)
        next(iter(stream))
    stream.close()
    assert labels(tmp_path / "hello.yaml")[-1].endswith("/runs")


def test_requests_stand_in_the_order_in_which_they_began_whatever_answered_first(serving, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    streaming, may_end = threading.Event(), threading.Event()

    def before_frame(number):
        if number == 3:
            streaming.set()
            assert may_end.wait(10)

    with serving(before_frame=before_frame) as url, ThreadPoolExecutor() as pool:
        client = openai.OpenAI(base_url=url)
        with use_cassette(tmp_path / "both"):
            slow = pool.submit(lambda: list(stream_of(client)))
            assert streaming.wait(10)
            client.beta.assistants.list()
            may_end.set()
            slow.result()
    assert [label.rpartition("/")[2] for label in labels(tmp_path / "both.yaml")] == [
        "assistants",
        "threads",
        "runs",
        "assistants",
    ]


def test_clients_in_many_threads_are_all_recorded(client, tmp_path):
    with use_cassette(tmp_path / "many"), ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda number: ask(client, f"Question {number}?"), range(8)))
    interactions = forms.load(tmp_path / "many.yaml").interactions
    assert len(texts) == sum(one.request.path.endswith("/assistants") for one in interactions) == 8


@pytest.mark.parametrize("name", libraries.NAMES)
def test_both_libraries_are_recorded_sync_and_async(name, service, tmp_path):
    library = pytest.importorskip(name)
    headers = {"user-agent": "OpenAI/Python 0", "openai-beta": "assistants=v2"}

    async def program():
        async with library.AsyncClient(headers=headers) as client:
            await client.post(f"{service}/threads", json={})

    with use_cassette(tmp_path / "threads"):
        library.post(f"{service}/threads", json={"metadata": {"a": "b"}}, headers=headers)
        asyncio.run(program())
    interactions = forms.load(tmp_path / "threads.yaml").interactions
    assert [one.request.json for one in interactions] == [{"metadata": {"a": "b"}}, {}]


def test_the_sdk_on_aiohttp_is_recorded_and_replayed(service, tmp_path):
    pytest.importorskip("aiohttp")
    make_client = getattr(openai, "DefaultAioHttpClient", None) or pytest.skip("this SDK has no client for aiohttp")

    async def session():
        with use_cassette(tmp_path / "hello"):
            async with make_client() as transport, openai.AsyncOpenAI(http_client=transport) as client:
                assistant = await client.beta.assistants.create(model="gpt-4o")
                thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}])
                stream = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
                return [event.event async for event in stream]

    recorded = asyncio.run(session())
    assert recorded[-1] == "thread.run.completed"
    assert asyncio.run(session()) == recorded
    assert len(labels(tmp_path / "hello.yaml")) == 3


def test_requests_to_other_services_pass_and_are_not_recorded(service, serving, tmp_path, monkeypatch):
    library = libraries.sdk_library()
    with serving() as other, use_cassette(tmp_path / "threads"):
        assert library.get(f"{other}/assistants", headers={"openai-beta": "assistants=v2"}).status_code == 200
        openai.OpenAI().beta.threads.create()
    assert labels(tmp_path / "threads.yaml") == ["POST /v1/threads"]


def test_what_the_sdk_sends_is_recorded_whatever_its_host(service, serving, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL")
    with use_cassette(tmp_path / "threads"):
        openai.OpenAI(base_url=service).beta.threads.create()
    with use_cassette(tmp_path / "threads"):
        assert openai.OpenAI(base_url=service).beta.threads.create().id.startswith("thread_")


def test_what_was_scrubbed_is_found_by_the_request_that_was_not(client, tmp_path):
    for is_replay in (False, True):
        with use_cassette(tmp_path / "letter"):
            thread = client.beta.threads.create(metadata={"to": "ann@acme-corp.io"}, extra_query={"token": "abc"})
            assert thread.metadata == {"to": "someone@example.com" if is_replay else "ann@acme-corp.io"}
    assert labels(tmp_path / "letter.yaml") == ["POST /v1/threads?token=scrubbed-named-secret"]


def test_live_lets_everything_through_and_writes_nothing(client, tmp_path):
    with use_cassette(tmp_path / "weather", mode="live") as session:
        assert ask(client)
    assert session.mode is Mode.LIVE
    assert list(tmp_path.iterdir()) == []


def test_hooks_are_those_of_vcrpy(client, tmp_path):
    def drop_lists(request):
        return None if request.method == "GET" else request

    def other_model(response):
        response["body"]["string"] = response["body"]["string"].replace(b"gpt-4o", b"hooked")
        return response

    with use_cassette(tmp_path / "x", before_record_request=drop_lists, before_record_response=other_model):
        client.beta.assistants.list()
        client.beta.assistants.create(model="gpt-4o")
    (only,) = forms.load(tmp_path / "x.yaml").interactions
    assert only.response.json["model"] == "hooked"


def test_compressed_answers_are_written_decoded(tmp_path, monkeypatch, service):
    library = libraries.sdk_library()
    import gzip

    def compressed(self, request):
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        return library.Response(200, headers=headers, stream=library.ByteStream(gzip.compress(b'{"id": "thread_1"}')))

    monkeypatch.setattr(library.HTTPTransport, "handle_request", compressed)
    with use_cassette(tmp_path / "x"):
        assert openai.OpenAI().beta.threads.create().id == "thread_1"
    (only,) = forms.load(tmp_path / "x.yaml").interactions
    assert only.response.json == {"id": "thread_1"}
    assert "content-encoding" not in only.response.headers


# Decorators.


def test_it_decorates_functions_and_async_functions(service, tmp_path):
    @use_cassette(tmp_path / "sync")
    def program():
        return openai.OpenAI().beta.threads.create().id

    @use_cassette(tmp_path / "async")
    async def aprogram():
        async with openai.AsyncOpenAI() as client:
            return (await client.beta.threads.create()).id

    assert program() == program()  # the second from the file
    assert asyncio.run(aprogram()) == asyncio.run(aprogram())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["async.yaml", "sync.yaml"]


def test_it_decorates_nothing_else(tmp_path):
    def generator():
        yield

    for wrong in (generator, int, "text"):
        with pytest.raises(UsageError, match="use_cassette"):
            use_cassette(tmp_path / "x")(wrong)


# What goes wrong.


@pytest.fixture
def recorded(client, tmp_path):
    """A file that must not be lost."""
    path = tmp_path / "weather.yaml"
    with use_cassette(path):
        ask(client)
    return path


class ProgramError(Exception):
    pass


def fail_after_a_request(client, error=ProgramError):
    client.beta.threads.create()
    raise error


def test_of_a_block_that_failed_nothing_is_written(client, recorded):
    before = recorded.read_bytes()
    with pytest.raises(ProgramError) as failed, use_cassette(recorded, mode="record"):
        fail_after_a_request(client)
    assert recorded.read_bytes() == before
    assert "nothing is recorded of what failed. The file is as it was." in failed.value.__notes__[0]


def test_of_a_block_that_failed_the_session_is_written_if_asked_for(client, recorded):
    with pytest.raises(ProgramError), use_cassette(recorded, mode="record", record_on_exception=True):
        fail_after_a_request(client)
    assert labels(recorded) == ["POST /v1/threads"]


def test_without_a_network_the_old_file_stays(recorded, monkeypatch):
    before = recorded.read_bytes()
    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(openai.APIConnectionError) as failed, use_cassette(recorded, mode="record"):
        client.beta.threads.create()
    assert "none of 1 requests was answered" in failed.value.__notes__[0]
    assert recorded.read_bytes() == before


def test_a_program_that_hides_that_there_is_no_network_records_nothing(recorded):
    before = recorded.read_bytes()
    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with (
        pytest.raises(CassetteError, match="Is there a network"),
        use_cassette(recorded, mode="record"),
        pytest.raises(openai.APIConnectionError),
    ):
        client.beta.threads.create()
    assert recorded.read_bytes() == before


def test_a_block_without_a_request_records_nothing_and_says_so(tmp_path, monkeypatch):
    with (
        pytest.raises(CassetteError, match=r"no request to the API was made\. No key is set"),
        use_cassette(tmp_path / "x"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_inside_a_simulator_nothing_can_be_recorded(service, tmp_path):
    with (
        Simulator("auto").intercept(),
        pytest.raises(CassetteError, match="A simulator takes the requests"),
        use_cassette(tmp_path / "x"),
    ):
        openai.OpenAI().beta.threads.create()


@pytest.mark.parametrize("mode, says", [("sunset", "switched off"), ("refused", "refused the key")])
def test_a_service_that_is_off_or_takes_no_key_is_not_recorded_over_a_file(mode, says, serving, recorded):
    simulator = Simulator(service="sunset") if mode == "sunset" else Simulator(api_keys=["other"])
    before = recorded.read_bytes()
    with (
        serving(simulator) as url,
        pytest.raises(CassetteError, match=says),
        use_cassette(recorded, mode="record"),
        pytest.raises(openai.APIStatusError),
    ):
        openai.OpenAI(base_url=url, max_retries=0).beta.threads.create()
    assert recorded.read_bytes() == before


def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(client, recorded, monkeypatch):
    before = recorded.read_bytes()

    def full(self, path):
        raise OSError(28, "No space left on device")

    def use_up(client):
        client.beta.threads.create()
        monkeypatch.setattr(writing.Path, "replace", full)

    with (
        pytest.raises(CassetteError, match=r"weather.yaml: .*No space left on device\. It is as it was\."),
        use_cassette(recorded, mode="record"),
    ):
        use_up(client)
    assert recorded.read_bytes() == before
    assert list(recorded.parent.iterdir()) == [recorded]


def test_a_place_where_nothing_can_be_written_is_refused_before_any_request(client, recorded):
    path = recorded / "inside" / "a-file.yaml"
    with (
        pytest.raises(CassetteError, match="no cassette can be recorded here: Not a directory"),
        use_cassette(path, mode="record"),
    ):
        pytest.fail("the block began")


@pytest.mark.parametrize("name, says", [("x.json", "ends in .yaml"), ("folder.yaml", "this is a folder")])
def test_a_name_that_no_cassette_has_is_refused(name, says, tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(CassetteError, match=says), use_cassette(tmp_path / name, mode="record"):
        pytest.fail("the block began")


def test_an_interruption_leaves_the_old_file(client, recorded):
    before = recorded.read_bytes()
    with pytest.raises(KeyboardInterrupt), use_cassette(recorded, mode="record"):
        fail_after_a_request(client, KeyboardInterrupt)
    assert recorded.read_bytes() == before


def test_patches_are_gone_when_the_block_ends_however_it_ends(client, recorded, monkeypatch):
    library = libraries.sdk_library()
    before = library.HTTPTransport.handle_request
    with pytest.raises(CassetteError), use_cassette(recorded, mode="record"):
        assert library.HTTPTransport.handle_request is not before
    assert library.HTTPTransport.handle_request is before


def test_two_writers_of_one_file_leave_the_whole_session_of_one(recorded):
    session = forms.load(recorded)
    short = type(session)(interactions=session.interactions[:1], head=session.head)
    texts = {forms.write(one, "own") for one in (session, short)}
    with ThreadPoolExecutor(4) as pool:
        for _ in range(25):
            list(pool.map(lambda one: writing.write_cassette(one, recorded), [session, short] * 2))
            assert recorded.read_text() in texts
    assert list(recorded.parent.iterdir()) == [recorded]


def test_there_must_be_something_to_replay(tmp_path):
    with (
        pytest.raises(CassetteError, match=r'weather.yaml: there is no such cassette: record it with mode="record"'),
        use_cassette(tmp_path / "weather", mode="replay"),
    ):
        pytest.fail("the block began")


def test_a_program_that_does_something_else_fails_when_the_block_ends(client, recorded):
    with pytest.raises(CheckFailed, match="threads"), use_cassette(recorded):
        pass


def test_the_findings_stand_beside_the_failure_of_a_block_that_failed(client, recorded):
    with pytest.raises(ProgramError) as failed, use_cassette(recorded):
        raise ProgramError
    assert "found as well" in failed.value.__notes__[0]


def test_what_the_failure_says_itself_is_not_said_again(client, recorded):
    with pytest.raises(openai.UnprocessableEntityError, match="was not recorded in") as failed, use_cassette(recorded):
        client.beta.threads.retrieve("thread_of_somebody")
    assert "\n".join(failed.value.__notes__).count("thread_of_somebody") == 0
    assert "never made" in failed.value.__notes__[0]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "record_once"},
        {"mod": "record"},
        {"hosts": "localhost"},
        {"ids": "x"},
        {"ignore": "a"},
        {"json_paths": "a"},
        {"outputs": "loose"},
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, tmp_path):
    with pytest.raises(UsageError, match=next(iter(options))):
        use_cassette(tmp_path / "x", **options)


def test_the_path_comes_first():
    with pytest.raises(UsageError, match="path of a file"):
        use_cassette(lambda: None)


def test_one_use_is_one_block(recorded):
    use = use_cassette(recorded, mode="live")
    with use, pytest.raises(UsageError, match="in use already"), use:
        pytest.fail("the block began")


def test_the_file_that_is_there_is_taken_whatever_its_suffix(recorded, client):
    text = forms.write(forms.load(recorded), "vcrpy-json")
    recorded.with_name("other.json").write_text(text)
    with use_cassette(recorded.with_name("other")) as session:
        ask(client)
    assert session.path.name == "other.json"
