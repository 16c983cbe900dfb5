"""A program in another process is led through a scenario by the admin routes."""

from __future__ import annotations

import pytest

SCENARIO = """
scenario: Somebody greets
parameters: {word: Hello}
put: {assistants: [{id: asst_1, model: gpt-4o}]}
files: {a.txt: What is in it.}
conversation:
  - user: "{word}?"
    from: anna
    attach: [a.txt]
    model: [{say: "{word}."}]
    faults: [{http_error: 500, on: assistants.list}]
    expect: {reply: "{word}."}
  - wait: 3 days
  - user: Again?
    model: [{say: Again.}]
    expect: {reply: Again., at_most_requests: 1}
expect: {at_most_requests: 2}
"""


@pytest.fixture(autouse=True)
def _forgotten(admin):
    yield
    admin.post("reset")


def test_a_program_is_led_from_step_to_step(admin, sim, ask, started, said):
    status, first = admin.post("scenario", {"scenario": SCENARIO, "parameters": {"word": "Good day"}})
    file = first["attach"]
    assert (status, first) == (200, {"step": 1, "from": "anna", "user": "Good day?", "attach": file})
    assert ask(sim, "GET", f"/files/{file[0]}")[1]["filename"] == "a.txt"
    assert ask(sim, "GET", "/assistants")[0] == 500
    assert said(sim, started(sim)[1]) == ["Good day."]
    before = sim.clock.now()
    status, second = admin.post("step", {"reply": "Good day."})
    assert (status, second["step"], second["user"]) == (200, 3, "Again?")
    assert sim.clock.now() - before == 3 * 86_400
    assert said(sim, started(sim)[1]) == ["Again."]
    assert admin.post("step", {"reply": "Again."}) == (200, {"step": None})
    found = ["4 requests, and at most 2 were expected"]
    assert admin.post("check") == (409, {"ok": False, "findings": found})


def test_what_is_not_as_expected_is_told_by_the_check(admin):
    admin.post("scenario", {"scenario": SCENARIO})
    admin.post("step", {"error": "It broke."})
    admin.post("step", {"reply": "No."})
    status, told = admin.post("check")
    assert status == 409
    assert told["findings"] == [
        "step 1: the app failed: It broke.",
        "step 1: the model was never asked for script(say('Hello.'))",
        "step 3: the reply is 'No.', and not 'Again.'",
        "step 3: the model was never asked for script(say('Again.'))",
        "Never struck: http_error(500) on 'assistants.list'",
    ]
    assert admin.post("reset")[0] == 200
    assert admin.post("check") == (200, {"ok": True, "findings": []})


def test_a_scenario_may_be_sent_as_json(admin):
    value = {"scenario": "x", "conversation": [{"user": "Hello?"}]}
    assert admin.post("scenario", {"scenario": value})[1]["user"] == "Hello?"


@pytest.mark.parametrize(
    "scenario, told",
    [
        ({"scenario": "x", "conversatoin": []}, "scenario: conversatoin: there is no such key. Did you mean"),
        ("scenario: x\nconversatoin: []", "scenario:2: conversatoin: there is no such key. Did you mean"),
        (
            "scenario: x\nconversation: [{user: a}]\nput: {threds: [{}]}",
            "There is no collection 'threds'. Did you mean",
        ),
        (
            "scenario: x\nconversation: [{user: a}]\nassistants: {service: sunset}",
            "it needs Simulator(service='sunset')",
        ),
        (5, "scenario"),
    ],
)
def test_what_is_no_scenario_is_refused_and_the_one_before_goes_on(admin, scenario, told):
    admin.post("scenario", {"scenario": SCENARIO})
    status, body = admin.post("scenario", {"scenario": scenario})
    assert status == 400
    assert told in body["error"]["message"]
    assert admin.post("step", {"reply": "Hello."})[1]["step"] == 3


def test_without_a_scenario_there_is_no_step(admin):
    status, body = admin.post("step", {"reply": "x"})
    assert (status, "load one with POST scenario" in body["error"]["message"]) == (400, True)
