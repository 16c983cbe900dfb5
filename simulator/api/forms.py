"""The bodies that upload: their fields checked as the service checks them, with the texts of Python's `jsonschema`.

`'world_domination' is not one of ['fine-tune', …] - 'purpose'` is recorded; the texts for other mistakes are what
the same validator says of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..backend.objects import JsonDict
from .multipart import FormPart, parts_of
from .refusals.bodies import BodyTooLarge, InvalidField

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Form: TypeAlias = Mapping[str, Any]
"""The JSON schema of the fields."""
MAX_UPLOAD_BYTES = 512 << 20  # the documented limit of a file
FILE_PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
_NESTED = re.compile(r"(\w+)\[(\w+)\]")
_INTEGER = re.compile(r"-?\d{1,18}")


def _form(required: list[str], **properties: Mapping[str, Any]) -> Form:
    return {"required": required, "properties": properties, "additionalProperties": False}


_EXPIRY = {
    "type": "object",
    "required": ["anchor", "seconds"],
    "properties": {
        "anchor": {"enum": ["created_at"]},
        "seconds": {"type": "integer", "minimum": 3_600, "maximum": 2_592_000},
    },
    "additionalProperties": False,
}
FILE = _form(["file", "purpose"], file={}, purpose={"enum": [*FILE_PURPOSES]}, expires_after=_EXPIRY)
UPLOAD_PART = _form(["data"], data={})
UPLOADED = ("file", "data")


def read_form(form: Form, body: bytes, content_type: str | None, limit: int) -> JsonDict:
    """Return the fields of a form, checked; an uploaded file is its `FormPart`.

    Args:
        limit: how many bytes a body may have; it is not looked into if it has more.

    Raises:
        Refusal: too large, no form, or not what the operation takes.
    """
    if len(body) > limit:
        raise BodyTooLarge(len(body), limit)
    # It would be a third of the time to import a simulator, and most upload nothing.
    from jsonschema import Draft202012Validator

    fields: JsonDict = {}
    for part in parts_of(body, content_type):
        _put(fields, part)
    problem = min(Draft202012Validator(form).iter_errors(_without_files(fields)), key=_rank, default=None)
    if problem is not None:
        path = ".".join(map(str, problem.absolute_path))
        raise InvalidField(problem.message, path or None)
    return fields


def _put(fields: JsonDict, part: FormPart) -> None:
    """Put a part into the fields; `expires_after[seconds]` is one of an object. Of two with a name the last counts."""
    nested = _NESTED.fullmatch(part.name)
    if nested:
        outer = fields.setdefault(nested[1], {})
        if isinstance(outer, dict):
            outer[nested[2]] = _plain(part)
    elif part.name in UPLOADED:
        fields[part.name] = part
    else:
        fields[part.name] = _plain(part)


def _plain(part: FormPart) -> str | int:
    text = part.content.decode("utf-8", "replace")
    return int(text) if _INTEGER.fullmatch(text) else text


def _without_files(fields: Mapping[str, Any]) -> JsonDict:
    """Return the fields as JSON values: what is in a file is no matter of the schema, and goes into no message."""
    return {name: None if isinstance(value, FormPart) else value for name, value in fields.items()}


def _rank(problem: ValidationError) -> tuple[bool, list[str]]:
    """Name what is missing first, then go by place: the order is the same every time."""
    return problem.validator != "required", [*map(str, problem.absolute_path), problem.message]
