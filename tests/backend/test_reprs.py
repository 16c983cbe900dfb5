"""Turns and faults are shown as the call that makes them, which makes an equal value."""

from __future__ import annotations

import pytest

import simulator
from simulator import (
    call,
    call_tools,
    cut_stream,
    delay,
    fail,
    finish,
    hang,
    http_error,
    image,
    incomplete,
    lock_lag,
    no_answer,
    raw_call,
    refusal,
    rival_run,
    run_code,
    say,
    search_files,
    split_stream,
    stay,
)
from simulator.backend.fault_kinds import FAULT_TYPES
from simulator.backend.reprs import call_that_makes
from simulator.backend.turns import TURN_TYPES

NAMES = {name: getattr(simulator, name) for name in simulator.__all__}
PNG = b"\x89PNG\r\n\x1a\n"

TURNS = {
    "say('Hello.')": say("Hello."),
    "say()": say(),
    "say('a', image('file-1'), refusal('no'), more=True)": say("a", image("file-1"), refusal("no"), more=True),
    "say('ab', chunks=('a', 'b'), takes=3.0)": say("ab", chunks=["a", "b"], takes=3),
    "say('no JSON', off_format=True)": say("no JSON", off_format=True),
    "call_tools(call('f'))": call_tools(call("f")),
    "call_tools(call('f', x=1), call('f', x=1), takes=2.0)": call_tools(call("f", x=1), call("f", x=1), takes=2),
    "call_tools(raw_call('f', '{\"x\": '))": call_tools(raw_call("f", '{"x": ')),
    "call_tools(raw_call('f', '{}', id='call_1'), call('g', x=1))": call_tools(
        raw_call("f", "{}", id="call_1"), call("g", x=1)
    ),
    "run_code('1+1', logs='2')": run_code("1+1", logs="2"),
    "run_code('draw', images=(image('file-1'),), chunks=2)": run_code("draw", images=["file-1"], chunks=2),
    "search_files('tax')": search_files("tax"),
    "search_files('tax', results=())": search_files("tax", results=[]),
    "fail('server_error')": fail("server_error"),
    "fail('server_error', message='No.', text='so far')": fail("server_error", "No.", text="so far"),
    "incomplete('content_filter')": incomplete("content_filter"),
    "incomplete('max_prompt_tokens', text='so far')": incomplete("max_prompt_tokens", "so far"),
    "finish()": finish(),
    "finish(takes=1.0)": finish(takes=1),
    "hang()": hang(),
}

PARTS = {
    "call('f', x=1)": call("f", x=1),
    "call('f', **{'the place': 2, 'class': 3, 'x': 1})": call("f", **{"the place": 2, "class": 3, "x": 1}),
    "raw_call('f', '[1, 2]', chunks=3)": raw_call("f", "[1, 2]", chunks=3),
    "raw_call('f', '{\"x\": 1}')": call_tools(call("f", x=1), call("g")).calls[0],
    "image('file-1')": image("file-1"),
    f"image({PNG!r})": image(PNG),
    "refusal('no')": refusal("no"),
}

FAULTS = {
    "http_error(429)": http_error(429),
    "http_error(429, retry_after=2.0)": http_error(429, retry_after=2),
    "http_error(503, headers={'retry-after-ms': '1'})": http_error(503, headers={"retry-after-ms": "1"}),
    "http_error(503, headers={'retry-after': 'soon'})": http_error(503, headers={"retry-after": "soon"}),
    "http_error(400, message='No.', param='x', code='bad')": http_error(400, "No.", param="x", code="bad"),
    "no_answer('reset')": no_answer(),
    "cut_stream('done')": cut_stream(),
    "cut_stream(3, nth=2, inside=True, ending='error')": cut_stream(3, nth=2, inside=True, ending="error"),
    "split_stream(7)": split_stream(7),
    "delay(1.5)": delay(1.5),
    "stay('queued')": stay("queued"),
    "stay('in_progress', seconds=30.0)": stay("in_progress", 30),
    "lock_lag(5.0)": lock_lag(5),
    "rival_run(5.0)": rival_run(),
    "rival_run(9.0, says='No.')": rival_run(9, says="No."),
}


@pytest.mark.parametrize("written,value", [*TURNS.items(), *PARTS.items(), *FAULTS.items()])
def test_a_value_is_shown_as_the_shortest_call_that_makes_it(written, value):
    assert repr(value) == written
    assert eval(written, NAMES) == value


def test_every_kind_of_turn_and_of_fault_is_tried():
    assert {type(one) for one in TURNS.values()} == set(TURN_TYPES)
    assert {type(one) for one in FAULTS.values()} == set(FAULT_TYPES.values())


def test_an_option_without_which_the_call_is_none_is_kept():
    def power(base, *, to):
        return base**to

    assert call_that_makes(8, power, (2,), {"to": 3}) == "power(2, to=3)"
