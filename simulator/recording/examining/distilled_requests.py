"""What the recorded client asked for, as arguments that the simulator takes.

Sessions of version 1, and fields that came and went, hold what version 2 refuses: it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ...api import bodies
from .conversation import Assistant, Message, Run

_RUN: TypeAdapter[Any] = TypeAdapter(bodies.RunCreate)
_ASSISTANT: TypeAdapter[Any] = TypeAdapter(bodies.AssistantCreate)
_TOOL: TypeAdapter[Any] = TypeAdapter(bodies.Tool)
_MESSAGE: TypeAdapter[Any] = TypeAdapter(bodies.MessageCreate)

# Not settings: who runs where, how it is read, and messages, which are posted.
_NOT_SETTINGS = frozenset({"assistant_id", "stream", "additional_messages", "metadata", "tool_resources"}) | {
    # What came of them is scripted, and their tokens are counted otherwise here than they were then.
    "max_prompt_tokens",
    "max_completion_tokens",
}
_OF_AN_ASSISTANT = ("model", "name", "description", "instructions", "tools", "response_format", "reasoning_effort")
_DEFAULTS: Sequence[Any] = (None, "auto", [], {})
# Version 1's name of the tool.
_RENAMED = {"retrieval": "file_search"}


def run_settings(run: Run) -> dict[str, Any]:
    """Return the settings of a run that was made in the session."""
    given = {name: value for name, value in run.settings.items() if name not in _NOT_SETTINGS}
    return _taken(_RUN, {"assistant_id": "asst_1"}, given)


def assistant_settings(assistant: Assistant) -> dict[str, Any]:
    """Return the settings of an assistant; its model always among them."""
    given = {name: assistant.shown[name] for name in _OF_AN_ASSISTANT if name in assistant.shown}
    return {"model": "gpt-4o"} | _taken(_ASSISTANT, {"model": "gpt-4o"}, given)


def _taken(adapter: TypeAdapter[Any], needed: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not the default and is not refused."""
    known = {name: _tools(value) if name == "tools" else value for name, value in given.items()}
    return {
        name: value
        for name, value in known.items()
        if value not in _DEFAULTS and _is_valid(adapter, {**needed, name: value})
    }


def _tools(given: Any) -> list[Mapping[str, Any]]:
    renamed = [{**one, "type": _RENAMED.get(one["type"], one["type"])} for one in given or [] if "type" in one]
    return [one for one in renamed if _is_valid(_TOOL, one)]


def message_content(message: Message) -> str | list[dict[str, Any]] | None:
    """Return what a message is posted with; None: nothing that can be posted."""
    parts = [_part(one) for one in message.content or ()]
    if len(parts) == 1 and parts[0]["type"] == "text":
        text = str(parts[0]["text"])
        return text or None
    return parts if _is_valid(_MESSAGE, {"role": "user", "content": parts}) else message.text or None


def message_role(message: Message) -> str:
    """Return the role that a message is posted in."""
    return message.role if message.role in {"user", "assistant"} else "user"


def files_of(message: Message) -> list[str]:
    """Return the ids of the images in a message: a message is posted with files that there are."""
    images = [one.get("image_file") for one in message.content or ()]
    return [str(one["file_id"]) for one in images if isinstance(one, Mapping) and "file_id" in one]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    text = part.get("text")
    if part.get("type") == "text":
        return {"type": "text", "text": text.get("value", "") if isinstance(text, Mapping) else text}
    return dict(part)


def _is_valid(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True
