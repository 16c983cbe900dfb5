"""A dialect: what a request's `OpenAI-Beta` header changes, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...backend.store import Store
from ..refusals.refusal import Refusal
from ..routes import Operation
from ..streams import Write
from ..validation import Refuse, first_problem
from ..wire import json_body, sse_frame
from .generation import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to speak with the service.

    Args:
        name: the version in the header.
        operations: by name, those that take other bodies or do something else.
        generation: how objects are shown; None: as they are stored.
        refuse: words what is wrong with a body or a query.
        reworded: words any other refusal that reads differently.
    """

    name: str
    operations: Mapping[str, Operation] = field(default_factory=dict)
    generation: Generation | None = None
    refuse: Refuse = first_problem
    reworded: Callable[[Refusal], Refusal] = lambda refusal: refusal

    def body(self, reply: Mapping[str, Any], operation: str, store: Store) -> bytes:
        """Return the body of the plain answer of an operation."""
        return json_body(reply if self.generation is None else self.generation.answer(reply, operation, store))

    def writer(self, store: Store) -> Write:
        """Return what writes the frames of a stream."""
        generation = self.generation
        if generation is None:
            return sse_frame
        return lambda name, data: sse_frame(generation.event(name), generation.shown(data, store))


LATEST = Dialect(name="v2")
