"""Assistants: create, retrieve, update, list, delete."""

from __future__ import annotations

from ..backend import objects
from ..backend.objects import JsonDict
from .call import Call, deleted
from .combinations import check_assistant, check_model
from .tool_resources import keep, with_resources


def create(call: Call) -> JsonDict:
    """Make an assistant; tools and resources are normalised as the service echoes them."""
    check_model(call.body)
    check_assistant(call.body)
    body, stores = with_resources(call, call.body)
    keep(call, stores)
    return call.backend.store.assistants.add(objects.assistant(call.backend.ids.new("asst_"), call.created_at, **body))


def retrieve(call: Call) -> JsonDict:
    """Return an assistant."""
    return call.assistant(call.ids[0])


def update(call: Call) -> JsonDict:
    """Change the fields that are given; the others stay."""
    assistant = call.assistant(call.ids[0])
    check_model(call.body)
    check_assistant({**assistant, **call.body})
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
