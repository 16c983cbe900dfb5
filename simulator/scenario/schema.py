"""The scenario language. What a file may hold is what these models hold; `json_schema()` is made from them.

A model keeps what was written, so that a scenario can be written back without loss; turns, faults and
durations are checked here and read where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from ..api.service import ServiceMode
from ..backend.faults_json import MAKERS, PLAN_OPTIONS, options_of, plan_from_json
from ..backend.lifecycle import RunStatus
from ..backend.turns_json import turn_from_json
from ..errors import SimulatorError, suggestion
from .durations import seconds_of

DEFAULT_USER = "user"
ANY_FAILURE = "any"
SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"
_TURNS = ("say", "call", "calls", "run_code", "search_files", "fail", "incomplete", "finish", "hang")


def _checked(check: Any) -> AfterValidator:
    """Return a validator that only looks, and says what the mistake is in our own words."""

    def look(value: Any) -> Any:
        try:
            check(value)
        except SimulatorError as error:
            raise ValueError(str(error)) from None
        return value

    return AfterValidator(look)


def _checked_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return value


_TURN_SCHEMA = {
    "anyOf": [
        {"enum": ["finish", "hang"]},
        {"type": "object", "anyOf": [{"required": [name]} for name in _TURNS]},
    ]
}
_FAULT_SCHEMA = {
    "type": "object",
    "oneOf": [{"required": [name]} for name in MAKERS],
    "properties": {
        name: {}
        for name in dict.fromkeys([*MAKERS, *PLAN_OPTIONS, *(one for kind in MAKERS for one in options_of(kind)[1:])])
    },
    "additionalProperties": False,
}

Turn: TypeAlias = Annotated[Any, _checked(turn_from_json), WithJsonSchema(_TURN_SCHEMA)]
Fault: TypeAlias = Annotated[Any, _checked(plan_from_json), WithJsonSchema(_FAULT_SCHEMA)]
Duration: TypeAlias = Annotated[float | str, AfterValidator(lambda value: (seconds_of(value), value)[1])]
Pattern: TypeAlias = Annotated[str, AfterValidator(_checked_pattern)]
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """What all parts of a scenario have in common: no key that means nothing, no guess at a type."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Answer(Part):
    """What a function returns when it is called with certain arguments."""

    arguments: dict[str, Any] | str = Field(description="Exactly these; a text where they are no JSON object.")
    returns: Any = None
    raises: str | None = Field(default=None, description="The function breaks with this text instead.")


class Tool(Part):
    """A function that the assistant declares, and what the built-in loop answers when it is called."""

    description: str | None = None
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="A JSON Schema, or short: {location: string, unit: [C, F], days?: integer}.",
    )
    strict: bool | None = None
    returns: Any = Field(
        default=None, description="What the built-in loop submits as output: a text as it is, all else as JSON."
    )
    returns_for: list[Answer] = Field(
        default_factory=list,
        description="The same, by arguments. Of several for the same arguments each is taken once, the last for good.",
    )
    raises: str | None = Field(default=None, description="The function breaks with this text instead.")


class Assistant(Part):
    """The assistant that the built-in loop makes."""

    model: str = "gpt-4o"
    name: str | None = None
    instructions: str | None = None
    response_format: Any = None
    code_interpreter: bool = False
    file_search: bool = False


class Loop(Part):
    """How the built-in loop goes about it; an app of your own goes about it as it does."""

    stream: bool = Field(default=False, description="It reads its runs as streams.")
    patience: Duration | None = Field(default=None, description="How long it waits for an answer before it cancels.")
    rounds: Count = Field(default=20, description="How many rounds of calls it answers before it cancels.")


class Said(Part):
    """A message that is in the conversation already."""

    user: str | None = None
    assistant: str | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Said:
        if (self.user is None) == (self.assistant is None):
            raise ValueError("a message has either `user` or `assistant`, with what was said")
        return self

    @property
    def role_and_text(self) -> tuple[Literal["user", "assistant"], str]:
        """Who said it, and what."""
        return ("user", self.user) if self.user is not None else ("assistant", str(self.assistant))


class AssistantsService(Part):
    """What only the Assistants API has: the state of the service, and the header of the built-in loop."""

    service: Annotated[ServiceMode, Field(strict=False)] = Field(
        default=ServiceMode.NORMAL, description="`sunset` answers 404; `v1_refused` refuses version 1."
    )
    header: str | None = Field(default=None, description="What the loop sends as OpenAI-Beta, such as assistants=v1.")


class TextMatcher(Part):
    """A text that is not known word by word."""

    contains: str | None = None
    matches: Pattern | None = None

    @model_validator(mode="after")
    def _says_something(self) -> TextMatcher:
        if self.contains is None and self.matches is None:
            raise ValueError("needs `contains` or `matches`")
        return self


class CallMatcher(Part):
    """A call of a function, where more is to be said than its name and its exact arguments."""

    call: str
    arguments: dict[str, Any] | None = Field(default=None, description="Exactly these.")
    subset: dict[str, Any] | None = Field(default=None, description="These, and perhaps others.")
    schema_: dict[str, Any] | None = Field(default=None, alias="schema", description="A JSON Schema.")
    matches: dict[str, Pattern] | None = Field(default=None, description="Patterns, by argument.")


# A name; a name with its exact arguments; or a matcher.
CallExpectation: TypeAlias = Annotated[
    str | dict[str, Any],
    AfterValidator(lambda value: (call_matcher(value), value)[1]),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1}]}),
]


def call_matcher(value: str | Mapping[str, Any]) -> CallMatcher:
    """Return what a file writes about a call.

    Raises:
        ValueError: it says nothing about one.
    """
    if isinstance(value, str):
        return CallMatcher(call=value)
    if "call" in value:
        return CallMatcher.model_validate(value)
    if len(value) != 1:
        raise ValueError("a call is its name, {name: arguments}, or {call: name, subset: …}")
    ((name, arguments),) = value.items()
    return CallMatcher.model_validate({"call": name, "arguments": {} if arguments is None else arguments})


class OnAssistants(Part):
    """What is expected on the Assistants API only: another API has no such thing."""

    statuses: list[Annotated[RunStatus, Field(strict=False)]] = Field(
        description="Every status of the runs of this step, in order."
    )


class Expectations(Part):
    """What is to come of a step, or of the whole conversation."""

    calls: list[CallExpectation] | None = Field(default=None, description="The calls, in this order, and no others.")
    calls_in_any_order: list[CallExpectation] | None = None
    outputs: list[dict[str, Any]] | None = Field(default=None, description="What was submitted, by function, in order.")
    reply: str | TextMatcher | None = Field(default=None, description="The whole text, or a part of it.")
    error: str | TextMatcher | None = Field(
        default=None, description="The app is to report a failure: `any`, its whole text, or a part of it."
    )
    at_most_requests: Count | None = None
    at_most_tokens: Count | None = None
    at_most_seconds: Duration | None = Field(default=None, description="Of virtual time.")
    heard: list[str] | None = Field(
        default=None, description="What the model was last shown of what this user said: all of it, in order."
    )
    assistants: OnAssistants | None = None


class Step(Part):
    """Somebody says something, or time passes."""

    user: str | None = None
    from_: str = Field(default=DEFAULT_USER, alias="from", description="Whose conversation.")
    history: list[Said] = Field(
        default_factory=list, description="What was said before, and is not to be answered; for the built-in loop."
    )
    attach: list[str] = Field(default_factory=list, description="Names of files; for the built-in loop.")
    loop: Loop | None = Field(default=None, description="How the built-in loop goes about this step.")
    model: list[Turn] | Turn | None = Field(default=None, description="What the model answers, turn by turn.")
    otherwise: Turn | None = Field(default=None, description="What it answers after that, as often as it is asked.")
    faults: list[Fault] = Field(default_factory=list)
    expect: Expectations | None = None
    wait: Duration | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Step:
        if (self.user is None) == (self.wait is None):
            raise ValueError("a step has either `user`, what somebody says, or `wait`, how long nothing happens")
        if self.wait is not None and self.model_fields_set != {"wait"}:
            raise ValueError("beside `wait` there is nothing else in a step")
        return self

    @property
    def turns(self) -> list[Any]:
        """What the model answers, as a list."""
        return self.model if isinstance(self.model, list) else [] if self.model is None else [self.model]


class Scenario(Part):
    """A conversation, as it is to be played."""

    scenario: str = Field(min_length=1, description="What it is about, in one line.")
    about: str | None = None
    parameters: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="Values for {name} in any text below."
    )
    assistant: Assistant = Field(default_factory=Assistant)
    assistants: AssistantsService = Field(default_factory=AssistantsService)
    loop: Loop = Field(default_factory=Loop)
    tools: dict[str, Tool | None] = Field(default_factory=dict, description="The functions, by name.")
    files: dict[str, str] = Field(default_factory=dict, description="Texts of files, by name.")
    put: dict[str, list[dict[str, Any]]] = Field(
        default_factory=dict,
        description="Objects that are there already, by collection: {assistants: [{id: asst_known, model: gpt-4o}]}.",
    )
    faults: list[Fault] = Field(default_factory=list)
    conversation: list[Step] = Field(min_length=1)
    expect: Expectations | None = None
    invariants: list[str] = Field(
        default_factory=list,
        description="What must hold instead of any `expect`: names from simulator.checks (docs/checks.md).",
    )

    @model_validator(mode="after")
    def _is_judged_by_one(self) -> Scenario:
        if self.invariants and (self.expect or any(step.expect for step in self.conversation)):
            raise ValueError("a scenario is judged by its `invariants` or by what is under `expect`: leave one out")
        return self

    @model_validator(mode="after")
    def _attaches_what_there_is(self) -> Scenario:
        for step in self.conversation:
            for name in step.attach:
                if name not in self.files:
                    hint = suggestion(name, self.files) or f" There are: {', '.join(self.files) or 'none'}."
                    raise ValueError(f"no file {name!r} is among `files`.{hint}")
        return self


def step_named(scenario: Scenario, number: int | None) -> str:
    """Return how a step is called where something is said of it: who says what in it.

    Args:
        number: of the step, from 1; None: the whole.
    """
    if number is None:
        return "the whole"
    step = scenario.conversation[number - 1]
    return f"step {number}, {step.from_}: {step.user!r:.60}"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors."""
    return {"$schema": SCHEMA_URL, **Scenario.model_json_schema(by_alias=True)}
