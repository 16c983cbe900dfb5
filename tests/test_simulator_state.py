"""The whole state of a simulator: saved, loaded, begun anew, with the same bytes afterwards."""

import json
import os
import re

import pytest

from simulator import Simulator, SimulatorError, call, call_tools, hang, http_error, run_code, say
from simulator.errors import StateError, UsageError


@pytest.fixture
def busy(ask, started):
    """A simulator with something of everything that is saved."""

    def make(seed=0):
        sim = Simulator(seed=seed, hosts=["example.com"], poll_after_ms=None)
        sim.script(
            call_tools(call("f", x=1), call("g"), takes=2), run_code("1", logs="1"), say("ünd", chunks=2), "more"
        )
        sim.script(hang(), when=re.compile("hang", re.IGNORECASE))
        sim.script("again", repeat=True, assistant="asst_2")
        sim.put("files", {"id": "file-1", "content": b"\x00\xff"})
        started(sim)
        started(sim, "Hang!")
        started(sim, assistant="asst_2")
        ask(sim, "POST", "/embeddings")
        doomed = ask(sim, "POST", "/threads")[1]["id"]
        ask(sim, "DELETE", f"/threads/{doomed}")
        sim.faults.add(http_error(429, retry_after=1), on="runs.list", skip=1, times=2)
        return sim

    return make


@pytest.fixture
def carry_on(ask, started):
    """A conversation that shows all of the state; return what was answered."""

    def talk(sim):
        answers = []
        for _ in range(4):
            sim.clock.advance(20)
            for run in sim.runs:
                path = f"/threads/{run['thread_id']}/runs/{run['id']}"
                answers.append(ask(sim, "GET", path))
                if run["status"] == "requires_action":
                    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
                    outputs = [{"tool_call_id": one["id"], "output": "x"} for one in calls]
                    answers.append(ask(sim, "POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs}))
                answers += [ask(sim, "GET", f"{path}/steps"), ask(sim, "GET", f"/threads/{run['thread_id']}/runs")]
        answers.append(started(sim))
        return answers

    return talk


@pytest.mark.parametrize("seconds", [0, 0.3, 5, 700])
def test_a_loaded_state_goes_on_with_the_same_bytes(busy, carry_on, tmp_path, seconds):
    sim = busy()
    sim.clock.advance(seconds)
    sim.save(tmp_path / "state.json")
    loaded = Simulator.load(tmp_path / "state.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "state.json").read_bytes()
    assert carry_on(loaded) == carry_on(sim)
    sim.save(tmp_path / "one.json")
    loaded.save(tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_a_state_is_one_readable_json_file(busy, tmp_path):
    busy().save(tmp_path / "state.json")
    text = (tmp_path / "state.json").read_text(encoding="utf-8")
    assert set(json.loads(text)) == {"version", "options", "scripts", "backend"}
    assert "ünd" in text
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_loaded_simulator_has_the_options_of_the_saved_one_and_a_brain_of_its_own(started, said, tmp_path):
    saved = Simulator(
        seed=7,
        time="threads",
        hosts=["api.example"],
        poll_after_ms=None,
        service="sunset",
        strict=False,
        allow={"active_run"},
        journal=False,
        as_of="2024-04-29",
    )
    saved.save(tmp_path / "s")
    assert Simulator.load(tmp_path / "s")._options == saved._options
    Simulator().save(tmp_path / "s")
    with_brain = Simulator.load(tmp_path / "s", brain=lambda view: "mine")
    assert said(with_brain, started(with_brain)[1]) == ["mine"]


def test_a_callable_as_when_cannot_be_saved_and_leaves_the_file(tmp_path):
    sim = Simulator()
    sim.save(tmp_path / "s")
    before = (tmp_path / "s").read_bytes()
    sim.script("x", when=lambda view: True)
    with pytest.raises(SimulatorError, match="callable as when="):
        sim.save(tmp_path / "s")
    assert (tmp_path / "s").read_bytes() == before


def test_an_interrupted_save_leaves_the_old_file_and_no_other(busy, tmp_path, monkeypatch):
    sim = Simulator()
    sim.save(tmp_path / "s")
    before = (tmp_path / "s").read_bytes()
    busy_one = busy()

    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        busy_one.save(tmp_path / "s")
    assert (tmp_path / "s").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


BROKEN = {
    "no json": "{",
    "too deep": "[" * 200_000,
    "not finite": '{"version": NaN}',
    "a list": "[]",
    "a text": '"x"',
    "empty": "{}",
    "another version": '{"version": 99}',
    "an unknown option": '{"version": 1, "options": {"as_off": 1}, "scripts": {}, "backend": {}}',
    "scripts of another kind": '{"version": 1, "options": {}, "scripts": {"pieces": [1], "rest": {}}, "backend": {}}',
    "a rest of another kind": '{"version": 1, "options": {}, "scripts": {"pieces": [], "rest": []}, "backend": {}}',
    "no backend": '{"version": 1, "options": {}, "scripts": {"pieces": [], "rest": {}}, "backend": {}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_holds_no_state_is_refused_by_name(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(SimulatorError, match=re.escape(str(path))) as caught:
        Simulator.load(path)
    assert isinstance(caught.value, ValueError)


def _changed(**places):
    def change(state):
        for path, value in places.items():
            *to, last = path.split("__")
            inner = state
            for step in to:
                inner = inner[step]
            inner[last] = value

    return change


SPOILT = {
    "a bad pattern": lambda state: state["scripts"]["pieces"][0].update(when={"pattern": "(", "flags": 0}),
    "a piece without turns": lambda state: state["scripts"]["pieces"][0].update(turns=[]),
    "now is a text": _changed(backend__now="x"),
    "now is not finite": _changed(backend__now=float("inf")),
    "now is beyond floats": _changed(backend__now=10**400),
    "ids that are texts": _changed(backend__ids={"run_": "1"}),
    "insertions that are texts": _changed(backend__store__runs__insertions="1"),
    "an unknown action": _changed(backend__calendar=[[1.0, "run_1", 0, "explode"]]),
    "hosts nobody can iterate": _changed(options__hosts=5),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_state_that_was_spoilt_is_refused_by_name(busy, tmp_path, spoil):
    path = tmp_path / "state.json"
    busy().save(path)
    state = json.loads(path.read_text(encoding="utf-8"))
    spoil(state)
    path.write_text(json.dumps(state))
    with pytest.raises(StateError, match=re.escape(f"{path} is no state that Simulator.save wrote: ")):
        Simulator.load(path)


def test_the_refusal_says_where(busy, tmp_path):
    path = tmp_path / "state.json"
    busy().save(path)
    state = json.loads(path.read_text(encoding="utf-8"))
    state["backend"]["ids"]["run_"] = "1"
    path.write_text(json.dumps(state))
    with pytest.raises(StateError, match=r"backend\.ids\.run_: .* valid integer, not '1'"):
        Simulator.load(path)


def test_a_brain_that_is_none_is_not_blamed_on_the_file(tmp_path):
    Simulator().save(tmp_path / "s")
    with pytest.raises(UsageError, match=r"^brain= is None, 'auto' or a callable of the view, not 'atuo'"):
        Simulator.load(tmp_path / "s", brain="atuo")


def test_keys_are_not_saved(tmp_path):
    Simulator(api_keys=["sk-secret"]).save(tmp_path / "s")
    assert "sk-secret" not in (tmp_path / "s").read_text()
    assert Simulator.load(tmp_path / "s")._options.api_keys == ()


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(StateError, match=r"nowhere cannot be read: No such file or directory\. Name a file that"):
        Simulator.load(tmp_path / "nowhere")
    with pytest.raises(StateError, match=r"cannot be read: Is a directory"):
        Simulator.load(tmp_path)


def test_what_json_cannot_hold_is_not_saved_and_leaves_the_file(tmp_path):
    sim = Simulator()
    sim.save(tmp_path / "s")
    before = (tmp_path / "s").read_bytes()
    for odd in (object(), "\ud800", float("nan")):
        sim.reset()
        sim._backend.engine.surprises.append(odd)
        with pytest.raises(StateError, match="The state cannot be saved, JSON cannot hold it: "):
            sim.save(tmp_path / "s")
        assert (tmp_path / "s").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_saved_file_has_the_mode_that_open_gives(tmp_path):
    old = os.umask(0o027)
    try:
        Simulator().save(tmp_path / "new")
        (tmp_path / "kept").touch(0o600)
        Simulator().save(tmp_path / "kept")
    finally:
        os.umask(old)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "kept")] == [0o640, 0o600]


def test_a_state_whose_active_run_is_missing_is_refused(busy, tmp_path):
    path = tmp_path / "state.json"
    busy().save(path)
    state = json.loads(path.read_text(encoding="utf-8"))
    state["backend"]["store"]["runs"]["listings"] = {}
    path.write_text(json.dumps(state))
    with pytest.raises(SimulatorError, match="is at work but not among the runs"):
        Simulator.load(path)


def test_a_reset_simulator_is_as_new(ask, busy, tmp_path):
    sim = busy()
    sim.stub("POST /v1/embeddings", json={})
    sim.reset()
    sim.check()
    assert (len(sim.journal), len(sim.runs), len(sim.calls), bool(sim.faults)) == (0, 0, 0, False)
    assert ask(sim, "POST", "/embeddings")[1]["error"]["code"] == "not_simulated"
    sim.reset()
    sim.save(tmp_path / "reset")
    Simulator(hosts=["example.com"], poll_after_ms=None).save(tmp_path / "new")
    assert (tmp_path / "reset").read_bytes() == (tmp_path / "new").read_bytes()


def test_a_reset_simulator_gives_the_same_bytes_again(started):
    sim = Simulator(brain="auto", seed=3)
    first = [started(sim), started(sim)]
    sim.reset()
    assert [started(sim), started(sim)] == first


def test_the_clock_goes_forward_only():
    sim = Simulator()
    before = sim.clock.now()
    for seconds in (-1, float("nan"), float("inf"), "1", None, True):
        with pytest.raises(SimulatorError):
            sim.clock.advance(seconds)
    assert sim.clock.now() == before
