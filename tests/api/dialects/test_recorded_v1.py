"""Recorded sessions of version 1, asked again of the simulator: the same keys in the same order, the same refusals.

What a session uses without making it is placed first. Runs are made to last, since most sessions look at them early.
"""

import json
import re
from pathlib import Path

import pytest

from simulator import Request, Simulator, hang, incomplete, run_code, say

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"
# By the generation that answered (recorded-traffic.md 1); the last one is ours, earlier ones had fewer keys.
LAST = (
    *("messages_list_2024-04-27", "messages_list_2024-04-27__2", "messages_modify_2024-04-27"),
    *("run_steps_list_2024-04-27", "runs_cancel_2024-04-27", "runs_create_2024-04-27"),
    *("runs_create_thread_and_run_2024-04-27", "runs_create_thread_and_run_2024-04-27__2"),
    *("runs_create_thread_and_run_2024-04-27__3", "runs_list_2024-04-27__2", "runs_modify_2024-04-27"),
    *("runs_modify_2024-04-27__2", "runs_retrieve_2024-04-27", "runs_streamed_create_2024-04-27"),
)
MARCH_2024 = (
    *("test_assistant_c05ef3a", "test_existing_assistant_9a8cadf", "test_existing_assistant_9c5e538"),
    "test_streaming_new_assistant_08ce9cc",
)
FIRST = (
    *("assistants_create_2023-11-08", "assistants_delete_2023-11-14", "assistants_files_create_2023-11-08"),
    *("assistants_files_create_2023-11-08__2", "assistants_modify_2023-11-09", "assistants_modify_2023-11-14"),
    *("assistants_retrieve_2023-11-14", "messages_create_2024-01-22"),
    *("messages_files_2024-01-22", "messages_modify_2024-01-22", "messages_retrieve_2023-11-14"),
    *("run_steps_retrieve_2023-11-26__2", "run_steps_retrieve_2023-11-26__3", "run_steps_retrieve_2023-11-26__4"),
    *("runs_create_2023-11-08", "runs_list_2023-11-08", "runs_modify_2023-11-14", "runs_retrieve_2023-11-14"),
    *("threads_create_2023-11-08", "threads_delete_2023-11-09", "threads_delete_2023-11-09__2"),
    *("threads_delete_2023-11-14", "threads_modify_2023-11-09__2", "threads_retrieve_2023-11-09"),
)
SESSIONS = [
    *(f"ruby-openai/{name}" for name in (*LAST, *FIRST)),
    *(f"openllmetry/{name}" for name in MARCH_2024),
    "azure-sdk-assets/net_v1_retrieval_file_ids",
    "simple-openai/assistants_files_v1_2023-11-26",
    "simple-openai/runs_get_list_modify_2023-11-26",
]
# Keys that came with the last generations of version 1.
LATER = {
    *("required_action", "usage", "temperature", "top_p", "max_completion_tokens", "max_prompt_tokens"),
    *("truncation_strategy", "incomplete_details", "response_format", "tool_choice"),
}
# Keys that came with the last generation of version 2, for the exchanges of a session that asked for that.
LATER_IN_V2 = {"reasoning_effort", "parallel_tool_calls"}
CALLERS_OWN = {"metadata", "parameters"}
ID = re.compile(r"\b(?:asst_|thread_|msg_|run_|step_|file-)[A-Za-z0-9]{3,}")
PLACES = {"asst_": "assistants", "thread_": "threads", "msg_": "messages", "run_": "runs", "step_": "run_steps"}


def exchanges_of(session):
    if not CORPUS.is_dir():
        pytest.skip(MISSING)
    recorded = json.loads((CORPUS / f"{session}.json").read_bytes())
    usual = {"openai-beta": "assistants=v1"}
    for exchange in recorded["exchanges"]:
        headers = {key.lower(): value for key, value in exchange["request_headers"].items()}
        # Keys, and files but as what is attached, are not what this is about.
        if exchange["status"] != 401 and "/v1/files" not in exchange["path"]:
            yield _whole(exchange), {**usual, **headers, "content-type": "application/json"}


def _whole(exchange):
    """The exchange with its request; one recorder kept answers only."""
    attaches = exchange["method"] == "POST" and exchange["path"].endswith("/files")
    if attaches and exchange["request_body"] is None:
        return {**exchange, "request_body": {"file_id": exchange["response_body"]["id"]}}
    return exchange


def turns_of(session):
    """What the recorded model did, where it streamed; else a turn that does not end before the session does."""
    events = [
        (event["event"], event["data"])
        for exchange, _ in exchanges_of(session)
        if isinstance(exchange["response_body"], list)
        for event in exchange["response_body"]
    ]
    steps = [data for name, data in events if name == "thread.run.step.completed"]
    messages = {data["id"]: data for name, data in events if name in ENDS}
    return [_turn(step["step_details"], messages, more=step is not steps[-1]) for step in steps] or [hang()]


ENDS = ("thread.message.completed", "thread.message.incomplete")


def _turn(details, messages, *, more):
    if details["type"] == "tool_calls":
        code = details["tool_calls"][0]["code_interpreter"]
        return run_code(code["input"], logs=code["outputs"][0]["logs"])
    message = messages[details["message_creation"]["message_id"]]
    text = message["content"][0]["text"]["value"]
    return incomplete("max_prompt_tokens", text) if message["status"] == "incomplete" else say(text, more=more)


class Replay:
    """Asks again, with our ids in the place of the recorded ones."""

    def __init__(self, session):
        self.session, self.sim, self.ids = session, Simulator(), {}
        self.sim.script(*turns_of(session), repeat=True, optional=True)

    def ask(self, exchange, headers):
        path, _, query = exchange["path"].partition("?")
        self.place(path, exchange)
        body = exchange["request_body"]
        if isinstance(body, dict):
            for id in ID.findall(json.dumps(body)):
                self.place_one(id, {}, exchange)
        sent = b"" if not isinstance(body, dict) else self.ours(json.dumps(body)).encode()
        answer = self.sim.handle(Request(exchange["method"], self.ours(path), self.ours(query), headers, sent))
        got = json.loads(answer.body) if isinstance(answer.body, bytes) else list(self.events(answer.body))
        self.learn(exchange["response_body"], got)
        self.sim.clock.advance(1)
        return answer.status, got

    def events(self, frames):
        for frame in frames:
            self.sim.wait_until(frame.due)
            if frame.data:
                name, data = frame.data.decode().rstrip("\n").split("\n")
                text = data.removeprefix("data: ")
                yield name.removeprefix("event: "), text if text == "[DONE]" else json.loads(text)

    def ours(self, text):
        return ID.sub(lambda found: self.ids.get(found[0], found[0]), text)

    def learn(self, recorded, got):
        if isinstance(recorded, dict) and isinstance(got, dict):
            for key in ("id", "thread_id"):
                if key in recorded and key in got:
                    self.ids[recorded[key]] = got[key]

    def place(self, path, exchange):
        parents = {}
        for id in ID.findall(path):
            self.place_one(id, parents, exchange)
            parents[{"thread_": "thread_id", "run_": "run_id"}.get(_prefix(id), "")] = self.ids.get(id, id)

    def place_one(self, id, parents, exchange):
        prefix = _prefix(id)
        if id in self.ids or (exchange["status"] == 404 and f"'{id}'" in json.dumps(exchange["response_body"])):
            return
        self.ids[id] = id
        if prefix == "file-":
            self.sim.put("files", {"id": id})
            return
        status = {"status": "completed"} if prefix in ("run_", "step_") else {}
        self.sim.put(PLACES[prefix], {"id": id, **parents, **status})


def _prefix(id):
    return next(prefix for prefix in (*PLACES, "file-") if id.startswith(prefix))


def differences(theirs, mine, without, where=""):
    """Where our keys, or the order of them, are others than the recorded ones; a null or nothing agrees with all."""
    if isinstance(theirs, list) and isinstance(mine, list):
        for number, (one, other) in enumerate(zip(theirs, mine, strict=False)):
            yield from differences(one, other, without, f"{where}[{number}]")
    elif isinstance(theirs, dict) and isinstance(mine, dict):
        kept = [key for key in mine if key not in without or key in theirs]
        if list(theirs) != kept and not (without and _in_another_order(theirs, kept)):
            yield f"{where}: {list(theirs)} against {kept}"
        for key in theirs.keys() & mine.keys() - CALLERS_OWN:
            yield from differences(theirs[key], mine[key], without, f"{where}.{key}")
    elif None not in (theirs, mine) and type(theirs) is not type(mine):
        yield f"{where}: {theirs!r} against {mine!r}"


def _in_another_order(theirs, mine):
    # Messages had another order until February 2024 (recorded-traffic.md 1).
    return theirs.get("object") == "thread.message" and sorted(theirs) == sorted(mine)


@pytest.fixture(params=SESSIONS)
def replayed(request):
    """The exchanges of a session with what the simulator answered to each."""
    replay = Replay(request.param)
    last = request.param.removeprefix("ruby-openai/") in LAST
    return last, [
        (exchange, headers, *replay.ask(exchange, headers)) for exchange, headers in exchanges_of(request.param)
    ]


def test_every_request_has_the_recorded_status(replayed):
    _, answers = replayed
    assert answers
    for exchange, _, status, got in answers:
        assert status == exchange["status"], (exchange["path"], got)


def test_the_objects_have_the_recorded_keys_in_the_recorded_order(replayed):
    last, answers = replayed
    for exchange, headers, _, got in answers:
        theirs, mine = exchange["response_body"], got
        if isinstance(theirs, list):
            theirs, mine = by_name(_pairs(theirs)), by_name(got)
        v2 = headers["openai-beta"] == "assistants=v2"
        found = list(differences(theirs, mine, LATER_IN_V2 if v2 else set() if last else LATER))
        assert not found, (exchange["method"], exchange["path"], found)


def by_name(events):
    """The first data of each kind of event."""
    return {name: data for name, data in reversed(events) if name != "done"}


def _pairs(recorded):
    return [(event["event"], event["data"]) for event in recorded]


def test_streams_have_the_recorded_events_in_the_recorded_order(replayed):
    _, answers = replayed
    for exchange, _, _, got in answers:
        if isinstance(got, list):
            assert collapsed(got) == collapsed(_pairs(exchange["response_body"]))


def collapsed(events):
    names = [name for name, _ in events]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def test_refusals_have_the_recorded_text(replayed):
    _, answers = replayed
    for exchange, _, status, got in answers:
        if status >= 400:
            theirs, mine = (json.dumps(body["error"], sort_keys=True) for body in (exchange["response_body"], got))
            assert ID.sub("ID", mine) == ID.sub("ID", theirs)


def test_numbers_and_booleans_in_metadata_become_the_recorded_texts(replayed):
    _, answers = replayed
    for exchange, headers, status, got in answers:
        if status == 200 and headers["openai-beta"] == "assistants=v1" and isinstance(got, dict) and "metadata" in got:
            sent = (exchange["request_body"] or {}).get("metadata") if exchange["method"] == "POST" else None
            if sent and "RecordedMetadataValue" not in sent.values():
                assert got["metadata"] == exchange["response_body"]["metadata"]
