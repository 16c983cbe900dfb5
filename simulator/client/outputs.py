"""What the model is told: results as JSON text, and failures as something that it can act on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pydantic
import pydantic_core

_BYTES = (bytes, bytearray, memoryview)


class OutputRejected(Exception):
    """What a handler returned cannot be an output.

    Args:
        kind: `unserialisable_output`, `output_too_large` or `invalid_output`.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind, self.message = kind, message
        super().__init__(message)


def output_text(result: Any) -> str:
    """Return the result of a handler as the text of an output: a text as it is, else JSON.

    Raises:
        OutputRejected: it is, or holds, something that JSON cannot say.
    """
    if type(result) is str:
        return _encodable(result)
    place = next(_bytes_in(result, "the result"), None)
    if place is not None:
        raise OutputRejected(
            "unserialisable_output",
            f"{place} is bytes. An output is text: decode it, or upload a file and return its id.",
        )
    try:
        return pydantic_core.to_json(result, inf_nan_mode="null").decode()
    except (ValueError, TypeError, RecursionError) as error:
        told = str(error).splitlines()[0]
        raise OutputRejected("unserialisable_output", f"The result cannot be written as JSON: {told}.") from None


def validated(result: Any, expected: pydantic.TypeAdapter[Any] | Mapping[str, Any] | None) -> Any:
    """Return a result that is as expected: by a type, or by a JSON Schema.

    Raises:
        OutputRejected: it is not.
    """
    if expected is None:
        return result
    try:
        if isinstance(expected, pydantic.TypeAdapter):
            return expected.validate_python(result)
        jsonschema.Draft202012Validator(expected).validate(json.loads(output_text(result)))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the result"
        raise OutputRejected("invalid_output", f"{place}: {first['msg']}.") from None
    except jsonschema.ValidationError as error:
        place = ".".join(map(str, error.absolute_path)) or "the result"
        raise OutputRejected("invalid_output", f"{place}: {error.message}.") from None
    except ValueError:
        raise OutputRejected("invalid_output", "The result is a text that is not JSON, and a schema is set.") from None
    return result


def within(text: str, limit: int) -> str:
    """Return a text that is no longer than a limit in bytes.

    Raises:
        OutputRejected: it is longer.
    """
    size = len(text.encode())
    if size > limit:
        raise OutputRejected(
            "output_too_large",
            f"The result has {size:,} bytes, more than the {limit:,} that are allowed: ask for less.",
        )
    return text


def failure_text(kind: str, message: str, **details: Any) -> str:
    """Return what the model is told of a failure: what kind it is, in words, and what it may need to mend it."""
    return _json({"error": message, "type": kind, **details})


def said_text(message: str, details: Mapping[str, Any]) -> str:
    """Return what a handler says to the model with a `FunctionError`."""
    return _json({"error": message, **details})


def _json(value: Any) -> str:
    text = pydantic_core.to_json(value, fallback=repr, inf_nan_mode="null", bytes_mode="base64")
    return text.decode()


def _encodable(text: str) -> str:
    """Half a surrogate pair is text for Python, and cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _bytes_in(value: Any, place: str) -> Iterator[str]:
    """Yield the places where bytes stand; a pydantic model says itself how it writes them."""
    for inner, where in _walk(value, place, set()):
        if isinstance(inner, _BYTES):
            yield where


def _walk(value: Any, place: str, seen: set[int]) -> Iterator[tuple[Any, str]]:
    yield value, place
    if id(value) in seen:  # a circle; pydantic refuses it
        return
    seen = {*seen, id(value)}
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _walk(one, f"{place}[{key!r}]", seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for number, one in enumerate(value):
            yield from _walk(one, f"{place}[{number}]", seen)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name), f"{place}.{field.name}", seen)
