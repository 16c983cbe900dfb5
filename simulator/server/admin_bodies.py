"""The bodies that the admin routes take: the arguments of the Python methods, under their names."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, StringConstraints, Tag

from ..backend.fault_kinds import HttpError, http_error
from ..backend.faults import ANY_OPERATION, Moment

# RFC 9110, 5.1 and 5.5, without characters that no byte stands for.
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\t\x20-\x7e\xa0-\xff]*$")]


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


class Fault(Body):
    """`sim.faults.add(http_error(429, …), on=…)`; as with turns the options stand beside."""

    http_error: int
    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    headers: dict[HeaderName, HeaderValue] | None = None
    on: str = ANY_OPERATION
    times: int = 1
    skip: int = 0
    at: str = Moment.BEFORE

    def fault(self) -> HttpError:
        """Return the fault itself.

        Raises:
            UsageError: a status or a number that it cannot have.
        """
        options = self.model_dump(include={"message", "type", "code", "param", "retry_after", "headers"})
        return http_error(self.http_error, **options)

    def plan(self) -> dict[str, Any]:
        """Return when it strikes, as arguments of `Faults.add`."""
        return self.model_dump(include={"on", "times", "skip", "at"})


class Clock(Body):
    """`sim.clock.advance(seconds)`."""

    advance: float


class Check(Body):
    """`sim.check(allow=…)`."""

    allow: list[str] = []


ONE, SEVERAL = "one", "several"
_by_kind = Discriminator(lambda value: SEVERAL if isinstance(value, list) else ONE)
OneOrSeveralPuts = Annotated[Annotated[Put, Tag(ONE)] | Annotated[list[Put], Tag(SEVERAL)], _by_kind]
OneOrSeveralFaults = Annotated[Annotated[Fault, Tag(ONE)] | Annotated[list[Fault], Tag(SEVERAL)], _by_kind]
