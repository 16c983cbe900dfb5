"""Every answer is one of the SDK's types, to the letter, save where recordings contradict those.

A client with `_strict_response_validation` raises where an answer is not what the SDK says it is. Each
operation is played once with all that it shows, and what is tolerated stands in one table.
"""

from functools import partial

import openai
import pytest

from simulator import (
    Simulator,
    call,
    fail,
    finish,
    hang,
    image,
    incomplete,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.api.routes import OPERATIONS
from tests.doors import DOORS, IN_PROCESS

# The SDK says of `assistants` what pyproject.toml does not filter for the suite: just this word.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")

# By type and path: why the answer is right and the type is not.
TOLERATED = {
    (
        "Message",
        "status",
    ): "plain answers have no status, in 624 recorded ones (assistants-api.md 3, recorded-traffic.md 1)",
    ("Run", "instructions"): "null where neither run nor assistant has any (recorded: openai-dotnet, ruby-openai)",
    ("VectorStore", "name"): "null where it was given none (recorded: openai-dotnet, 2025)",
    (
        "Run",
        "last_error.code",
    ): "Azure sent other codes than the three of the spec; a script may too (assistants-api.md 1.6)",
}
# Types of older SDKs that later ones corrected.
CORRECTED = {
    (
        "VectorStoreFileBatch",
        "object",
    ): "recorded as `vector_store.file_batch`; openai 1.x has `vector_store.files_batch`",
}
RESULT = {
    "file_id": "file-1",
    "file_name": "a.txt",
    "score": 0.5,
    "attributes": {},
    "content": [{"type": "text", "text": "t"}],
}
TOOLS = [
    {
        "type": "function",
        "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": False},
    },
    {"type": "code_interpreter"},
    {"type": "file_search", "file_search": {"max_num_results": 5}},
]
FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


class Strict:
    """A strict client that looks at every answer, and goes on where one is tolerated."""

    def __init__(self, sim):
        self.sim, self.client, self.tolerated = sim, sim.client(_strict_response_validation=True, max_retries=0), set()
        self.beta = self.client.beta

    def __call__(self, ask):
        """Ask, and return what came, or None where the type does not fit and may not."""
        try:
            answer = ask()
            return list(answer) if hasattr(answer, "__iter__") and not hasattr(answer, "id") else answer
        except openai.APIResponseValidationError as error:
            places = {self._place(error.__cause__, one) for one in error.__cause__.errors()}
            if not places <= TOLERATED.keys() | CORRECTED.keys():
                raise
            self.tolerated |= places
            return None

    @staticmethod
    def _place(error, problem):
        path = [step for step in problem["loc"] if isinstance(step, str) and step != "data"]
        return error.title.rpartition("[")[2].rstrip("]"), ".".join(path)

    def thread(self):
        return self(lambda: self.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])).id

    def run(self, assistant, thread=None, **options):
        """Start a run and let it come as far as it does by itself; return it as the store has it."""
        thread = thread or self.thread()
        self(lambda: self.beta.threads.runs.create(thread, assistant_id=assistant, **options))
        return self.moved(-1)

    def moved(self, number):
        for _ in range(100):
            run = self.sim.runs[number]
            if run["status"] not in ("queued", "in_progress"):
                break
            self.sim.clock.advance(1)
        return run


@pytest.fixture(params=DOORS)
def sim(request):
    return Simulator() if request.param == IN_PROCESS else request.getfixturevalue("served_simulator")


@pytest.fixture
def strict(sim):
    return Strict(sim)


def play_assistants(strict):
    assistants = strict.beta.assistants
    made = strict(lambda: assistants.create(model="gpt-4o", name="n", description="d", instructions="i", tools=TOOLS))
    strict(lambda: assistants.create(model="gpt-4o"))
    strict(lambda: assistants.create(model="gpt-4o", response_format=FORMAT))
    strict(lambda: assistants.retrieve(made.id))
    strict(lambda: assistants.update(made.id, metadata={"a": "b"}, temperature=0.5))
    assert len(strict(assistants.list)) == 3
    strict(lambda: assistants.delete(made.id))


def play_threads(strict):
    threads = strict.beta.threads
    made = strict(lambda: threads.create(metadata={"a": "b"}))
    strict(lambda: threads.retrieve(made.id))
    strict(lambda: threads.update(made.id, metadata={}))
    strict(lambda: threads.delete(made.id))


def play_messages(strict):
    messages, thread = strict.beta.threads.messages, strict.thread()
    strict.sim.put("files", {"id": "file-1"})
    parts = [
        {"type": "image_file", "image_file": {"file_id": "file-1"}},
        {"type": "image_url", "image_url": {"url": "https://x/y"}},
    ]
    attachments = [{"file_id": "file-1", "tools": [{"type": "code_interpreter"}]}]
    strict(lambda: messages.create(thread, role="user", content=parts, attachments=attachments))
    id = strict.sim.messages(thread)[0]["id"]
    strict(lambda: messages.retrieve(id, thread_id=thread))
    strict(lambda: messages.update(id, thread_id=thread, metadata={"a": "b"}))
    strict(lambda: messages.list(thread))
    strict(lambda: messages.delete(id, thread_id=thread))


def play_runs(strict):
    runs, sim = strict.beta.threads.runs, strict.sim
    assistant = strict(lambda: strict.beta.assistants.create(model="gpt-4o", instructions="i", tools=TOOLS)).id
    sim.script(
        call("f"), run_code("1", logs="1", images=["file-1"]), search_files("q", results=[RESULT]), say("Hello.")
    )
    run = strict.run(assistant, max_prompt_tokens=1000, max_completion_tokens=1000, tool_choice="required")
    id, thread = run["id"], run["thread_id"]
    assert strict(lambda: runs.retrieve(id, thread_id=thread)).status == "requires_action"
    (waiting,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": waiting["id"], "output": "1"}]
    strict(lambda: runs.submit_tool_outputs(id, thread_id=thread, tool_outputs=outputs))
    assert strict.moved(-1)["status"] == "completed"
    strict(lambda: runs.retrieve(id, thread_id=thread))
    strict(lambda: runs.list(thread))
    strict(lambda: runs.update(id, thread_id=thread, metadata={"a": "b"}))
    for step in strict(lambda: runs.steps.list(id, thread_id=thread)):
        strict(lambda step=step: runs.steps.retrieve(step.id, thread_id=thread, run_id=id))


def play_ends(strict):
    runs, sim = strict.beta.threads.runs, strict.sim
    assistant = strict(lambda: strict.beta.assistants.create(model="gpt-4o")).id
    sim.script(
        fail("server_error", text="So"), fail("tool_user_error"), incomplete("max_prompt_tokens", "so"), hang(), hang()
    )
    ended = [strict.run(assistant) for _ in range(4)]
    sim.clock.advance(600)
    last = strict.run(assistant)
    strict(lambda: runs.cancel(last["id"], thread_id=last["thread_id"]))
    sim.clock.advance(10)
    for run in [*ended, last]:
        strict(lambda run=run: runs.retrieve(run["id"], thread_id=run["thread_id"]))
        strict(lambda run=run: runs.steps.list(run["id"], thread_id=run["thread_id"]))
    assert {run["status"] for run in sim.runs} == {"failed", "incomplete", "expired", "cancelled"}


def play_create_and_run(strict):
    assistant = strict(lambda: strict.beta.assistants.create(model="gpt-4o", instructions="i")).id
    strict.sim.script("Hello.")
    strict(lambda: strict.beta.threads.create_and_run(assistant_id=assistant))


def play_streams(strict):
    threads, sim = strict.beta.threads, strict.sim
    assistant = strict(lambda: strict.beta.assistants.create(model="gpt-4o", instructions="i")).id
    cited = [{"text": "so", "file_citation": {"file_id": "file-1"}}]
    parts = ("said so", image("file-1"), refusal("No."))
    sim.script(
        run_code("1", logs="1"),
        search_files("q", results=[RESULT]),
        say(*parts, annotations=cited),
        call("f"),
        "Hello.",
    )
    events = strict(lambda: threads.create_and_run(assistant_id=assistant, stream=True))
    assert events[-1].event == "thread.run.completed"
    events = strict(lambda: threads.create_and_run(assistant_id=assistant, stream=True))
    run = events[-1].data
    outputs = [{"tool_call_id": run.required_action.submit_tool_outputs.tool_calls[0].id, "output": "1"}]
    submit = {"thread_id": run.thread_id, "tool_outputs": outputs, "stream": True}
    assert strict(lambda: threads.runs.submit_tool_outputs(run.id, **submit))[-1].event == "thread.run.completed"
    sim.script(incomplete("max_completion_tokens", "so"), fail("server_error", text="so"))
    for _ in range(2):
        assert strict(lambda: threads.create_and_run(assistant_id=assistant, stream=True))


def play_vector_stores(strict):
    stores, sim = strict.client.vector_stores, strict.sim
    sim.put("files", {"id": "file-1", "filename": "a.txt", "content": "Taxes are due."})
    expiry = {"anchor": "last_active_at", "days": 1}
    id = strict(lambda: stores.create(name="n", file_ids=["file-1"], expires_after=expiry, metadata={"a": "b"})).id
    strict(stores.create)
    sim.clock.advance(60)
    strict(lambda: stores.retrieve(id))
    strict(lambda: stores.update(id, name="m"))
    strict(stores.list)
    assert strict(lambda: stores.search(id, query="taxes"))
    strict(lambda: stores.files.create(id, file_id="file-1", attributes={"a": 1, "b": "c", "d": True}))
    sim.clock.advance(60)
    strict(lambda: stores.files.retrieve("file-1", vector_store_id=id))
    strict(lambda: stores.files.update("file-1", vector_store_id=id, attributes={"a": 2}))
    strict(lambda: stores.files.list(id))
    strict(lambda: stores.files.content("file-1", vector_store_id=id))
    play_batches(strict, id)
    strict(lambda: stores.files.delete("file-1", vector_store_id=id))
    strict(lambda: stores.delete(id))


def play_batches(strict, id):
    batches = strict.client.vector_stores.file_batches
    strict(lambda: batches.create(id, file_ids=["file-1"]))
    batch = next(iter(strict.sim._backend.store.vector_store_file_batches.of(id)))["id"]
    strict(lambda: batches.retrieve(batch, vector_store_id=id))
    strict(lambda: batches.list_files(batch, vector_store_id=id))
    strict(lambda: batches.cancel(batch, vector_store_id=id))


def play_files(strict):
    files = strict.client.files
    made = strict(lambda: files.create(file=("a.txt", b"Hello."), purpose="user_data"))
    strict(lambda: files.retrieve(made.id))
    strict(files.list)
    files.content(made.id)
    strict(lambda: files.delete(made.id))


def play_uploads(strict):
    uploads = strict.client.uploads
    options = {"bytes": 6, "filename": "a.txt", "mime_type": "text/plain", "purpose": "user_data"}
    made, other = (strict(lambda: uploads.create(**options)) for _ in range(2))
    part = strict(lambda: uploads.parts.create(made.id, data=b"Hello."))
    strict(lambda: uploads.complete(made.id, part_ids=[part.id]))
    strict(lambda: uploads.cancel(other.id))


def play_responses(strict):
    responses, sim = strict.client.responses, strict.sim
    sim.put("files", {"id": "file-1", "filename": "a.txt", "content": "Taxes are due."})
    sim.put("vector_store_files", {"id": "file-1", "vector_store_id": "vs_1"})
    function = {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {"x": {"type": "null"}}},
    }
    tools = [
        function,
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
    ]
    shown = {"include": ["file_search_call.results", "code_interpreter_call.outputs"], "tools": tools}
    cited = [{"text": "so", "file_citation": {"file_id": "file-1"}}]
    ends = [fail("server_error", text="so"), incomplete("max_completion_tokens", "so"), finish(), say(refusal("No."))]
    turns = [run_code("1", logs="1", images=["file-1"]), search_files("taxes"), say("said so", annotations=cited)]
    for stream in (False, True):
        ask = partial(responses.create, model="gpt-4o", input="Hi", stream=stream)
        sim.script(*turns, call("f", x=None), say("Hello."), *ends)
        strict(partial(ask, **shown))
        strict(partial(ask, **shown, tool_choice={"type": "function", "name": "f"}, metadata={"a": "b"}))
        answer = {"type": "function_call_output", "call_id": sim.calls[-1].id, "output": "1"}
        id = next(reversed(sim._backend.store.response_turns))
        strict(partial(ask, input=[answer], previous_response_id=id, tools=tools))
        for _ in ends:
            strict(ask)
    id = next(reversed(sim._backend.store.response_turns))
    strict(lambda: responses.retrieve(id))
    strict(lambda: responses.retrieve(id, stream=True))
    strict(lambda: responses.input_items.list(id))
    with pytest.raises(openai.BadRequestError):
        responses.cancel(id)
    responses.delete(id)


def play_conversations(strict):
    conversations, sim = strict.client.conversations, strict.sim
    message = {"role": "user", "content": "Hello?"}
    id = strict(lambda: conversations.create(items=[message], metadata={"a": "b"})).id
    strict(lambda: conversations.retrieve(id))
    strict(lambda: conversations.update(id, metadata={}))
    sim.script("Hello.")
    strict(lambda: strict.client.responses.create(model="gpt-4o", input="Hi", conversation=id))
    (item,) = dict(strict(lambda: conversations.items.create(id, items=[message])))["data"]
    strict(lambda: conversations.items.list(id))
    strict(lambda: conversations.items.retrieve(item.id, conversation_id=id))
    strict(lambda: conversations.items.delete(item.id, conversation_id=id))
    strict(lambda: conversations.delete(id))


PLAYS = {name: play for name, play in globals().items() if name.startswith("play_") and name != "play_batches"}
SERVED = {one.name for one in OPERATIONS if one.only != "v1"}
NEEDS = {"play_files": "files.create", "play_uploads": "uploads.create", "play_vector_stores": "vector_stores.create"}


@pytest.mark.parametrize("name", PLAYS)
def test_every_answer_is_of_the_sdks_type(strict, name):
    if name in ("play_responses", "play_conversations") and not hasattr(strict.client, "conversations"):
        pytest.skip(f"openai {openai.__version__} has no Responses and Conversations APIs")
    if NEEDS.get(name, "assistants.create") not in SERVED:
        pytest.skip(f"{NEEDS[name]} is not served yet")
    PLAYS[name](strict)


def test_every_operation_is_played_and_everything_tolerated_occurs():
    played, tolerated = set(), set()
    for name, play in PLAYS.items():
        if NEEDS.get(name, "assistants.create") in SERVED:
            strict = Strict(Simulator())
            play(strict)
            played |= {one.operation for one in strict.sim.requests}
            tolerated |= strict.tolerated
    assert SERVED - played == set()
    assert tolerated - CORRECTED.keys() == TOLERATED.keys()
