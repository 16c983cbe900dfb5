"""Assistants: create, retrieve, update, list, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import JsonDict
from .call import Call, deleted
from .refusals import BuiltinToolWithSchema, NotSimulated


def create(call: Call) -> JsonDict:
    """Make an assistant; tools and resources are normalised as the service echoes them."""
    body = with_resources(call.body)
    check_tools(body)
    return call.backend.store.assistants.add(objects.assistant(call.backend.ids.new("asst_"), call.created_at, **body))


def retrieve(call: Call) -> JsonDict:
    """Return an assistant."""
    return call.assistant(call.ids[0])


def update(call: Call) -> JsonDict:
    """Change the fields that are given; the others stay."""
    assistant = call.assistant(call.ids[0])
    changes = with_resources(call.body)
    tools = changes.get("tools", assistant["tools"])
    resources = {**assistant["tool_resources"], **changes.get("tool_resources", {})}
    fields = {**assistant, **changes, "tools": tools, "tool_resources": resources}
    check_tools(fields)
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


def with_resources(body: Mapping[str, Any]) -> JsonDict:
    """Return the body with its tool resources checked, without those that are empty.

    Raises:
        NotSimulated: a vector store is to be made along with it.
    """
    if "tool_resources" not in body:
        return dict(body)
    resources = {name: _without_stores(resource) for name, resource in body["tool_resources"].items()}
    return {**body, "tool_resources": {name: resource for name, resource in resources.items() if resource}}


def _without_stores(resource: Mapping[str, Any]) -> JsonDict:
    if resource.get("vector_stores"):
        raise NotSimulated("POST", "/v1/vector_stores")
    return {key: value for key, value in resource.items() if key != "vector_stores"}


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
