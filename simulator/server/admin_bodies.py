"""The bodies that the admin routes take: the arguments of the Python methods, under their names."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag


class Body(BaseModel):
    """A body of which every field is known, and of the type that is written down."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Reset(Body):
    """`sim.reset(…)`."""

    seed: int | None = None
    as_of: str | None = None


class Put(Body):
    """`sim.put(collection, object)`."""

    collection: str
    object: dict[str, Any]


class Pattern(Body):
    """A regular expression, as saved states write it; `flags` are those of Python's `re`."""

    pattern: str
    flags: int = 0


class Script(Body):
    """`sim.script(*turns, …)`; turns in the forms of `backend.turns_json`."""

    turns: list[Any]
    when: str | Pattern | None = None
    assistant: str | None = None
    thread: str | None = None
    repeat: bool = False
    optional: bool = False


class Clock(Body):
    """`sim.clock.advance(seconds)`."""

    advance: float


class LoadScenario(Body):
    """A scenario, as the text of its file or as the same in JSON, and values for its parameters."""

    scenario: str | dict[str, Any]
    parameters: dict[str, str | int | float | bool] = {}


class EndStep(Body):
    """What came of the step that was begun last."""

    reply: str | None = None
    error: str | None = None


class Check(Body):
    """`sim.check(allow=…)`."""

    allow: list[str] = []


ONE, SEVERAL = "one", "several"
_by_kind = Discriminator(lambda value: SEVERAL if isinstance(value, list) else ONE)
OneOrSeveralPuts = Annotated[Annotated[Put, Tag(ONE)] | Annotated[list[Put], Tag(SEVERAL)], _by_kind]
# In the forms of `backend.faults_json`.
Fault = dict[str, Any]
OneOrSeveralFaults = Annotated[Annotated[Fault, Tag(ONE)] | Annotated[list[Fault], Tag(SEVERAL)], _by_kind]
