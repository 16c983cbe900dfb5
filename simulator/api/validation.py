"""Checks bodies and queries, and says what is wrong in the service's words.

pydantic finds the error; `_TEXTS` maps the type of its first error to the service's text and code
(assistants-api.md 5.2). Paths are dotted and indexed: `tools[0].type`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from ..backend.objects import JsonDict
from .bodies import ListQuery
from .refusals.bodies import BodyTooLarge, InvalidBody, UnsupportedContentType
from .refusals.parameters import InvalidParameter
from .refusals.refusal import Refusal
from .wire import JSON_TYPE

MAX_JSON_BYTES = 32 << 20

Adapter: TypeAlias = TypeAdapter[Any]
Refuse: TypeAlias = Callable[[Sequence[ErrorDetails], str], Refusal]
"""Words the refusal of pydantic's errors in a part of the request, `body` or `query`."""

_LIST_QUERY: Adapter = TypeAdapter(ListQuery)
_NEVER_BLANK = frozenset({"limit", "order", "filter"})  # numbers and enums: an empty text is none (the spec)
# A number that Python, and so the service, reads as infinite though it is written with digits: `1e999`.
_MAY_BE_INFINITE = re.compile(rb"[eE]\+?\d{3}|\d{300}")
# JSON of the caller's making inside a body: there null is a value.
_FREE_JSON = frozenset({"parameters", "schema", "hybrid_search"})


def first_problem(errors: Sequence[ErrorDetails], where: str) -> Refusal:
    """Return the refusal of the first of pydantic's errors, as version 2 words it; `where` it was does not matter."""
    return refusal_for(errors[0])


def read_body(adapter: Adapter, body: bytes, content_type: str | None, refuse: Refuse = first_problem) -> JsonDict:
    """Return the parsed body, checked, without the fields that are null.

    Raises:
        Refusal: too large, of another content type, not JSON, or not what the operation takes.
    """
    if len(body) > MAX_JSON_BYTES:
        raise BodyTooLarge(len(body), MAX_JSON_BYTES)
    if not body:
        return checked(adapter, {}, refuse)
    if content_type is not None and content_type.partition(";")[0].strip().lower() != JSON_TYPE:
        raise UnsupportedContentType(content_type)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise InvalidBody from None
    found = checked(adapter, {} if value is None else value, refuse)
    if _MAY_BE_INFINITE.search(body) and not _is_finite(found):
        raise InvalidBody
    return found


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def read_query(query: str, refuse: Refuse = first_problem, adapter: Adapter | None = None) -> JsonDict:
    """Return the query of a request, checked; a parameter that no list knows is ignored.

    Whether the service refused those is not known: Azure's clients and proxies add their own. Of one that is
    given twice the last counts, save `include[]`. An empty text, such as `after=`, counts as not given.

    Args:
        adapter: what checks it; None: what checks that of every list.

    Raises:
        Refusal: a limit, an order, or something to include that there is not.
    """
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if value or name in _NEVER_BLANK]
    included = [value for name, value in pairs if name in ("include[]", "include")]
    return checked(adapter or _LIST_QUERY, {**dict(pairs), "include": included}, refuse, "query")


def checked(adapter: Adapter, value: object, refuse: Refuse = first_problem, where: str = "body") -> JsonDict:
    """Return `value` without nulls if the adapter accepts it.

    Args:
        refuse: words the refusal.
        where: the part of the request that `value` is.

    Raises:
        Refusal: it does not.
    """
    try:
        found: JsonDict = _given(adapter.validate_python(value))
        return found
    except ValidationError as problem:
        raise refuse(problem.errors(include_url=False), where) from None


def _given(value: Any) -> Any:
    """Return `value` without the fields, at any depth, that are null: null means not given (clients.md)."""
    if isinstance(value, dict):
        return {key: one if key in _FREE_JSON else _given(one) for key, one in value.items() if one is not None}
    return [_given(one) for one in value] if isinstance(value, list) else value


def refusal_for(error: ErrorDetails) -> Refusal:
    """Return the refusal for one of pydantic's errors."""
    path = _path(error["loc"])
    write = _TEXTS.get(error["type"])
    if write is None:
        kind = error["type"].removesuffix("_type").removesuffix("_parsing")
        return _invalid_type(path, _EXPECTED.get(kind, f"a valid {kind}"), error["input"])
    return write(path, error)


def _path(loc: Sequence[int | str]) -> str:
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "[key]" and not (step.startswith("<") and step.endswith(">")):  # pydantic's own
            path += f".{step}" if path else step
    return path


_EXPECTED: Mapping[str, str] = {
    "string": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "list": "an array",
    "dict": "an object",
    "typed_dict": "an object",
    "int_from_float": "an integer",
    "finite_number": "a number",
}
_GOT: Sequence[tuple[type, str]] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a decimal number"),
    (list, "an array"),
    (dict, "an object"),
)


def _got(value: object) -> str:
    return next((name for kind, name in _GOT if isinstance(value, kind)), "null")


def _invalid_type(path: str, expected: str, value: object) -> Refusal:
    where = f" for '{path}'" if path else ""
    text = f"Invalid type{where}: expected {expected}, but got {_got(value)} instead."
    return InvalidParameter(text, path or None, "invalid_type")


def _missing(path: str, error: ErrorDetails) -> Refusal:
    return InvalidParameter(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")


def _unknown(path: str, error: ErrorDetails) -> Refusal:
    return InvalidParameter(f"Unknown parameter: '{path}'.", path, "unknown_parameter")


def _unsupported(path: str, value: object, supported: Sequence[str]) -> Refusal:
    quoted = [f"'{one}'" for one in supported]
    joined = " and ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    return InvalidParameter(f"Invalid value: '{value}'. Supported values are: {joined}.", path, "invalid_value")


def _literal(path: str, error: ErrorDetails) -> Refusal:
    expected = error["ctx"]["expected"].replace(" or ", ", ")
    if not isinstance(error["input"], str):
        return _invalid_type(path, "a string", error["input"])
    return _unsupported(path, error["input"], [one.strip("'") for one in expected.split(", ")])


def _wrong_tag(path: str, error: ErrorDetails) -> Refusal:
    if not isinstance(error["input"], Mapping):
        return _invalid_type(path, "an object", error["input"])
    tags = [tag.strip("'<>") for tag in error["ctx"]["expected_tags"].split(", ")]
    kinds = [tag for tag in tags if tag != "string"]
    # The service names the kinds of tools in this order (assistants-api.md 5.1).
    kinds.sort(key=lambda kind: kind == "file_search")
    return _unsupported(f"{path}.type", error["input"]["type"], kinds)


def _no_tag(path: str, error: ErrorDetails) -> Refusal:
    value = error["input"]
    if not isinstance(value, Mapping):
        return _invalid_type(path, "one of a string or array of objects", value)
    if "type" in value:
        return _invalid_type(f"{path}.type", "a string", value["type"])
    return _missing(f"{path}.type", error)


def _length(path: str, error: ErrorDetails) -> Refusal:
    context = error["ctx"]
    bound, word = ("max", "long") if "max_length" in context else ("min", "short")
    limit = context[f"{bound}_length"]
    value: Any = error["input"]
    side = "above_max" if bound == "max" else "below_min"
    if error["loc"][-1] == "[key]":
        path, key = _path(error["loc"][:-2]), error["loc"][-2]
        text = f"Invalid property name in '{path}': '{key}' is too {word}. {_expected_length(bound, limit, value)}"
        return InvalidParameter(text, f"{path}.{key}", f"property_name_{side}_length")
    if isinstance(value, dict):
        text = (
            f"Invalid '{path}': too many properties. Expected an object with at most {limit} properties,"
            f" but got an object with {len(value)} properties instead."
        )
        return InvalidParameter(text, path, "object_above_max_properties")
    kind = "string" if isinstance(value, str) else "array"
    text = f"Invalid '{path}': {kind} too {word}. {_expected_length(bound, limit, value)}"
    return InvalidParameter(text, path, f"{kind}_{side}_length")


def _expected_length(bound: str, limit: int, value: Any) -> str:
    kind = "a string" if isinstance(value, str) else "an array"
    return f"Expected {kind} with {bound}imum length {limit}, but got {kind} with length {len(value)} instead."


def _bound(path: str, error: ErrorDetails) -> Refusal:
    context, value = error["ctx"], error["input"]
    below = "ge" in context
    kind = "integer" if isinstance(context["ge" if below else "le"], int) else "decimal"
    word, sign, limit = ("below minimum", ">=", context["ge"]) if below else ("above maximum", "<=", context["le"])
    text = f"Invalid '{path}': {kind} {word} value. Expected a value {sign} {limit:g}, but got {value} instead."
    return InvalidParameter(text, path, f"{kind}_{'below_min' if below else 'above_max'}_value")


def _pattern(path: str, error: ErrorDetails) -> Refusal:
    text = (
        f"Invalid '{path}': string does not match pattern."
        f" Expected a string that matches the pattern '{error['ctx']['pattern']}'."
    )
    return InvalidParameter(text, path, "invalid_value")


def _overlap(path: str, error: ErrorDetails) -> Refusal:
    # The spec has the rule, no recording the text: chosen.
    text = f"Invalid '{path}': chunk_overlap_tokens must not be more than half of max_chunk_size_tokens."
    return InvalidParameter(text, f"{path}.chunk_overlap_tokens", "invalid_value")


def _scalar(path: str, error: ErrorDetails) -> Refusal:
    return _invalid_type(path, "a string, a number or a boolean", error["input"])


_TEXTS: Mapping[str, Callable[[str, ErrorDetails], Refusal]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _literal,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _no_tag,
    "string_too_long": _length,
    "string_too_short": _length,
    "too_long": _length,
    "too_short": _length,
    "greater_than_equal": _bound,
    "less_than_equal": _bound,
    "string_pattern_mismatch": _pattern,
    "overlap": _overlap,
    "scalar": _scalar,
}
