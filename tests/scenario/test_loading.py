import re

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.loading import MAX_BYTES, filled, line_of_step, load, read, text_of, write

LEAST = "scenario: x\nconversation:\n  - user: Hello?\n"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "f.scenario.yaml:1: a scenario is a mapping that begins with `scenario: what it is about`."),
        ("[1]", "f.scenario.yaml:1: a scenario is a mapping"),
        ("x: [", "f.scenario.yaml:2: this is no YAML"),
        (
            LEAST + "scenario: y",
            "f.scenario.yaml:4: this is no YAML: the key 'scenario' stands twice, here and on line 1.",
        ),
        (
            LEAST + "    from: a\n    from: a",
            "f.scenario.yaml:5: this is no YAML: the key 'from' stands twice, here and",
        ),
        (LEAST + "---\n" + LEAST, "f.scenario.yaml:4: a second document begins here, and a file holds one."),
        (LEAST + "put: {assistants: {id: a}}", "f.scenario.yaml:4: put.assistants: Input should be a valid list, not"),
        (
            "x: !!python/object:os.system 1",
            "f.scenario.yaml:1: the tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("x: " + "[" * 100, "f.scenario.yaml:1: this nests more than 64 deep"),
        ("scenario: x", "f.scenario.yaml:1: the scenario: `conversation` is missing."),
        ("scenario: x\nconversation: []", "f.scenario.yaml:2: conversation: List should have at least 1 item"),
        (
            LEAST + "conversatoin: 5",
            "f.scenario.yaml:4: conversatoin: there is no such key. Did you mean 'conv",
        ),
        (
            LEAST + "    <<: {from: anna}",
            "f.scenario.yaml:4: conversation[0].<<: merge keys are not read. Write the keys out.",
        ),
        (LEAST + "zzz: 5", "f.scenario.yaml:4: zzz: there is no such key. There are: scenario, about, parameters,"),
        (
            LEAST + "    modle: x",
            "f.scenario.yaml:4: conversation[0].modle: there is no such key. Did you mean",
        ),
        (
            LEAST + "    expect: {reply: {contians: x}}",
            "conversation[0].expect.reply.contians: there is no such key",
        ),
        (LEAST + "    expect: {reply: {}}", "conversation[0].expect.reply: needs `contains` or `matches`."),
        (LEAST + "    expect: {reply: 5}", "conversation[0].expect.reply: Input should be a valid string, not 5."),
        (
            LEAST + "    expect: {error: {matches: '('}}",
            "conversation[0].expect.error.matches: '(' is no regular expression: ",
        ),
        (
            LEAST + "    expect: {calls: [{a: 1, b: 2}]}",
            "expect.calls[0]: a call is its name, {name: arguments}",
        ),
        (
            LEAST + "    expect: {assistants: {statuses: [done]}}",
            "f.scenario.yaml:4: conversation[0].expect.assista",
        ),
        (LEAST + "    model: [{say: 1}]", "f.scenario.yaml:4: conversation[0].model[0]: 1 is not a part of a message"),
        (LEAST + "    model: {sya: x}", "f.scenario.yaml:4: conversation[0].model: {'sya': 'x'} is not a turn."),
        (LEAST + "    faults: [{delay: soon}]", "conversation[0].faults[0]: delay() takes a number of virtual seconds"),
        (
            LEAST + "    faults: [{delay: 1, on: runs, tims: 2}]",
            "faults[0]: delay knows no 'tims'. Did you mean",
        ),
        (LEAST + "    wait: 1 day", "conversation[0]: a step has either `user`, what somebody says, or `wait`"),
        (
            "scenario: x\nconversation:\n  - wait: 1 day\n    from: x",
            "[0]: beside `wait` there is nothing else",
        ),
        ("scenario: x\nconversation:\n  - wait: 3 dayz", "f.scenario.yaml:3: conversation[0].wait: a duration is"),
        (LEAST + "    attach: [x.txt]", "the scenario: no file 'x.txt' is among `files`. There are: none."),
        (LEAST + "    attach: [x.txt]\nfiles: {y.txt: z}", "no file 'x.txt' is among `files`. Did you mean 'y.txt'?"),
        (
            LEAST + "tools: {f: {returns: 1, rases: x}}",
            "f.scenario.yaml:4: tools.f.rases: there is no such key",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(scenario, text, message):
    with pytest.raises(ScenarioError, match=re.escape(message)):
        scenario(text)


def test_a_turn_that_is_none_is_told_once(scenario):
    with pytest.raises(ScenarioError) as raised:
        scenario(LEAST + "    model: {say: x, takes: -1}")
    (line,) = str(raised.value).splitlines()
    assert line.startswith("f.scenario.yaml:4: conversation[0].model: takes= is a number of virtual seconds")


def test_several_mistakes_are_told_at_once(scenario):
    with pytest.raises(ScenarioError) as raised:
        scenario("scenario: x\nconversation:\n  - user: 5\n  - wait: -1\nabuot: x\n")
    assert [line.split(": ")[0] for line in str(raised.value).splitlines()] == [
        "f.scenario.yaml:3",
        "f.scenario.yaml:4",
        "f.scenario.yaml:5",
    ]


def test_words_are_words(scenario):
    found = scenario("scenario: yes\nconversation:\n  - user: no\n    faults: [{delay: 1, on: runs.list}]\n")
    assert (found.scenario, found.conversation[0].user) == ("yes", "no")
    assert found.conversation[0].faults == [{"delay": 1, "on": "runs.list"}]


PARAMETERS = """
scenario: Weather in {city}
parameters: {city: Paris, days: 3, deep: true}
conversation:
  - user: "{city}, {days} days, {other}?"
    model: [{call: {get_weather: {location: "{city}", days: "{days}", "{city}": "{deep}"}}}, {say: ok}]
"""


def test_parameters_are_filled_in(scenario):
    step = filled(scenario(PARAMETERS), {"city": "Rome"}, "f").conversation[0]
    assert step.user == "Rome, 3 days, {other}?"
    assert step.model[0] == {"call": {"get_weather": {"location": "Rome", "days": 3, "Rome": True}}}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_braces_in_the_value_of_a_parameter_are_its_own(scenario, order):
    text = 'scenario: x\nparameters: {%s: "", %s: ""}\nconversation: [{user: "{{a}} {a} and {b}"}]\n' % order  # noqa: UP031
    found = filled(scenario(text), {"a": "{b}", "b": "{a}"}, "f")
    assert found.conversation[0].user == "{{b}} {b} and {a}"


def test_without_parameters_nothing_is_filled_in(scenario):
    plain = scenario(LEAST)
    assert filled(plain, {}, "f") is plain


def test_a_parameter_that_there_is_not_is_refused(scenario):
    with pytest.raises(ScenarioError, match=r"f: the scenario has no parameter 'citi'\. Did you mean 'city'\?"):
        filled(scenario(PARAMETERS), {"citi": "Rome"}, "f")
    with pytest.raises(ScenarioError, match=r"no parameter 'x'\. It has: none\."):
        filled(scenario(LEAST), {"x": 1}, "f")


def test_a_value_that_does_not_fit_is_refused(scenario):
    text = 'scenario: x\nparameters: {who: Anna}\nconversation:\n  - user: "{who}"\n'
    with pytest.raises(ScenarioError, match=r"f: with \{'who': 5\}: conversation\[0\]\.user: Input should be"):
        filled(scenario(text), {"who": 5}, "f")


def test_a_file_is_loaded_and_written(tmp_path, scenario):
    path = tmp_path / "x.scenario.yaml"
    write(scenario(PARAMETERS), path)
    assert read(path) == scenario(PARAMETERS)
    assert load(path, {"days": 5}).conversation[0].user == "Paris, 5 days, {other}?"
    assert text_of(read(path)).startswith("scenario: Weather in {city}\nparameters:\n  city: Paris\n")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "x.scenario.yaml"
    with pytest.raises(ScenarioError, match=r"x\.scenario\.yaml cannot be read: No such file or directory\."):
        read(path)
    path.write_bytes(b"scenario: x\nabout: \xff\n")
    with pytest.raises(ScenarioError, match=r"x\.scenario\.yaml:2: this is not UTF-8: byte 0xff\. Save it as UTF-8\."):
        read(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ScenarioError, match=r"x\.scenario\.yaml has more than 4 MiB"):
        read(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "x.scenario.yaml").write_text(LEAST, encoding="utf-8-sig")
    assert read(tmp_path / "x.scenario.yaml").scenario == "x"


def test_an_alias_stands_for_what_it_names(scenario):
    text = "scenario: x\nconversation:\n  - user: Hello?\n    model: &answer [{say: Hello.}]\n"
    steps = scenario(text + "  - user: Again?\n    model: *answer\n").conversation
    assert steps[1].model == steps[0].model == [{"say": "Hello."}]


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 9)}]" for one in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [bomb(40), "a: &a [*a]", "a: &a {b: *a}"], ids=["laughs", "circle", "circle of keys"])
def test_what_unfolds_without_end_is_refused(scenario, text):
    with pytest.raises(ScenarioError, match=r"f\.scenario\.yaml: with its aliases unfolded it has more than 200,000"):
        scenario(text)


def test_the_line_of_a_step_is_known(tmp_path):
    path = tmp_path / "x.scenario.yaml"
    path.write_text(f"# about\n{LEAST}  - user: Again?\n")
    assert [line_of_step(path, step) for step in (None, 1, 2)] == [2, 4, 5]
