"""What a scenario tells the built-in loop, and what the loop makes of it."""

import pytest

from simulator.errors import ScenarioError, ScenarioFailed
from simulator.scenario.playing import perform, play

STEP = "scenario: x\nconversation:\n  - user: Hello?\n    model: [{say: Hello.}]\n"
ASKED = """
scenario: x
tools:
  get_weather:
    returns_for:
      - {arguments: {location: Paris}, returns: sunny}
      - {arguments: {location: Paris}, returns: rainy}
      - {arguments: '{"loc', returns: [what, "?"]}
    returns: {temperature: 72}
conversation:
  - user: Hello?
    model:
      - calls: [{get_weather: {location: Paris}}, {get_weather: {location: Paris}}, {get_weather: {location: Paris}}]
      - calls: [{get_weather: {location: Rome}}, {raw_call: {name: get_weather, text: '{"loc'}}]
      - say: Hello.
    expect:
      outputs:
        - {get_weather: sunny}
        - {get_weather: rainy}
        - {get_weather: rainy}
        - {get_weather: {temperature: 72}}
        - {get_weather: [what, "?"]}
"""


def outputs_of(played):
    views = played.journal.views
    return [one.output for one in views[-1].outputs]


def test_a_function_returns_by_its_arguments(scenario):
    played = play(scenario(ASKED))
    assert outputs_of(played) == ["sunny", "rainy", "rainy", '{"temperature": 72}', '["what", "?"]']


def test_what_was_said_before_is_there_and_is_not_answered(scenario):
    text = (
        STEP + "    history: [{user: Hi.}, {assistant: Good day.}]\n    expect: {heard: [Hi., Hello?], reply: Hello.}\n"
    )
    played = play(scenario(text))
    assert played.journal.views[-1].messages == [("user", "Hi."), ("assistant", "Good day."), ("user", "Hello?")]


@pytest.mark.parametrize("said", ["{}", "{user: a, assistant: b}"])
def test_a_message_was_said_by_one(scenario, said):
    with pytest.raises(ScenarioError, match="has either `user` or `assistant`"):
        scenario(f"{STEP}    history: [{said}]\n")


def test_a_step_goes_about_it_otherwise_than_the_whole(scenario):
    text = "loop: {stream: true}\n" + STEP + "  - user: Again?\n    model: [{say: Again.}]\n    loop: {stream: false}\n"
    played = play(scenario(text))
    streamed = [b'"stream":true' in one.body for one in played.journal.exchanges if one.operation == "runs.create"]
    assert streamed == [True, False]


def test_patience_counts_virtual_time(scenario):
    text = STEP.replace("{say: Hello.}", "{say: Hello., takes: 59}") + "    loop: {patience: 1 minute}\n"
    assert play(scenario(text)).replies == ["Hello."]
    with pytest.raises(ScenarioFailed, match="The run ended as cancelled"):
        play(scenario(text.replace("59", "90")))


def test_no_round_is_answered_where_none_may_be(scenario):
    text = STEP.replace("{say: Hello.}", "{call: {f: {}}}") + "    loop: {rounds: 0}\n    expect: {error: any}\n"
    played = perform(scenario(text))
    assert [one.text for one in played.findings] == []
    assert {one.operation for one in played.journal.exchanges} >= {"runs.cancel"}
    assert "runs.submit_tool_outputs" not in {one.operation for one in played.journal.exchanges}


def test_a_whole_answer_that_was_streamed_is_not_read_again(scenario):
    played = play(scenario("loop: {stream: true}\n" + STEP + "    expect: {reply: Hello.}\n"))
    assert [one.operation for one in played.journal.exchanges][-1] == "runs.create"


def test_the_outputs_of_a_stream_are_streamed(scenario):
    text = "loop: {stream: true}\ntools: {f: {returns: 1}}\n" + STEP.replace("[{say", "[{call: {f: {}}}, {say")
    played = play(scenario(text))
    assert [one.operation for one in played.journal.exchanges][-1] == "runs.submit_tool_outputs"
    assert played.replies == ["Hello."]


def test_what_does_not_pass_is_tried_five_times_and_reported(scenario):
    fault = "    faults: [{http_error: 500, message: Broken, on: messages.create, times: 5}]\n"
    text = STEP.replace("model: [{say: Hello.}]", "expect: {error: {contains: Broken}}") + fault
    played = play(scenario(text))
    assert [one.status for one in played.journal.exchanges if one.operation == "messages.create"] == [500] * 5


def test_who_has_waited_for_long_asks_less_often(scenario):
    text = STEP + "    faults: [{stay: queued, seconds: 500, on: runs.create}]\n"
    polls = [one.at for one in play(scenario(text)).journal.exchanges if one.operation == "runs.retrieve"]
    assert polls[1] - polls[0] < 2
    assert polls[-1] - polls[-2] > 30


CITING = """
scenario: x
conversation:
  - user: Hello?
    model:
      - say: "Nine【1†a】, or ten【2†b】; see sandbox:/mnt/data/hours.csv."
        annotations:
          - {text: "【1†a】", file_citation: {file_id: file-a}}
          - {text: "【2†b】", file_citation: {file_id: file-b}}
          - {text: "sandbox:/mnt/data/hours.csv", file_path: {file_id: file-c}}
"""


@pytest.mark.parametrize("streams", ["true", "false"])
def test_markers_of_citations_are_left_out_and_paths_of_files_are_not(scenario, streams):
    played = play(scenario(f"loop: {{stream: {streams}}}\n{CITING}"))
    assert played.replies == ["Nine, or ten; see sandbox:/mnt/data/hours.csv."]
    read = {one.operation for one in played.journal.exchanges}
    assert ("messages.list" in read) == (streams == "false")


def test_the_loop_says_the_same_of_citations_on_the_other_api(scenario):
    assert play(scenario(CITING), surface="responses").replies[0].startswith("Nine, or ten; see ")


BREAKING = """
scenario: x
tools:
  get_weather: {returns_for: [{arguments: {}, raises: It is away.}, {arguments: {}, returns: sunny}]}
conversation:
  - user: Hello?
    model: [{call: {get_weather: {}}}, {call: {get_weather: {}}}, {call: {get_weather: {}}}, {say: Sunny.}]
"""


def test_a_function_may_break_for_some_arguments_and_once(scenario):
    assert outputs_of(play(scenario(BREAKING))) == ['{"error": "It is away."}', "sunny", "sunny"]
