"""What a response shows to the model, in the words that the Assistants API has for it.

The same program on either surface shows the same view where it shows the model the same. So choices and
formats, which are written otherwise here, are turned into those of runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import file_search
from ..brain import View
from ..objects import NO_PARAMETERS, JsonDict
from ..store import Store
from ..views import newest_of_user
from .chains import file_ids_in, messages_in, outputs_of
from .items import TOOL_CALLS, Item, text_of_message


def build_view(
    store: Store,
    response: Mapping[str, Any],
    items: Sequence[Item],
    given: Sequence[Item],
    *,
    task: str,
    model: str,
    conversation: str,
) -> View:
    """Return what the model is shown for the next turn of a response.

    Args:
        items: all that is before it, the oldest first.
        given: those that came with the request.
        task: what a piece of a script answers; it goes on over several responses.
        model: as the request names it; the response shows which snapshot that is.
        conversation: the id of the conversation, or of the first response of the chain.
    """
    said = messages_in(items)
    messages = store.transcripts.show(conversation, said, text_of_message)
    return View(
        user=newest_of_user(messages),
        messages=messages,
        instructions=response["instructions"] or "",
        model=model,
        functions=_functions(response["tools"]),
        settings=_settings(response),
        outputs=tuple(outputs_of(store, items, given, task)),
        tools_called=any(item["type"] in TOOL_CALLS for item in response["output"]),
        files=_files(store, response["tools"], said),
        conversation=conversation,
        run=dict(response),
        task=task,
    )


def _functions(tools: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {tool["name"]: tool["parameters"] or NO_PARAMETERS for tool in tools if tool["type"] == "function"}


def _settings(response: Mapping[str, Any]) -> JsonDict:
    """Return the settings by the names that runs have for them; there is no limit of prompt tokens here."""
    return {
        "response_format": _format(response["text"]["format"]),
        "tool_choice": _choice(response["tool_choice"]),
        "max_prompt_tokens": None,
        "max_completion_tokens": response["max_output_tokens"],
        "truncation_strategy": {"type": response["truncation"], "last_messages": None},
        "temperature": response["temperature"],
        "top_p": response["top_p"],
        "parallel_tool_calls": response["parallel_tool_calls"],
    }


def _format(wanted: Mapping[str, Any]) -> Any:
    if wanted["type"] == "text":
        return "auto"
    if wanted["type"] == "json_schema":
        named = {key: value for key, value in wanted.items() if key != "type" and value is not None}
        return {"type": "json_schema", "json_schema": named}
    return dict(wanted)


def _choice(choice: Any) -> Any:
    if isinstance(choice, Mapping) and choice["type"] == "function":
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _files(store: Store, tools: Iterable[Mapping[str, Any]], messages: Iterable[Item]) -> tuple[str, ...]:
    files: list[str] = []
    for tool in tools:
        if tool["type"] == "file_search":
            files += file_search.files_of(store, tool["vector_store_ids"])
        elif tool["type"] == "code_interpreter" and isinstance(tool["container"], Mapping):
            files += tool["container"].get("file_ids") or ()
    return tuple(dict.fromkeys([*files, *file_ids_in(messages)]))
