"""What is wrong with a request, in the words of version 1: those of pydantic 1, with every problem.

Reported of these endpoints from November 2023 to February 2024: `1 validation error for Request`, then
`body -> tool_outputs -> 0 -> tool_call_id` and `  field required (type=value_error.missing)`; the same of
`extra fields not permitted`, of `value is not a valid list`, and of a list that is too long. That numbers
in metadata were still made into texts in April 2024 is pydantic 1 too. Where a value may be one of several
objects, the service listed the problems of each; here only its `type` is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic_core import ErrorDetails

from ..refusals.parameters import InvalidV1Request
from ..refusals.refusal import Refusal


def refuse(errors: Sequence[ErrorDetails], where: str) -> Refusal:
    """Return the refusal of pydantic's errors in a part of the request, `body` or `query`."""
    return InvalidV1Request([_problem(error, where) for error in errors])


def _problem(error: ErrorDetails, where: str) -> str:
    kind = error["type"]
    location = [str(step) for step in error["loc"] if not _is_tag(step)]
    if kind in _TAGS and not isinstance(error["input"], Mapping):
        kind = "typed_dict"
    elif kind in _TAGS:
        location.append("type")
    write = _TEXTS.get(kind) or _TYPES[kind.removesuffix("_type").removesuffix("_parsing")]
    return f"{' -> '.join((where, *location))}\n  {write(error)}"


def _is_tag(step: int | str) -> bool:
    return step == "[key]" or str(step).startswith("<")


def _type(text: str, code: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"{text} (type=type_error.{code})"


def _const(error: ErrorDetails, permitted: Sequence[str]) -> str:
    quoted = ", ".join(f"'{one}'" for one in permitted)
    closed = f"{quoted}," if len(permitted) == 1 else quoted
    given = error["input"]["type"] if isinstance(error["input"], Mapping) else error["input"]
    return f"unexpected value; permitted: {quoted} (type=value_error.const; given={given}; permitted=({closed}))"


def _literal(error: ErrorDetails) -> str:
    expected = error["ctx"]["expected"].replace(" or ", ", ")
    return _const(error, [one.strip("'") for one in expected.split(", ")])


def _wrong_tag(error: ErrorDetails) -> str:
    tags = [tag.strip("'<>") for tag in error["ctx"]["expected_tags"].split(", ")]
    return _const(error, [tag for tag in tags if tag != "string"])


def _missing(error: ErrorDetails) -> str:
    return "field required (type=value_error.missing)"


def _extra(error: ErrorDetails) -> str:
    return "extra fields not permitted (type=value_error.extra)"


def _string_length(error: ErrorDetails) -> str:
    bound, word = ("max", "most") if "max_length" in error["ctx"] else ("min", "least")
    limit = error["ctx"][f"{bound}_length"]
    return (
        f"ensure this value has at {word} {limit} characters"
        f" (type=value_error.any_str.{bound}_length; limit_value={limit})"
    )


def _too_many(error: ErrorDetails) -> str:
    limit = error["ctx"]["max_length"]
    return f"ensure this value has at most {limit} items (type=value_error.list.max_items; limit_value={limit})"


def _bound(error: ErrorDetails) -> str:
    sign, word = ("ge", "greater") if "ge" in error["ctx"] else ("le", "less")
    limit = error["ctx"][sign]
    return (
        f"ensure this value is {word} than or equal to {limit:g}"
        f" (type=value_error.number.not_{sign}; limit_value={limit:g})"
    )


def _pattern(error: ErrorDetails) -> str:
    pattern = error["ctx"]["pattern"]
    return f'string does not match regex "{pattern}" (type=value_error.str.regex; pattern={pattern})'


_TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})
_TYPES: Mapping[str, Callable[[ErrorDetails], str]] = {
    "string": _type("str type expected", "str"),
    "int": _type("value is not a valid integer", "integer"),
    "int_from_float": _type("value is not a valid integer", "integer"),
    "float": _type("value is not a valid float", "float"),
    "finite_number": _type("value is not a valid float", "float"),
    "bool": _type("value could not be parsed to a boolean", "bool"),
    "list": _type("value is not a valid list", "list"),
    "dict": _type("value is not a valid dict", "dict"),
    "typed_dict": _type("value is not a valid dict", "dict"),
}
_TEXTS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": _missing,
    "extra_forbidden": _extra,
    "literal_error": _literal,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _missing,
    "string_too_long": _string_length,
    "string_too_short": _string_length,
    "too_long": _too_many,
    "greater_than_equal": _bound,
    "less_than_equal": _bound,
    "string_pattern_mismatch": _pattern,
}
