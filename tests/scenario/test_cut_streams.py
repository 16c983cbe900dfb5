"""A stream may be cut at any event, in any way: the loop has the whole answer all the same, and submits once."""

import pytest

from simulator import cut_stream
from simulator.backend.fault_kinds import StreamEnding
from simulator.scenario.playing import perform

SCENARIO = """
scenario: x
loop: {{stream: true}}
tools: {{f: {{returns: 1}}}}
faults:
  - {{cut_stream: {place}, on: {on}, ending: {ending}, inside: {inside}}}
conversation:
  - user: Hello?
    model: [{{say: Wait., more: true}}, {{call: {{f: {{}}}}}}, {{say: "It is one, I think.", chunks: 2}}]
    expect: {{calls: [f], outputs: [{{f: 1}}], heard: [Hello?], reply: "Wait.\\nIt is one, I think."}}
"""
# How many events each of the two streams has, `done` among them.
EVENTS = {"runs.create": 14, "runs.submit_tool_outputs": 13}
CUTS = [(on, place) for on, count in EVENTS.items() for place in range(count)]


def played(scenario, **fault):
    return perform(scenario(SCENARIO.format(**fault)))


@pytest.mark.parametrize("on, place", CUTS)
def test_it_is_cut_anywhere(scenario, on, place):
    endings = list(StreamEnding)
    for inside, ending in ((False, endings[place % len(endings)]), (True, endings[(place + 3) % len(endings)])):
        found = played(scenario, place=place, on=on, ending=ending, inside=str(inside).lower())
        assert [one.text for one in found.findings] == []


@pytest.mark.parametrize("on, count", EVENTS.items())
def test_there_are_no_more_events(scenario, on, count):
    last, past = (played(scenario, place=one, on=on, ending="end", inside="false") for one in (count - 1, count))
    frames = [len(one.frames) for played_ in (last, past) for one in played_.journal.exchanges if one.operation == on]
    assert frames == [count - 1, count]
    assert str(cut_stream(count)).startswith(f"cut_stream({count}")
