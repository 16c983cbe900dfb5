"""What the model is shown of a handler, and what becomes of the arguments it gives."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
from typing import Annotated, Any, Literal

import pydantic
import pytest

from simulator.client import FunctionContext, FunctionRegistry, RegistryError


class Unit(enum.Enum):
    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


class Place(pydantic.BaseModel):
    city: str
    country: str = "FR"


@dataclasses.dataclass
class Span:
    days: int


def shown(handler, **options):
    registry = FunctionRegistry()
    registry.register(handler, **options)
    return registry.tools[0]["function"]


def test_type_hints_and_docstring_become_the_schema():
    def get_weather(
        location: str,
        context: FunctionContext,
        unit: Literal["c", "f"] = "c",
        days: Annotated[int, pydantic.Field(ge=1, description="How many.")] = 1,
    ) -> str:
        """The weather at a place.

        As the stations report it.

        Args:
            location: City and country.
            unit: Of the temperature.
            days: Is said by the hint already.
        """
        return ""

    assert shown(get_weather) == {
        "name": "get_weather",
        "description": "The weather at a place.\n\nAs the stations report it.",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "City and country."},
                "unit": {"type": "string", "enum": ["c", "f"], "default": "c", "description": "Of the temperature."},
                "days": {"type": "integer", "minimum": 1, "default": 1, "description": "How many."},
            },
            "required": ["location"],
            "additionalProperties": False,
        },
    }


@pytest.mark.parametrize(
    "docstring",
    [
        "Look.\n\nArgs:\n    query: What for.\n",
        "Look.\n\nParameters\n----------\nquery : str\n    What for.\n",
        "Look.\n\n:param query: What for.\n",
    ],
    ids=["google", "numpy", "sphinx"],
)
def test_docstrings_of_each_style_are_read(docstring):
    def search(query: str):
        raise NotImplementedError

    search.__doc__ = docstring
    function = shown(search)
    assert function["description"] == "Look."
    assert function["parameters"]["properties"]["query"]["description"] == "What for."


def test_parameters_may_have_any_name():
    def odd(json: int, schema: str, model_dump: bool, copy: float = 1.0):
        raise NotImplementedError

    assert list(shown(odd)["parameters"]["properties"]) == ["json", "schema", "model_dump", "copy"]


def test_a_strict_function_requires_all_and_takes_null_for_a_default():
    def book(place: Place, nights: int = 2):
        raise NotImplementedError

    function = shown(book, strict=True)
    assert function["strict"] is True
    assert function["parameters"]["required"] == ["place", "nights"]
    assert function["parameters"]["properties"]["nights"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert function["parameters"]["$defs"]["Place"]["required"] == ["city", "country"]
    assert function["parameters"]["$defs"]["Place"]["additionalProperties"] is False


@pytest.mark.anyio
async def test_the_handler_gets_the_types_that_it_names(execute):
    got: list[Any] = []

    def take(place: Place, *, span: Span, unit: Unit, day: dt.date, tags: set[str], nights: int = 2):
        got.extend([place, span, unit, day, tags, nights])

    arguments = {
        "place": {"city": "Paris"},
        "span": {"days": "3"},
        "unit": "celsius",
        "day": "2026-03-31",
        "tags": ["a", "a"],
    }
    assert (await execute(take, arguments)).outcome == "ok"
    assert got == [Place(city="Paris"), Span(3), Unit.CELSIUS, dt.date(2026, 3, 31), {"a"}, 2]


@pytest.mark.anyio
async def test_null_means_the_default_of_a_strict_function(execute):
    def nights(count: int = 2):
        return count

    assert (await execute(nights, {"count": None}, strict=True)).output == "2"
    assert (await execute(nights, {"count": None})).outcome == "invalid_arguments"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text,kind",
    [
        ('{"location": “Paris”}', "malformed_arguments"),
        ('{"location": "Par', "malformed_arguments"),
        ('"Paris"', "malformed_arguments"),
        ("[]", "malformed_arguments"),
        ("[" * 100_000, "malformed_arguments"),
        ("", "invalid_arguments"),
        ("{}", "invalid_arguments"),
        ('{"location": 5}', "invalid_arguments"),
        ('{"location": "Paris", "unit": "c"}', "invalid_arguments"),
    ],
)
@pytest.mark.parametrize("written", [False, True], ids=["hints", "by hand"])
async def test_wrong_arguments_are_told_to_the_model_and_the_handler_is_not_called(execute, text, kind, written):
    schema = {"properties": {"location": {"type": "string"}}, "required": ["location"], "additionalProperties": False}

    def get_weather(location: str):
        pytest.fail("It was called.")

    answer = await execute(get_weather, text, **({"parameters": schema} if written else {}))
    assert (answer.outcome, answer.value["type"], answer.attempts) == (kind, kind, 0)
    if kind == "invalid_arguments":
        assert answer.value["problems"]


@pytest.mark.anyio
async def test_a_problem_names_its_argument(execute):
    def book(place: Place):
        raise NotImplementedError

    answer = await execute(book, {"place": {"city": 5}})
    assert answer.value["problems"] == [{"argument": "place.city", "problem": "Input should be a valid string"}]


@pytest.mark.anyio
async def test_a_schema_by_hand_goes_with_any_arguments(execute):
    def take(**arguments):
        return arguments

    answer = await execute(take, {"x": {"y": [1]}}, parameters={"type": "object", "properties": {"x": {}}})
    assert answer.value == {"x": {"y": [1]}}


@pytest.mark.anyio
async def test_methods_partials_and_callable_objects_are_handlers(execute):
    class Desk:
        def answer(self, question: str):
            """Answer."""
            return f"method: {question}"

        def __call__(self, question: str):
            """Answer, too."""
            return f"object: {question}"

    def answer(who: str, question: str):
        return f"{who}: {question}"

    assert (await execute(Desk().answer, {"question": "?"})).output == "method: ?"
    assert (await execute(Desk(), {"question": "?"})).output == "object: ?"
    assert (await execute(functools.partial(answer, "partial"), {"question": "?"}, name="p")).output == "partial: ?"
    assert shown(Desk()) | {"parameters": None} == {
        "name": "Desk",
        "description": "Answer, too.",
        "parameters": None,
    }


@pytest.mark.anyio
async def test_the_context_reaches_the_handler_that_asks_for_it(execute):
    def who(context: FunctionContext | None = None):
        return context

    answer = await execute(who, {})
    assert answer.value["call_id"] == "call_1"


def plain(a: int):
    raise NotImplementedError


def positional(a: int, /):
    raise NotImplementedError


def many(*a: int):
    raise NotImplementedError


def unknown_hint(a: Nowhere):  # noqa: F821
    raise NotImplementedError


class Opaque:
    pass


def opaque(a: Opaque):
    raise NotImplementedError


@pytest.mark.parametrize(
    "handler,options,text",
    [
        (5, {}, "cannot be called"),
        (positional, {}, "cannot be given by name"),
        (many, {}, "cannot be given by name"),
        (unknown_hint, {}, "'Nowhere' is not defined"),
        (opaque, {}, "pydantic knows no schema"),
        (plain, {"name": "what's up"}, "no name of a function"),
        (plain, {"parameters": "object"}, "no JSON Schema"),
        (plain, {"parameters": {"type": "banana"}}, "no JSON Schema: 'banana'"),
        (plain, {"parameters": {"type": "array"}}, "must describe an object"),
        (plain, {"parameters": {"properties": {"b": {}}}}, "has 'b', which the handler does not take"),
        (plain, {"returns": True}, "the handler has none"),
        (plain, {"returns": {"type": "banana"}}, "`returns` is no JSON Schema"),
        (plain, {"returns": Opaque}, "cannot check `returns`"),
        (plain, {"timeout": 0}, "more than 0"),
        (plain, {"concurrency": -1}, "more than 0"),
        (plain, {"timeuot": 3}, "Did you mean 'timeout'"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_leaves_nothing(handler, options, text):
    registry = FunctionRegistry()
    with pytest.raises(RegistryError, match=text):
        registry.register(handler, **options)
    assert len(registry) == 0


def test_two_functions_of_one_name_are_refused():
    registry = FunctionRegistry()
    registry.register(plain)
    with pytest.raises(RegistryError, match="a function 'plain' already"):
        registry.register(positional, name="plain", parameters={})
    assert registry.tools[0]["function"]["parameters"]["properties"] == {"a": {"type": "integer"}}
