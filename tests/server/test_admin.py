"""What the admin routes do, what they refuse, and that a refusal changes nothing."""

from __future__ import annotations

import json
import sys
import urllib.request

import pytest

import simulator
from simulator import say
from simulator.report.page import page_of
from simulator.server import app

ASSISTANT = {"collection": "assistants", "object": {"id": "asst_1", "model": "gpt-4o"}}


def message_of(answer):
    status, body = answer
    return status, body["error"]["message"]


def test_a_script_is_used_as_if_it_were_written_in_python(admin, sim, started, said):
    turns = [{"call": {"f": {"x": 1}}}, {"say": "first", "takes": 3}, {"say": "second"}]
    assert admin.post("script", {"turns": turns, "when": "Hello"}) == (200, {"ok": True})
    started(sim)
    sim.clock.advance(60)
    assert [(one.name, one.arguments) for one in sim.calls] == [("f", {"x": 1})]
    _, second = started(sim, "Hello again")
    assert said(sim, second) == ["second"]


def test_a_script_may_be_for_a_pattern(admin, sim, started, said):
    admin.post("script", {"turns": [{"say": "by pattern"}], "when": {"pattern": "h.llo", "flags": 2}})
    assert said(sim, started(sim)[1]) == ["by pattern"]


def test_one_object_is_placed_or_several(admin, sim):
    status, placed = admin.post("put", ASSISTANT)
    assert (status, placed["id"], placed["object"]) == (200, "asst_1", "assistant")
    thread = {"collection": "threads", "object": {"id": "thread_1"}}
    message = {"collection": "messages", "object": {"thread_id": "thread_1", "role": "user", "content": "Hi"}}
    status, several = admin.post("put", [thread, message])
    assert (status, [one["object"] for one in several]) == (200, ["thread", "thread.message"])
    assert [one["content"][0]["text"]["value"] for one in sim.messages("thread_1")] == ["Hi"]


def test_of_a_list_with_a_bad_object_nothing_is_placed(admin, sim):
    before = sim.dump()
    status, message = message_of(admin.post("put", [ASSISTANT, {"collection": "assistant", "object": {}}]))
    assert (status, "Did you mean 'assistants'?" in message) == (400, True)
    assert sim.dump() == before


def test_faults_strike(admin, sim, ask):
    fault = {"http_error": 429, "retry_after": 2, "on": "assistants.list", "times": 1, "headers": {"x-a": "b"}}
    assert admin.post("faults", [fault]) == (200, {"ok": True})
    assert ask(sim, "GET", "/assistants")[0] == 429
    assert ask(sim, "GET", "/assistants")[0] == 200


def test_of_a_list_with_a_bad_fault_none_is_planned(admin, sim):
    status, message = message_of(admin.post("faults", [{"http_error": 500}, {"http_error": 200}]))
    assert (status, message) == (400, "http_error() takes a status from 400 to 599, not 200.")
    assert len(sim.faults) == 0


def test_the_clock_moves_when_it_is_told(admin, sim):
    before = sim.clock.now()
    assert admin.post("clock", {"advance": 5.5}) == (200, {"now": before + 5.5})
    assert admin.get("health") == (200, {"ok": True, "now": before + 5.5})


def test_reset_begins_anew_with_the_seed_and_the_day_it_is_given(admin, sim):
    first = admin.post("put", {"collection": "threads", "object": {}})[1]["id"]
    assert admin.post("reset", {"seed": 7, "as_of": "2024-04-29"}) == (200, {"ok": True})
    assert sim.dump().count(b"thread_") == 0
    assert admin.get("health")[1]["now"] == 1_714_348_800.0
    assert admin.post("put", {"collection": "threads", "object": {}})[1]["id"] != first


def test_reset_without_a_body_keeps_the_seed(admin, sim):
    first = admin.post("put", {"collection": "threads", "object": {}})
    assert admin.post("reset") == (200, {"ok": True})
    assert admin.post("put", {"collection": "threads", "object": {}}) == first


def test_check_says_what_is_wrong(admin, sim):
    assert admin.post("check", {}) == (200, {"ok": True, "findings": []})
    sim.script(say("never"))
    assert admin.post("check", {}) == (409, {"ok": False, "findings": ["Never used: script(say('never'))"]})
    assert admin.post("check", {"allow": ["unused_script"]})[0] == 200


def test_the_journal_shows_requests_turns_and_statuses(admin, sim, started):
    sim.script(say("Hi."))
    started(sim)
    sim.clock.advance(60)
    status, journal = admin.get("journal")
    assert status == 200
    assert [entry["kind"] for entry in journal][:2] == ["request", "turn"]
    assert {entry["kind"] for entry in journal} == {"request", "turn", "status"}
    assert journal[0]["body"]["assistant_id"] == "asst_1"
    assert journal[0]["response"]["object"] == "thread.run"
    assert journal[1]["turn"] == {"say": "Hi."}
    assert journal[1]["view"]["user"] == "Hello?"


def test_the_timeline_is_the_page_of_the_journal(admin, sim, started):
    sim.script(say("</script>"))
    started(sim)
    with urllib.request.urlopen(f"{admin.root}/_simulator/timeline") as answer:
        page = answer.read().decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert page == page_of(sim.journal, title="The journal of the simulator")


def test_a_page_of_another_site_gets_no_timeline(admin):
    status, body = admin.get("timeline", **{"Sec-Fetch-Site": "cross-site"})
    assert (status, list(body)) == (403, ["error"])


def test_the_state_is_what_save_writes(admin, sim, tmp_path):
    sim.put("assistants", ASSISTANT["object"])
    sim.save(tmp_path / "state.json")
    assert (200, json.loads((tmp_path / "state.json").read_bytes())) == admin.get("state")


def test_a_state_that_no_file_can_hold_is_said(admin, sim):
    sim.script(say("x"), when=lambda view: True)
    status, message = message_of(admin.get("state"))
    assert (status, "has a callable as when=" in message) == (409, True)


@pytest.mark.parametrize(
    "name,body,told",
    [
        ("script", {"turns": ["Hello"]}, "'Hello' is not a turn"),
        ("script", {"turns": [{"say": "x"}], "whem": "y"}, "whem: Extra inputs are not permitted."),
        ("script", {}, "turns: Field required."),
        ("script", {"turns": []}, "script() takes at least one turn"),
        ("script", {"turns": [{"say": "x"}], "when": {"pattern": "("}}, "when.pattern: '('"),
        ("put", [ASSISTANT, {"collection": "threads"}], "1.object: Field required."),
        ("put", {"collection": 3, "object": {}}, "collection: Input should be a valid string."),
        ("faults", {"http_error": 429, "on": "runs.retreive"}, "Did you mean 'runs.retrieve'?"),
        ("faults", {"http_error": 429, "headers": {"a b": "c"}}, "'a b' and 'c' are no name"),
        ("faults", {"http_error": 429, "headers": {"a": "c\r\nd: e"}}, "are no name and value of a header"),
        ("clock", {"advance": -1}, "Time cannot go back"),
        ("script", {"turn": []}, "turns: Field required. There is 'turn' in its place."),
        ("clock", {"advance": "1"}, "advance: Input should be a valid number."),
        ("reset", {"seed": "0"}, "seed: Input should be a valid integer."),
        ("reset", {"as_of": "yesterday"}, "as_of= is a date"),
        ("check", {"allow": ["nothing"]}, "allow= knows unused_script"),
        ("check", [], "The body: Input should be"),
    ],
)
def test_bad_input_is_said_and_changes_nothing(admin, sim, name, body, told):
    before = sim.dump()
    status, message = message_of(admin.post(name, body))
    assert (status, told in message) == (400, True), message
    assert sim.dump() == before


def test_what_is_no_json_is_refused(admin):
    assert message_of(admin.post("reset", raw=b"{"))[0] == 400
    assert admin.post("reset", raw=b"seed=1", **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 415
    assert admin.post("reset", raw=b"{}", **{"Content-Type": "text/plain"})[0] == 415


def test_a_route_or_method_that_there_is_not_is_said(admin):
    status, message = message_of(admin.get("jornal"))
    assert (status, message.startswith("There is no /_simulator/jornal.")) == (404, True)
    assert "POST /_simulator/reset" in admin.get("")[1]["routes"]
    assert message_of(admin.get("reset")) == (405, "Not allowed to GET /_simulator/reset. It takes POST.")


@pytest.mark.parametrize(
    "headers,told",
    [
        ({"Origin": "https://evil.example"}, "its Origin is 'https://evil.example'"),
        ({"Origin": "null"}, "its Origin is 'null'"),
        ({"Sec-Fetch-Site": "cross-site"}, "its Sec-Fetch-Site is 'cross-site'"),
        ({"Sec-Fetch-Site": "same-origin"}, "its Sec-Fetch-Site is 'same-origin'"),
        ({"Host": "evil.example"}, "The host 'evil.example' is not this machine's"),
        ({"Host": "127.0.0.1.evil.example:80"}, "is not this machine's"),
    ],
)
def test_no_page_in_a_browser_gets_in(admin, sim, headers, told):
    before = sim.dump()
    for status, body in (admin.get("state", **headers), admin.post("clock", {"advance": 1}, **headers)):
        assert (status, told in body["error"]["message"]) == (403, True)
    assert sim.dump() == before


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1", "[::1]:9", "simulator:8080", "host.docker.internal"])
def test_names_that_nobody_can_register_are_ours(admin, host):
    assert admin.get("health", Host=host)[0] == 200


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("simulator.server.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    with pytest.raises(simulator.SimulatorError, match=r"pip install 'assistants-simulator\[server\]'"):
        app(simulator.Simulator())
