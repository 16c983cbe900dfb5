"""Twenty and more ways to spoil a move to the Responses API, one at a time: each is found, and named for what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from simulator.migration.kinds import Kind
from simulator.migration.twins import compared_sides
from simulator.scenario.apps import App
from simulator.scenario.loading import load, parse
from simulator.scenario.playing import perform

from .programs import INSTRUCTIONS, New, Old
from .test_surfaces import FOLDER

FORMAT = {"name": "weather", "schema": {"type": "object", "properties": {"sky": {"type": "string"}}}}
JSON = """
scenario: The answer is JSON
conversation:
  - {user: Weather?, model: [{say: '{"sky": "blue"}'}]}
"""
THREE_TURNS = """
scenario: Three turns
conversation:
  - {user: One?, model: [{say: One.}]}
  - {user: Two?, model: [{say: Two.}]}
  - {user: Three?, model: [{say: Three.}]}
"""


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Regression(NamedTuple):
    """A spoilt move.

    Args:
        new: overrides what it spoils, by the names of methods and attributes of `New`.
        kinds: what is found, and nothing else.
        scenario: of `scenarios/moves`, or a text.
        old: likewise of `Old`.
        kept: what a move that lost nothing overrides for the same `old`.
    """

    name: str
    new: dict[str, Any]
    kinds: set[Kind]
    scenario: str
    old: Mapping[str, Any] = NOTHING
    kept: Mapping[str, Any] = NOTHING


def only_at_first(self, user):
    return {"instructions": INSTRUCTIONS} if user not in self.newest else {}


def whole_history(self, user, text):
    self.history = [*getattr(self, "history", []), {"role": "user", "content": text}]
    return list(self.history)


def one_chain_for_all(self, user, given):
    return {"previous_response_id": list(self.newest.values())[-1]} if self.newest else {}


def no_chain_for_outputs(self, user, given):
    outputs = any(one.get("type") == "function_call_output" for one in given)
    return {} if outputs else New.chain(self, user, given)


def forgotten_response(self, user, given):
    if user in self.newest:
        self.client.responses.delete(self.newest[user])
        self.newest[user] = "resp_" + "0" * 50
    return New.chain(self, user, given)


def no_chain(self, user, given):
    return {}


def for_outputs_only(self, user, given):
    return New.chain(self, user, given) if given[0].get("type") else {}


def no_calls(self, response):
    return []


def first_call(self, response):
    return New.calls(self, response)[:1]


def as_python(self, call):
    return str(json.loads(New.output(self, call)))


def first_message(self, response):
    return New.reply(self, response).split("\n")[0]


def first_item(self, response):
    return response.output[0].code


def signed(self, response):
    return f"Bot: {New.reply(self, response)}"


def unchecked(self, response):
    """Take every response for a whole one."""


def one_tool_less(self):
    return New.tools(self)[1:]


def tools_at_first_only(self, user, given):
    request = {"model": self.model, **self.told(user), **self.chain(user, given)}
    return request if user in self.newest else {**request, "tools": self.tools()}


def another_schema(self, one):
    properties = {name: value for name, value in one["parameters"]["properties"].items() if name != "unit"}
    return New.function(self, {**one, "parameters": {**one["parameters"], "properties": properties}})


def without_description(self, one):
    return New.function(self, {**one, "description": None})


def strict_by_default(self, one):
    return {"type": "function", **one}


def in_a_conversation_at_once(self, user, text):
    conversation = self.newest.setdefault("conversation", self.client.conversations.create().id)
    request = {"model": self.model, "tools": self.tools(), **self.told(user), "conversation": conversation}
    with self.client.responses.create(**request, input=text, stream=True) as stream:
        next(iter(stream))
        self.client.responses.create(**request, input="Give this conversation a title.")
    return ""


REGRESSIONS = [
    Regression(
        "instructions are sent at first only",
        {"told": only_at_first},
        {Kind.INSTRUCTIONS_LOST},
        "forgotten_instructions",
    ),
    Regression(
        "instructions were reworded",
        {"instructions": "Be brief."},
        {Kind.INSTRUCTIONS_CHANGED},
        "forgotten_instructions",
    ),
    Regression("another model", {"model": "gpt-4o-mini"}, {Kind.MODEL_CHANGED}, "forgotten_instructions"),
    Regression("no response is named", {"chain": for_outputs_only}, {Kind.HISTORY_LOST}, "lost_history"),
    Regression("the whole history is sent again", {"said": whole_history}, {Kind.HISTORY_REPEATED}, THREE_TURNS),
    Regression("one chain for all users", {"chain": one_chain_for_all}, {Kind.HISTORY_ADDED}, "lost_history"),
    Regression("a response is named that is gone", {"chain": forgotten_response}, {Kind.CHAIN_BROKEN}, THREE_TURNS),
    Regression("calls are not answered", {"calls": no_calls}, {Kind.CALL_UNANSWERED}, "unanswered_calls"),
    Regression("the first call alone is answered", {"calls": first_call}, {Kind.CALL_UNANSWERED}, "unanswered_calls"),
    Regression(
        "outputs without their response", {"chain": no_chain_for_outputs}, {Kind.OUTPUT_ORPHANED}, "orphan_outputs"
    ),
    Regression("outputs as Python writes them", {"output": as_python}, {Kind.OUTPUT_CHANGED}, "unanswered_calls"),
    Regression(
        "functions are strict by default", {"function": strict_by_default}, {Kind.TOOL_STRICTNESS}, "changed_strictness"
    ),
    Regression("an argument is gone", {"function": another_schema}, {Kind.TOOL_SCHEMA}, "changed_strictness"),
    Regression("no descriptions", {"function": without_description}, {Kind.TOOL_DESCRIPTION}, "changed_strictness"),
    Regression("tools are sent at first only", {"request": tools_at_first_only}, {Kind.TOOL_LOST}, "orphan_outputs"),
    Regression("a function was forgotten", {"tools": one_tool_less}, {Kind.TOOL_LOST}, "changed_strictness"),
    Regression(
        "the format was left behind",
        {"runs_code": False},
        {Kind.FORMAT_CHANGED},
        JSON,
        {"runs_code": False, "settings": {"response_format": {"type": "json_schema", "json_schema": FORMAT}}},
        {"runs_code": False, "settings": {"text": {"format": {"type": "json_schema", "strict": False, **FORMAT}}}},
    ),
    Regression(
        "the choice of tools was left behind",
        {},
        {Kind.TOOL_CHOICE_CHANGED},
        THREE_TURNS,
        {"run_settings": {"tool_choice": "none"}},
        {"settings": {"tool_choice": "none"}},
    ),
    Regression(
        "parallel calls are allowed again",
        {},
        {Kind.PARALLEL_CALLS_CHANGED},
        THREE_TURNS,
        {"run_settings": {"parallel_tool_calls": False}},
        {"settings": {"parallel_tool_calls": False}},
    ),
    Regression(
        "the temperature was left behind",
        {},
        {Kind.SAMPLING_CHANGED},
        THREE_TURNS,
        {"settings": {"temperature": 0.2}},
        {"settings": {"temperature": 0.2}},
    ),
    Regression(
        "there is no budget any more",
        {},
        {Kind.BUDGET_LOST},
        THREE_TURNS,
        {"run_settings": {"max_completion_tokens": 500}},
        {"settings": {"max_output_tokens": 500}},
    ),
    Regression(
        "the history is no longer cut",
        {},
        {Kind.HISTORY_ADDED, Kind.TRUNCATION_CHANGED},
        THREE_TURNS,
        {"run_settings": {"truncation_strategy": {"type": "last_messages", "last_messages": 1}}},
        {"chain": no_chain, "settings": {"truncation": "auto"}},
    ),
    Regression("a cut answer passes for a whole one", {"check": unchecked}, {Kind.FAILURE_SWALLOWED}, "token_budget"),
    Regression(
        "the reply is read from the first message", {"reply": first_message}, {Kind.REPLY_MISREAD}, "wrong_item"
    ),
    Regression("the reply is read from the first item", {"reply": first_item}, {Kind.REPLY_MISREAD}, "wrong_item"),
    Regression("the reply is worded anew", {"reply": signed}, {Kind.REPLY_CHANGED}, "forgotten_instructions"),
    Regression(
        "one conversation is used at once",
        {"__call__": in_a_conversation_at_once},
        {Kind.CONVERSATION_LOCKED},
        "concurrent_use",
    ),
]


def scenario_of(regression):
    if regression.scenario.startswith("\n"):
        return parse(regression.scenario, FOLDER / "text.scenario.yaml")
    return load(FOLDER / "moves" / f"{regression.scenario}.scenario.yaml")


def played(scenario, program, changes):
    app = App(name="program", target=type("Program", (program,), dict(changes)), makes_one=True)
    return perform(scenario, app)


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda one: one.name)
def test_a_spoilt_move_is_named(regression):
    scenario = scenario_of(regression)
    old = played(scenario, Old, regression.old)
    assert old.passed
    compared = compared_sides(scenario, old, played(scenario, New, regression.new))
    assert {one.kind for one in compared.open} == regression.kinds


@pytest.mark.parametrize("scenario", sorted({one.scenario for one in REGRESSIONS if not one.old}))
def test_a_move_that_lost_nothing_has_no_difference(scenario):
    loaded = scenario_of(Regression("", {}, set(), scenario))
    compared = compared_sides(loaded, played(loaded, Old, {}), played(loaded, New, {}))
    assert (compared.open, compared.failed) == ([], [])


@pytest.mark.parametrize("regression", [one for one in REGRESSIONS if one.old], ids=lambda one: one.name)
def test_what_was_left_behind_could_have_been_kept(regression):
    scenario = scenario_of(regression)
    compared = compared_sides(scenario, played(scenario, Old, regression.old), played(scenario, New, regression.kept))
    differences = {one.kind for one in compared.open} - {Kind.TRUNCATION_CHANGED}  # the strategy itself is gone
    assert differences == set()


def test_each_hazard_of_a_move_is_tried():
    hazards = {path.name.partition(".")[0] for path in (FOLDER / "moves").glob("*.scenario.yaml")}
    assert hazards == {one.scenario for one in REGRESSIONS if not one.scenario.startswith("\n")}
    assert len(REGRESSIONS) >= 20
