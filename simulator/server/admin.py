"""The admin routes: what a test does with `sim.…`, for tests in other languages and other processes.

Each row of the table names a route, the shape of its body, and the function that does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response
from starlette.routing import Route

from ..api.wire import JSON_TYPE
from ..backend.faults_json import plan_from_json
from ..backend.turns_json import turn_from_json
from ..errors import CheckFailed, SimulatorError, UsageError
from ..scenario import loading
from ..scenario.directing import Director
from .admin_bodies import (
    ONE,
    SEVERAL,
    Check,
    Clock,
    EndStep,
    LoadScenario,
    OneOrSeveralFaults,
    OneOrSeveralPuts,
    Pattern,
    Put,
    Reset,
    Script,
)
from .answers import Refused, answer, refused
from .bodies import HungUp, TooLarge, read_body
from .journal_json import journal_to_json
from .workers import Worker

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from starlette.requests import Request

    from ..scenario.schema import Scenario
    from ..simulator import Simulator

ADMIN = "/_simulator"
MAX_BODY_BYTES = 64 << 20
DONE = {"ok": True}
_SENT = Path("scenario")  # in the place of a file, in what is said of it


def admin_routes(simulator: Simulator, work: Worker) -> list[Route]:
    """Return the routes, as they stand below their prefix."""
    directed = _directing(Director(simulator))
    posts = [
        Route(f"/{name}", _doing(simulator, work, *row), methods=["POST"])
        for name, row in {**_ACTIONS, **directed}.items()
    ]
    gets = [Route(f"/{name}", _showing(simulator, work, show), methods=["GET"]) for name, show in _READINGS.items()]
    return [*posts, *gets, Route("/", _listing([*posts, *gets]), methods=["GET"])]


def _listing(routes: Sequence[Route]) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        named = [f"{method} {ADMIN}{one.path}" for one in routes for method in one.methods or () if method != "HEAD"]
        return answer({"routes": named, "told": "docs/server.md of assistants-simulator"})

    return endpoint


_Endpoint = Callable[["Request"], Any]


def _doing(simulator: Simulator, work: Worker, shape: TypeAdapter[Any], act: _Act) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            body = _checked(shape, await _json_of(request))
            return await work(act, simulator, body)
        except Refused as refusal:
            return refused(refusal.status, str(refusal))
        except SimulatorError as error:
            return refused(400, str(error))

    return endpoint


def _showing(simulator: Simulator, work: Worker, show: _Show) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return await work(show, simulator)
        except SimulatorError as error:
            return refused(409, str(error))

    return endpoint


# Reading.


async def _json_of(request: Request) -> bytes:
    """Return the body of a request, if it may be JSON; an empty one stands for an empty object.

    Raises:
        Refused: it is too large, or of another type.
    """
    kind = request.headers.get("content-type")
    try:
        body = await read_body(request.scope, request.receive, MAX_BODY_BYTES)
    except TooLarge as error:
        raise Refused(413, str(error)) from None
    except HungUp:
        raise Refused(400, "The request was not complete.") from None
    if (body or kind) and (kind or "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise Refused(415, f"Send the header content-type: {JSON_TYPE}, not {kind!r}.")
    return body or b"{}"


def _checked(shape: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        raise Refused(400, _told(error)) from None


def _told(error: ValidationError) -> str:
    """Return the first problem in words: where, and what."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part not in (ONE, SEVERAL))
    return f"{place or 'The body'}: {first['msg']}.{_sent_instead(first)}"


def _sent_instead(problem: ErrorDetails) -> str:
    """Name what was sent where a field is missing, if it looks like a misspelling of it."""
    if problem["type"] != "missing" or not isinstance(problem["input"], dict):
        return ""
    near = get_close_matches(str(problem["loc"][-1]), [str(key) for key in problem["input"]], n=1)
    return f" There is {near[0]!r} in its place." if near else ""


# Doing.


def _put(simulator: Simulator, body: Put | list[Put]) -> Response:
    if isinstance(body, Put):
        return answer(simulator.put(body.collection, body.object))
    return answer(simulator.put_all((one.collection, one.object) for one in body))


def _script(simulator: Simulator, body: Script) -> Response:
    turns = [turn_from_json(turn) for turn in body.turns]
    when = _compiled(body.when) if isinstance(body.when, Pattern) else body.when
    conditions = body.model_dump(include={"assistant", "thread", "repeat", "optional"})
    simulator.script(*turns, when=when, **conditions)
    return answer(DONE)


def _compiled(when: Pattern) -> re.Pattern[str]:
    try:
        return re.compile(when.pattern, when.flags)
    except (re.error, ValueError, OverflowError) as error:
        raise UsageError(f"when.pattern: {when.pattern!r} is no regular expression of Python's: {error}.") from None


def _add_faults(simulator: Simulator, body: Mapping[str, Any] | list[Mapping[str, Any]]) -> Response:
    faults = simulator.faults
    before = faults.to_json()
    try:
        for one in body if isinstance(body, list) else [body]:
            plan = plan_from_json(one)
            faults.add(plan.fault, **plan.options)
    except SimulatorError:
        faults.restore(before)  # all of a list, or none
        raise
    return answer(DONE)


def _move_clock(simulator: Simulator, body: Clock) -> Response:
    return answer({"now": simulator.clock.advance(body.advance)})


# Scenarios, and what has to do with them.


def _directing(director: Director) -> Mapping[str, tuple[TypeAdapter[Any], _Act]]:
    """Return the rows of a server's own director: what resets and checks the simulator does so to the scenario too."""

    def reset(simulator: Simulator, body: Reset) -> Response:
        simulator.reset(seed=body.seed, as_of=body.as_of)
        director.forget()
        return answer(DONE)

    def load(simulator: Simulator, body: LoadScenario) -> Response:
        return answer(director.load(_scenario_of(body)))

    def step(simulator: Simulator, body: EndStep) -> Response:
        return answer(director.step(body.reply, body.error))

    def check(simulator: Simulator, body: Check) -> Response:
        found = [*director.findings(), *_findings(simulator, body)]
        return answer({"ok": not found, "findings": found}, 409 if found else 200)

    return {
        "reset": (TypeAdapter(Reset), reset),
        "scenario": (TypeAdapter(LoadScenario), load),
        "step": (TypeAdapter(EndStep), step),
        "check": (TypeAdapter(Check), check),
    }


def _scenario_of(body: LoadScenario) -> Scenario:
    given = body.scenario
    scenario = loading.parse(given, _SENT) if isinstance(given, str) else loading.of_value(given, str(_SENT))
    return loading.filled(scenario, body.parameters, str(_SENT))


def _findings(simulator: Simulator, body: Check) -> list[str]:
    try:
        simulator.check(allow=body.allow)
    except CheckFailed as failed:
        return str(failed).splitlines()
    return []


# Showing.


def _journal(simulator: Simulator) -> Response:
    return answer(journal_to_json(simulator.journal))


def _timeline(simulator: Simulator) -> Response:
    from ..report.page import page_of

    page = page_of(simulator.journal, title="The journal of the simulator")
    return Response(page.encode("utf-8", "backslashreplace"), media_type="text/html")


def _state(simulator: Simulator) -> Response:
    return Response(simulator.dump(), media_type=JSON_TYPE)


def _health(simulator: Simulator) -> Response:
    return answer({**DONE, "now": simulator.clock.now()})


_Act = Callable[["Simulator", Any], Response]
_Show = Callable[["Simulator"], Response]

_ACTIONS: Mapping[str, tuple[TypeAdapter[Any], _Act]] = {
    "put": (TypeAdapter(OneOrSeveralPuts), _put),
    "script": (TypeAdapter(Script), _script),
    "faults": (TypeAdapter(OneOrSeveralFaults), _add_faults),
    "clock": (TypeAdapter(Clock), _move_clock),
}
_READINGS: Mapping[str, _Show] = {"journal": _journal, "timeline": _timeline, "state": _state, "health": _health}
