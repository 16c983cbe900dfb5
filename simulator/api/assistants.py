"""Assistants: create, retrieve, update, list, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import JsonDict
from .call import Call, deleted
from .refusals import BuiltinToolWithSchema
from .tool_resources import keep, with_resources


def create(call: Call) -> JsonDict:
    """Make an assistant; tools and resources are normalised as the service echoes them."""
    check_tools(call.body)
    body, stores = with_resources(call, call.body)
    keep(call, stores)
    return call.backend.store.assistants.add(objects.assistant(call.backend.ids.new("asst_"), call.created_at, **body))


def retrieve(call: Call) -> JsonDict:
    """Return an assistant."""
    return call.assistant(call.ids[0])


def update(call: Call) -> JsonDict:
    """Change the fields that are given; the others stay."""
    assistant = call.assistant(call.ids[0])
    check_tools({**assistant, **call.body})
    changes, stores = with_resources(call, call.body)
    tools = changes.get("tools", assistant["tools"])
    resources = {**assistant["tool_resources"], **changes.get("tool_resources", {})}
    fields = {**assistant, **changes, "tools": tools, "tool_resources": resources}
    keep(call, stores)
    del fields["object"]
    assistant.update(objects.assistant(**fields))
    return assistant


def list_(call: Call) -> JsonDict:
    """Return a page of assistants."""
    return call.page(call.backend.store.assistants.of(), "assistant")


def delete(call: Call) -> JsonDict:
    """Delete an assistant; runs that it has go on."""
    assistant = call.assistant(call.ids[0])
    call.backend.store.assistants.remove(assistant["id"])
    call.backend.store.assistant_files.drop(assistant["id"])
    return deleted(assistant)


def check_tools(fields: Mapping[str, Any]) -> None:
    """Refuse a JSON schema for the answer beside a built-in tool (assistants-api.md 1.7).

    Raises:
        BuiltinToolWithSchema: `fields`, of an assistant or a run, have both.
    """
    wanted = fields.get("response_format")
    if not isinstance(wanted, Mapping) or wanted.get("type") != "json_schema":
        return
    if any(tool["type"] != "function" for tool in fields.get("tools") or ()):
        raise BuiltinToolWithSchema
