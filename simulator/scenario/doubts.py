"""What is no finding, and probably a mistake all the same: of a scenario, or of the app that played it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from ..backend.journal import Exchange
from ..backend.turns import CallTools
from ..backend.turns_json import turn_from_json
from ..errors import suggestion
from ..simulator import Simulator
from .schema import CallExpectation, Scenario, Step, call_matcher

# As `api.refusals.lookups.NotFound` words it.
_STRANGER = re.compile(r"No (assistant|thread) found with id '(.+?)'")


def doubts_of(scenario: Scenario) -> Iterator[str]:
    """Yield what is probably a mistake: a call of a function that no tool declares, and that no step expects."""
    if not scenario.tools:
        return
    for step in scenario.conversation:
        expected = {call_matcher(one).call for one in _expected_calls(step)}
        for turn in map(turn_from_json, step.turns):
            for call in turn.calls if isinstance(turn, CallTools) else ():
                if call.name not in scenario.tools and call.name not in expected:
                    yield f"{call.name!r} is called, and no tool declares it.{suggestion(call.name, scenario.tools)}"


def _expected_calls(step: Step) -> Iterator[CallExpectation]:
    if step.expect is not None:
        yield from step.expect.calls or ()
        yield from step.expect.calls_in_any_order or ()


def strangers_of(stage: Simulator) -> Iterator[str]:
    """Yield the assistants and threads that the app asked for, and that were never made.

    It knows them from outside, or has kept them from another scenario: ids differ between scenarios, so that what was
    kept meets nothing.
    """
    exchanges = stage.requests
    for noun, id in dict.fromkeys(filter(None, map(_stranger_in, exchanges))):
        if not any(id.encode() in one.response for one in exchanges if one.status == HTTPStatus.OK):
            yield (
                f"The app asked for the {noun} {id}, which was never made in this scenario. If the app knows it from "
                "outside, place it with `put`. If it keeps ids from one scenario to the next, name a class or a "
                "factory as the app: one is made for each scenario."
            )


def _stranger_in(exchange: Exchange) -> tuple[str, str] | None:
    """Return noun and id of what was asked for and is not there; a fault may say so of an id that nobody asked for."""
    answer = exchange.response_json if exchange.status == HTTPStatus.NOT_FOUND else None
    error = answer.get("error") if isinstance(answer, dict) else None
    found = _STRANGER.match(str(error.get("message"))) if isinstance(error, dict) else None
    return (found[1], found[2]) if found and found[2] in f"{exchange.path} {exchange.json}" else None
