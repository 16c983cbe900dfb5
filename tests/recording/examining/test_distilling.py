"""What is distilled from a session is a test that passes, laid out as formatters do."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec

import pytest

from simulator.errors import CassetteError
from simulator.recording import forms
from simulator.recording.examining.distilling import distill

# pytest-asyncio warns where it is not configured, which is not ours to do.
PYTEST_OPTIONS = (
    "-p",
    "no:cacheprovider",
    "-W",
    "error",
    "-p",
    "no:asyncio",
    "-p",
    "assistants_simulator.pytest_entry",
)


@pytest.fixture
def outcomes(warm, pytester):
    """Run distilled sources inside this process, each as a test file of its own; return how many came out how."""

    def run(*sources):
        for number, source in enumerate(sources):
            (pytester.path / f"test_{number}.py").write_text(source, encoding="utf-8")
        return pytester.runpytest_inprocess(*PYTEST_OPTIONS).parseoutcomes()

    return run


@pytest.fixture
def passes(outcomes):
    """Run distilled sources: all pass, and nothing is left over."""

    def run(*sources):
        assert outcomes(*sources) == {"passed": len(sources)}

    return run


def test_a_conversation_becomes_turns(weather):
    source = distill(weather)
    body = source.partition("def test_session(simulator, openai_client):\n")[2]
    assert "from simulator import call, call_tools, say\n" in source
    assert body.rstrip().endswith("""\
    simulator.script(
        call_tools(call("get_weather", city="Paris"), call("get_time", city="Paris")),
        say("18 °C, and 10:15."),
    )
    run = run_to_end(openai_client, thread.id, assistant.id, outputs=["18 °C", "10:15"])
    assert run.status == "completed"
    assert said(openai_client, run) == ["18 °C, and 10:15."]""")


def test_it_passes(weather, passes):
    passes(distill(weather))


def test_what_somebody_changes_is_played(weather, passes):
    changed = distill(weather).replace("18 °C", "31 °C")
    passes(changed)


def test_it_fails_when_the_conversation_is_another(weather, outcomes):
    source = distill(weather).replace('say("18 °C, and 10:15.")', 'say("I do not know.")')
    assert outcomes(source) == {"failed": 1}


def test_a_session_that_begins_in_the_middle_is_seeded(session, exchange, objects, passes):
    old = objects.said("Hello", id="msg_0", run_id=None)
    cassette = session(
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [objects.said("Hi."), old]}),
    )
    source = distill(cassette)
    assert 'simulator.put("assistants", {"id": "asst_1", "model": "gpt-4o"})' in source
    assert 'simulator.put("threads", {"id": "thread_1"})' in source
    assert '"content": "Hello"' in source
    passes(source)


def test_a_run_that_waited_when_the_session_began_is_answered(session, exchange, objects, passes):
    waiting = objects.run("requires_action", required_action=objects.asking(("call_1", "f", '{"x":1}')))
    submit = "POST /threads/thread_1/runs/run_1/submit_tool_outputs"
    cassette = session(
        exchange("GET /threads/thread_1/runs/run_1", waiting),
        exchange(submit, objects.run("queued"), {"tool_outputs": [{"tool_call_id": "call_1", "output": "2"}]}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [objects.said("Two.")]}),
    )
    source = distill(cassette)
    assert 'run = submit_to_end(openai_client, run, ["2"])' in source
    passes(source)


@pytest.mark.parametrize(
    "ending",
    [
        ({"status": "failed", "last_error": {"code": "server_error", "message": "No."}}, 'fail("server_error", "No.")'),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, 'incomplete("content_filter")'),
        ({"status": "cancelling"}, "hang()"),
        ({"status": "expired"}, "hang()"),
        ({"status": "in_progress"}, "hang()"),
        ({"status": "completed"}, "finish()"),
    ],
    ids=lambda ending: ending[0]["status"],
)
def test_every_end_of_a_run_has_its_turn(session, exchange, objects, passes, ending):
    end, turn = ending
    content = {"role": "user", "content": "Hi"}
    cassette = session(
        exchange("POST /threads", {"id": "thread_1", "object": "thread"}, {"messages": [content]}),
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run(**end)),
    )
    source = distill(cassette)
    assert f"simulator.script({turn})" in source
    passes(source)


def test_a_run_whose_call_was_never_answered_stays_so(session, exchange, objects, passes):
    waiting = objects.run("requires_action", required_action=objects.asking(("call_1", "f", "not JSON")))
    cassette = session(
        exchange("POST /threads", {"id": "thread_1", "object": "thread"}, {}),
        exchange("POST /threads/thread_1/runs", waiting, {"assistant_id": "asst_1"}),
    )
    source = distill(cassette)
    assert 'raw_call("f", "not JSON")' in source
    assert 'assert run.status == "requires_action"' in source
    assert '@pytest.mark.simulator(allow=["active_run"])' in source
    passes(source)


def test_arguments_whose_names_are_no_names_are_given_all_the_same(session, exchange, objects, passes):
    calls = objects.asking(("call_1", "f", '{"my-key": 1, "class": "x", "name": null}'))
    submit = "POST /threads/thread_1/runs/run_1/submit_tool_outputs"
    cassette = session(
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("requires_action", required_action=calls)),
        exchange(submit, objects.run("queued"), {"tool_outputs": [{"tool_call_id": "call_1", "output": ""}]}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
    )
    source = distill(cassette)
    assert 'call("f", name=None, **{"my-key": 1, "class": "x"})' in source
    passes(source)


@pytest.mark.parametrize("request_line", ["POST /threads", "POST https://api.stripe.com/v1/charges"])
def test_a_session_without_a_run_is_refused(session, exchange, request_line):
    with pytest.raises(CassetteError, match="no run of the Assistants API is in this session"):
        distill(session(exchange(request_line, {"id": "thread_1", "object": "thread"}, {})))


def test_a_session_of_the_responses_api_is_refused(session, exchange):
    answer = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
    with pytest.raises(CassetteError, match="it is one of the Responses API"):
        distill(session(exchange("POST /responses", answer, {"input": "x"})))


def distilled(corpus):
    """The source of every recorded session that has a run, by the name of its file."""
    sources = {}
    for file in sorted(corpus.rglob("*.json")):
        try:
            sources[f"{file.parent.name}/{file.stem}"] = distill(forms.load(file))
        except CassetteError:
            continue
    return sources


def test_every_recorded_session_with_a_run_becomes_a_test_that_passes(corpus, passes):
    sources = distilled(corpus)
    assert len(sources) > 85
    passes(*sources.values())


def test_the_same_session_gives_the_same_source(corpus):
    assert distilled(corpus) == distilled(corpus)


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
def test_what_is_distilled_is_formatted(corpus, tmp_path):
    for number, source in enumerate(distilled(corpus).values()):
        (tmp_path / f"test_{number}.py").write_text(source, encoding="utf-8")
    for command in (["format", "--check"], ["check", "--select", "E,F,W,I"]):
        options = ["--isolated", "--line-length=100", str(tmp_path)]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options], capture_output=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout.decode()


def test_a_hostile_name_of_a_file_stays_a_comment(weather, saved):
    path = saved(weather, 'x"""; import os #.yaml')
    tree = ast.parse(distill(forms.load(path)))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)][-1] == "test_x_import_os"


def step(number, details):
    of = {"run_id": "run_1", "thread_id": "thread_1", "created_at": number}
    return {"id": f"step_{number}", "object": "thread.run.step", **of, "step_details": details}


def test_built_in_tools_citations_and_what_is_said_between_are_turns(session, exchange, objects, passes):
    outputs = [{"type": "logs", "logs": "4"}, {"type": "image", "image": {"file_id": "file-1"}}]
    code = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "2 + 2", "outputs": outputs}}
    search = {"id": "call_2", "type": "file_search", "file_search": {"results": []}}
    cited = {
        "type": "file_citation",
        "text": "[1]",
        "start_index": 5,
        "end_index": 8,
        "file_citation": {"file_id": "f"},
    }
    last = objects.said("Four [1]", id="msg_2")
    last["content"][0]["text"]["annotations"] = [cited]
    steps = [
        step(1, {"type": "message_creation", "message_creation": {"message_id": "msg_1"}}),
        step(2, {"type": "tool_calls", "tool_calls": [code, search]}),
        step(3, {"type": "message_creation", "message_creation": {"message_id": "msg_2"}}),
    ]
    tools = [{"type": "retrieval"}, {"type": "code_interpreter"}, {"type": "no such tool"}]
    cassette = session(
        exchange("POST /assistants", {"id": "asst_1", "object": "assistant", "model": "gpt-4", "tools": tools}, {}),
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1", "temperature": 0.5}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
        exchange("GET /threads/thread_1/runs/run_1/steps?order=asc", {"object": "list", "data": steps}),
        exchange(
            "GET /threads/thread_1/messages?order=asc", {"object": "list", "data": [objects.said("So.", "msg_1"), last]}
        ),
    )
    source = distill(cassette)
    assert 'say("So.", more=True)' in source
    assert 'run_code("2 + 2", logs="4", images=["file-1"])' in source
    assert "search_files(" in source
    assert "start_index" in source
    assert 'tools=[{"type": "file_search"}, {"type": "code_interpreter"}]' in source
    assert "temperature=0.5" in source
    passes(source)


@pytest.mark.parametrize(
    "end,turn",
    [
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            'incomplete("content_filter", "Half")',
        ),
        ({"status": "failed", "last_error": {"code": "server_error"}}, 'fail("server_error", text="Half")'),
    ],
)
def test_what_was_said_before_a_run_stopped_belongs_to_its_turn(session, exchange, objects, passes, end, turn):  # noqa: PLR0917
    cassette = session(
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run(**end)),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [objects.said("Half")]}),
    )
    source = distill(cassette)
    assert f"simulator.script({turn})" in source
    passes(source)


def test_half_an_emoji_is_written_as_what_cannot_be_read(session, exchange, objects, passes):
    """A stream that was cut left half of one; httpx cannot encode it, in the test that is written neither."""
    question = objects.said("Hi \ud83d", id="msg_1", run_id=None)
    cassette = session(
        exchange("POST /threads", {"id": "thread_1", "object": "thread"}, {}),
        exchange("POST /threads/thread_1/messages", question, {"role": "user", "content": "Hi \ud83d"}),
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [objects.said("\ude00!")]}),
    )
    source = distill(cassette)
    assert 'say("\N{REPLACEMENT CHARACTER}!")' in source
    passes(source)
