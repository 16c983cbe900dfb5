"""Exact token counts, compared with what the service billed in the recordings."""

import json
import sys
from pathlib import Path

import pytest

from simulator import Simulator, call, run_code, say
from simulator.backend.tokens import AFTER_ANSWER, tokens_of_call, tokens_of_message
from simulator.errors import UsageError
from simulator.exact_tokens import LONGEST, NEWER_ENCODING, OLDER_ENCODING, encoding_of, exact_counter

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture
def count():
    pytest.importorskip("bpe_openai", reason="the extra [tokens] is not installed")
    return exact_counter()


def test_without_the_extra_the_option_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    with pytest.raises(UsageError, match=r"pip install 'assistants-simulator\[tokens\]'"):
        Simulator(tokens="exact")


def test_counts_are_estimates_whether_or_not_the_extra_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    with_extra_missing = Simulator()
    assert with_extra_missing._options.tokens == "estimate"


@pytest.mark.parametrize(
    "model, encoding",
    [
        ("gpt-4", OLDER_ENCODING),
        ("gpt-4-turbo", OLDER_ENCODING),
        ("gpt-3.5-turbo", OLDER_ENCODING),
        ("gpt-35-turbo", OLDER_ENCODING),
        ("ft:gpt-3.5-turbo-0125:org::id", OLDER_ENCODING),
        ("gpt-4o-mini", NEWER_ENCODING),
        ("gpt-4.1", NEWER_ENCODING),
        ("ft:gpt-4o-mini:org::id", NEWER_ENCODING),
        ("o1", NEWER_ENCODING),
        ("our-own-model", NEWER_ENCODING),
    ],
)
def test_which_encoding_a_model_has(model, encoding):
    assert encoding_of(model) == encoding


def test_a_text_is_counted_as_its_model_counts(count):
    text = "Sure, I can help with writing Ruby code. However, as an AI"
    assert count(text, "gpt-4") == 15  # the 16th token of a recorded run, which had 16, came before it
    assert count("", "gpt-4o") == 0
    assert count("안녕하세요", "gpt-4") != count("안녕하세요", "gpt-4o")


def test_a_text_of_any_length_is_counted(count):
    text = "word " * LONGEST
    assert LONGEST <= count(text, "gpt-4o") <= LONGEST + len(text) // LONGEST + 1
    assert count("😀" * LONGEST * 2, "gpt-4") > 0


def test_the_option_changes_usage_and_limits(count):
    sim = Simulator(tokens="exact")
    sim.script(call("get_weather", location="Paris"), run_code("print(1)"), say("It is sunny in Paris. " * 9))
    client = sim.client()
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    body = {"assistant_id": assistant.id, "max_completion_tokens": 60}
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, **body)
    call_id = run.required_action.submit_tool_outputs.tool_calls[0].id
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call_id, "output": "sunny"}]
    )
    assert (run.status, run.usage.completion_tokens) == ("incomplete", 60)
    listed = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    steps = [step.usage.completion_tokens for step in listed]
    arguments = count("get_weather", "gpt-4o") + count('{"location":"Paris"}', "gpt-4o") + 8
    code = count("print(1)", "gpt-4o") + 6
    assert steps[::-1] == [arguments, code, 60 - arguments - code]


def test_a_saved_state_counts_on_as_before(count, tmp_path):
    Simulator(tokens="exact").save(tmp_path / "state")
    assert Simulator.load(tmp_path / "state")._options.tokens == "exact"


# ── recordings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def values_in(value):
    """Every dict inside a value, those in the events of streams too."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, str):
        value = [json.loads(line[6:]) for line in value.split("\n") if line.startswith("data: {")]
    if isinstance(value, list):
        for one in value:
            yield from values_in(one)


def recorded_objects():
    """Every object in the recordings, as often as it was seen: by kind, then by id."""
    found = {}
    for path in sorted(CORPUS.rglob("*.json")):
        for one in values_in(json.loads(path.read_text(encoding="utf-8"))):
            if isinstance(one.get("object"), str) and "id" in one:
                found.setdefault(one["object"], {}).setdefault(one["id"], []).append(one)
    return found


def billed_steps():
    """(model, step, message or None) of every recorded step that says what it cost."""
    found = recorded_objects()
    models = {id: runs[-1]["model"] for id, runs in found["thread.run"].items()}
    messages = {
        id: max(ones, key=lambda one: len(str(one.get("content")))) for id, ones in found["thread.message"].items()
    }
    for seen in found["thread.run.step"].values():
        step = next((one for one in seen if one.get("usage")), None)
        if step is not None and step["run_id"] in models:
            details = step["step_details"]
            message = messages.get(details.get("message_creation", {}).get("message_id"))
            yield models[step["run_id"]], step, message


def counted(model, step, message, count):
    details = step["step_details"]
    if message is not None:
        cut = step["usage"]["completion_tokens"] == 16  # the limit of both recorded runs that were cut short
        return tokens_of_message(message["content"], model, count) + (0 if cut else AFTER_ANSWER)
    calls = [(one["type"], one[one["type"]]) for one in details["tool_calls"]]
    texts = [(kind, [said[key] for key in ("name", "arguments", "input") if key in said]) for kind, said in calls]
    return sum(tokens_of_call(kind, said, model, count) for kind, said in texts)


def test_the_completion_tokens_of_recorded_steps_are_counted_to_the_token(count):
    if not CORPUS.is_dir():
        pytest.skip("no recordings: there is no folder ../shared/corpus beside the project")
    # A file search does not say what was searched for, and the text of one message is not recorded whole.
    steps = [
        (step["usage"]["completion_tokens"], counted(model, step, message, count))
        for model, step, message in billed_steps()
        if message is not None or step["step_details"].get("tool_calls")
        if "file_search" not in str(step["step_details"])
    ]
    wrong = [(billed, ours) for billed, ours in steps if billed != ours]
    assert len(steps) >= 40
    assert len(wrong) <= 1, wrong
