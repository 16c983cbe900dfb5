"""What a function takes: a JSON Schema for the model, and a check of the arguments that the model gives.

Either is made from the type hints and the docstring of the handler, or written by hand.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, Protocol, get_args

import docstring_parser
import jsonschema
import pydantic
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypedDict

from .context import FunctionContext
from .errors import RegistryError

# Types that are made at run time.
_annotated: Any = Annotated
_typed_dict: Any = TypedDict

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class ArgumentsRejected(Exception):
    """The arguments of a call are not what the function takes.

    Args:
        kind: `malformed_arguments`, if they are no JSON object, else `invalid_arguments`.
        problems: of invalid arguments, each with its place.
    """

    def __init__(self, kind: str, message: str, problems: Sequence[Mapping[str, str]] = ()) -> None:
        self.kind, self.message, self.problems = kind, message, list(problems)
        super().__init__(message)


class Parameters(Protocol):
    """What a function takes."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema, as the assistant's tools show it."""
        ...

    def read(self, text: str) -> dict[str, Any]:
        """Return the arguments by name, made anew at each call.

        Raises:
            ArgumentsRejected: the text is not what the function takes.
        """
        ...


@dataclass(frozen=True)
class WrittenParameters:
    """A schema that was written by hand; the handler gets what JSON gives."""

    schema: dict[str, Any]

    def __post_init__(self) -> None:
        try:
            jsonschema.Draft202012Validator.check_schema(self.schema)
        except jsonschema.SchemaError as error:
            place = "/".join(map(str, error.absolute_path)) or "the schema itself"
            raise RegistryError(f"`parameters` is no JSON Schema: {error.message} (at {place}).") from None
        if not isinstance(self.schema, dict) or self.schema.get("type", "object") != "object":
            raise RegistryError("`parameters` must describe an object: {'type': 'object', 'properties': {…}}.")

    def read(self, text: str) -> dict[str, Any]:
        """Return the arguments as JSON gives them."""
        try:
            given = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError) as error:
            raise ArgumentsRejected("malformed_arguments", f"The arguments are not JSON: {error}.") from None
        if not isinstance(given, dict):
            raise ArgumentsRejected("malformed_arguments", "The arguments are not a JSON object.")
        found = list(jsonschema.Draft202012Validator(self.schema).iter_errors(given))
        if found:
            problems = [{"argument": _place(one.absolute_path), "problem": one.message} for one in found]
            raise ArgumentsRejected("invalid_arguments", "The arguments do not fit the schema.", problems)
        return given


class HintedParameters:
    """A schema from type hints and docstring; the handler gets the types that it names.

    Args:
        handler: its parameters, but for one that is a `FunctionContext`, are those of the function.
        strict: as in the API: every parameter is required; one with a default may be null, which means the default.
    """

    def __init__(self, handler: Callable[..., Any], *, strict: bool) -> None:
        taken = [one for one in parameters_of(handler) if not _is_context(one)]
        documented = {one.arg_name: one.description for one in docstring_of(handler).params}
        fields = {one.name: _field(one, documented.get(one.name), strict=strict) for one in taken}
        self._null_means_default = {one.name for one in taken if strict and one.default is not one.empty}
        self._adapter = _adapter(handler, fields)
        self.schema = _schema(handler, self._adapter)
        if strict:
            require_all(self.schema)

    def read(self, text: str) -> dict[str, Any]:
        """Return the arguments in the types that the handler names."""
        try:
            given = self._adapter.validate_json(text if text.strip() else "{}")
        except pydantic.ValidationError as error:
            raise _rejection(error) from None
        return {key: value for key, value in given.items() if value is not None or key not in self._null_means_default}


def context_parameter(handler: Callable[..., Any]) -> str | None:
    """Return the name of the parameter that gets the context; None where the handler does not ask for it."""
    return next((one.name for one in parameters_of(handler) if _is_context(one)), None)


def parameters_of(handler: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a handler, with their annotations evaluated.

    Raises:
        RegistryError: an annotation names something that is not there.
    """
    try:
        return list(inspect.signature(handler, eval_str=True).parameters.values())
    except NameError as error:
        raise RegistryError(
            f"A type hint of {_named(handler)} cannot be evaluated: {error}. Names in hints must be importable at run "
            f"time; those under `if TYPE_CHECKING:` are not. Or give `parameters=` by hand."
        ) from None
    except (TypeError, ValueError) as error:
        raise RegistryError(
            f"{_named(handler)} has no signature: {error}. Give it a wrapper with type hints."
        ) from None


def docstring_of(handler: Callable[..., Any]) -> docstring_parser.Docstring:
    """Return the docstring, in whichever of the usual styles it is written."""
    documented = handler if inspect.isroutine(handler) else getattr(handler, "func", type(handler).__call__)
    return docstring_parser.parse(inspect.getdoc(documented) or "")


def _field(parameter: inspect.Parameter, description: str | None, *, strict: bool) -> Any:
    if parameter.kind not in _BY_NAME:
        raise RegistryError(
            f"The parameter {str(parameter)!r} cannot be given by name. The model gives arguments by name: name each "
            f"parameter, or give `parameters=` by hand, which goes with `**`."
        )
    annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
    has_default = parameter.default is not parameter.empty
    if strict and has_default:
        annotation = annotation | None
    described = any(isinstance(one, FieldInfo) and one.description for one in get_args(annotation)[1:])
    shown: dict[str, Any] = {} if described or not description else {"description": description}
    if has_default and not strict and _is_json(parameter.default):
        shown["default"] = parameter.default
    whole = _annotated[annotation, Field(json_schema_extra=shown or None)]
    return NotRequired[whole] if has_default else whole


def _adapter(handler: Callable[..., Any], fields: Mapping[str, Any]) -> TypeAdapter[dict[str, Any]]:
    # A TypedDict, because the names of its fields are free: those of a model must not be `json` or `schema`.
    shape = pydantic.with_config(ConfigDict(extra="forbid"))(_typed_dict("Arguments", dict(fields)))
    try:
        return TypeAdapter(shape)
    except pydantic.errors.PydanticUserError as error:
        raise RegistryError(
            f"pydantic knows no schema for a type hint of {_named(handler)}: {error.message.splitlines()[0]} "
            f"Use types that JSON can say, or give `parameters=` by hand."
        ) from None


class _WithoutTitles(GenerateJsonSchema):
    """Titles repeat the names, and every token of a tool is paid for at each run."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _schema(handler: Callable[..., Any], adapter: TypeAdapter[dict[str, Any]]) -> dict[str, Any]:
    try:
        schema = adapter.json_schema(schema_generator=_WithoutTitles)
    except pydantic.errors.PydanticInvalidForJsonSchema as error:
        raise RegistryError(
            f"A type hint of {_named(handler)} has no JSON Schema: {error.message.splitlines()[0]} "
            f"Use types that JSON can say, or give `parameters=` by hand."
        ) from None
    for definition in (schema, *schema.get("$defs", {}).values()):
        definition.pop("title", None)
    schema.setdefault("properties", {})
    return schema


def require_all(schema: Any) -> None:
    """Make a schema one that the API takes as strict: every property is required, and there are no others."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema |= {"required": list(schema["properties"]), "additionalProperties": False}
        for part in schema.values():
            require_all(part)
    elif isinstance(schema, list):
        for part in schema:
            require_all(part)


def _rejection(error: pydantic.ValidationError) -> ArgumentsRejected:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    whole = [one for one in found if not one["loc"]]
    if whole:
        no_json = whole[0]["type"] == "json_invalid"
        text = f"not JSON: {whole[0]['msg']}" if no_json else "not a JSON object"
        return ArgumentsRejected("malformed_arguments", f"The arguments are {text}.")
    problems = [{"argument": _place(one["loc"]), "problem": one["msg"]} for one in found]
    return ArgumentsRejected("invalid_arguments", "The arguments do not fit the schema.", problems)


def _place(path: Any) -> str:
    return ".".join(map(str, path))


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_context(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    return annotation is FunctionContext or FunctionContext in get_args(annotation)


def _named(handler: Callable[..., Any]) -> str:
    return repr(getattr(handler, "__qualname__", handler))
