"""What is distilled from a session is a scenario that the plain run loop passes; another conversation fails it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import CassetteError, NoCassette
from simulator.recording import forms
from simulator.recording.examining.gathering import conversation_of
from simulator.scenario.distilling import distill_scenario
from simulator.scenario.loading import parse
from simulator.scenario.playing import perform

ROOT = Path(__file__).parents[3]
ASKS = {"role": "user", "content": "Hi"}
SUBMIT = "/threads/thread_1/runs/run_1/submit_tool_outputs"


@pytest.fixture
def loaded():
    return lambda cassette: parse(distill_scenario(cassette), Path("f.scenario.yaml"))


@pytest.fixture
def ran(session, exchange, objects):
    """A session of one run: what it began with, what happened between, and how it was last seen."""

    def make(*between, first=None, **last):
        return session(
            exchange("POST /threads", {"id": "thread_1", "object": "thread"}, {"messages": [ASKS]}),
            exchange("POST /threads/thread_1/runs", first or objects.run("queued"), {"assistant_id": "asst_1"}),
            *between,
            *([exchange("GET /threads/thread_1/runs/run_1", objects.run(**last))] if last else []),
        )

    return make


def passes(scenario):
    played = perform(scenario)
    assert [finding.text for finding in played.findings] == []
    return played


def test_a_conversation_becomes_a_step(weather, loaded):
    scenario = loaded(weather)
    (step,) = scenario.conversation
    calls = [{"get_weather": {"city": "Paris"}}, {"get_time": {"city": "Paris"}}]
    assert (step.user, step.turns) == ("How is Paris?", [{"calls": calls}, {"say": "18 °C, and 10:15."}])
    returned = {name: tool.returns for name, tool in scenario.tools.items()}
    assert returned == {"get_weather": "18 °C", "get_time": "10:15"}
    assert step.expect.model_dump(exclude_unset=True) == {
        "calls": calls,
        "outputs": [{"get_weather": "18 °C"}, {"get_time": "10:15"}],
        "reply": "18 °C, and 10:15.",
        "assistants": {"statuses": ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]},
    }
    passes(scenario)


def test_it_fails_when_the_conversation_is_another(weather):
    text = distill_scenario(weather).replace("- say: 18 °C", "- say: 31 °C")
    assert [one.text for one in perform(parse(text, Path("f"))).findings] == [
        "the reply is '31 °C, and 10:15.', and not '18 °C, and 10:15.'"
    ]


@pytest.mark.parametrize(
    "last, turn, end",
    [
        ({"status": "failed", "last_error": {"code": "server_error", "message": "No."}}, "fail", "failed"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "incomplete", "incomplete"),
        ({"status": "cancelled"}, "hang", "cancelled"),
        ({"status": "cancelling"}, "hang", "cancelled"),
        ({"status": "expired"}, "hang", "expired"),
        ({"status": "in_progress"}, "hang", "cancelled"),
        ({"status": "completed"}, "finish", "completed"),
    ],
)
def test_every_end_of_a_run_is_expected(ran, loaded, last, turn, end):
    scenario = loaded(ran(**last))
    (step,) = scenario.conversation
    assert turn in step.turns[0]
    assert step.expect.assistants.statuses[-1] == end
    passes(scenario)


def test_functions_return_by_their_arguments(ran, loaded, exchange, objects):
    def asked(number, arguments, output):
        waiting = objects.run("requires_action", required_action=objects.asking((f"call_{number}", "f", arguments)))
        outputs = [{"tool_call_id": f"call_{number}", "output": output}]
        yield exchange("GET /threads/thread_1/runs/run_1", waiting)
        yield exchange(f"POST {SUBMIT}", objects.run("queued"), {"tool_outputs": outputs})

    answers = [('{"x":1}', "1"), ('{"x":2}', '{"a": 1}'), ('{"x":1}', "1"), ("not JSON", '{"a":1}'), ('{"x":1}', '"1"')]
    scenario = loaded(ran(*(one for n, (a, o) in enumerate(answers) for one in asked(n, a, o)), status="completed"))
    assert [(one.arguments, one.returns) for one in scenario.tools["f"].returns_for] == [
        ({"x": 1}, 1),
        ({"x": 2}, {"a": 1}),
        ({"x": 1}, 1),
        ("not JSON", '{"a":1}'),
        ({"x": 1}, '"1"'),
    ]
    views = passes(scenario).journal.views
    assert [one.output for one in views[-1].outputs] == [output for _, output in answers]


def test_calls_that_were_never_answered_are_not(ran, loaded, objects):
    waiting = objects.run("requires_action", required_action=objects.asking(("call_1", "f", "{}")))
    scenario = loaded(ran(first=waiting))
    (step,) = scenario.conversation
    assert step.loop.rounds == 0
    passes(scenario)


def test_a_run_that_expired_while_it_waited_gets_its_outputs_too_late(ran, loaded, objects):
    asked = objects.asking(("call_1", "f", "{}"))
    scenario = loaded(ran(first=objects.run("requires_action", required_action=asked), status="expired"))
    (step,) = scenario.conversation
    assert step.faults == [{"delay": 601, "on": "runs.submit_tool_outputs"}]
    passes(scenario)


def test_errors_that_passed_are_faults(ran, loaded, exchange):
    busy = {"error": {"message": "Busy.", "type": "server_error", "param": None, "code": None}}
    errors = [exchange("GET /threads/thread_1/runs/run_1", busy, status=503) for _ in range(2)]
    refused = exchange("GET /threads/thread_1/runs/run_1", busy, status=404)
    cassette = ran(*errors, refused, status="completed")
    (step,) = loaded(cassette).conversation
    assert step.faults == [{"http_error": 503, "on": "runs.retrieve", "message": "Busy.", "times": 2}]
    assert "# - That GET /v1/threads/thread_1/runs/run_1 was answered 404." in distill_scenario(cassette)
    passes(loaded(cassette))


def test_more_errors_than_the_loop_bears_are_told(ran, exchange):
    busy = {"error": {"message": "Busy.", "type": "server_error", "param": None, "code": None}}
    create = "POST /threads/thread_1/messages"
    text = distill_scenario(ran_after(ran, [exchange(create, busy, ASKS, status=500) for _ in range(6)]))
    assert "# - That messages.create was answered 500 2 times more." in text
    passes(parse(text, Path("f")))


def ran_after(ran, errors):
    cassette = ran(status="completed")
    begun, *rest = cassette.interactions
    return type(cassette)(interactions=[begun, *errors, *rest], head=cassette.head)


def test_what_was_said_between_and_how_long_nothing_happened(session, exchange, objects, loaded):
    messages, runs = "POST /threads/thread_1/messages", "POST /threads/thread_1/runs"

    def one(number, at):
        run = {"id": f"run_{number}", "created_at": at, "started_at": at, "completed_at": at + 20}
        yield exchange(runs, objects.run("queued", **{**run, "completed_at": None}), {"assistant_id": "asst_1"})
        yield exchange(f"GET /threads/thread_1/runs/run_{number}", objects.run("completed", **run))
        said = {"object": "list", "data": [objects.said(f"{number}!", id=f"msg_{number}", run_id=f"run_{number}")]}
        yield exchange("GET /threads/thread_1/messages", said)

    def said(text, role="user"):
        answer = {**objects.said(text, id=f"msg_{text}", run_id=None), "role": role}
        return exchange(messages, answer, {"role": role, "content": text})

    cassette = session(said("a"), said("b", "assistant"), said("c"), *one(1, 100), said("d"), *one(2, 4_000))
    first, wait, second = loaded(cassette).conversation
    assert [(said.user, said.assistant) for said in first.history] == [("a", None), (None, "b")]
    assert (first.user, wait.wait, second.user) == ("c", "3880 seconds", "d")
    assert first.turns == [{"say": "1!", "takes": 20}]
    passes(loaded(cassette))


@pytest.mark.parametrize("path", sorted((ROOT / "cassettes").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_own_cassettes_say_all(path):
    text = distill_scenario(forms.load(path))
    assert "#" not in text
    passes(parse(text, path))


def test_a_session_without_a_run_is_refused(session, exchange):
    with pytest.raises(CassetteError, match="no run of the Assistants API is in this session"):
        distill_scenario(session(exchange("POST /threads", {"id": "thread_1", "object": "thread"}, {})))


def test_recorded_sessions_with_a_run_become_scenarios_that_pass(corpus):
    outcomes = {path: outcome for path in sorted(corpus.rglob("*.json")) if (outcome := outcome_of(path)) is not None}
    others = sorted(f"{path.name}: {outcome}" for path, outcome in outcomes.items() if outcome != "passed")
    assert len(outcomes) >= 80
    assert len(others) <= len(outcomes) // 10, "\n".join(others)
    print(f"{len(outcomes) - len(others)} of {len(outcomes)} sessions with a run", *others, sep="\n")  # noqa: T201


def outcome_of(path):
    """Return whether what a session becomes passes, or why it does not; None: no run is in it."""
    try:
        cassette = forms.load(path)
        if all(run.first.get("object") == "response" for run in conversation_of(cassette).runs):
            return None
        played = perform(parse(distill_scenario(cassette), path))
    except NoCassette:
        return None
    except CassetteError as error:
        return str(error)
    return "passed" if played.passed else "; ".join(finding.text for finding in played.findings)
