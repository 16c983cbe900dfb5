"""What a run shows to the model, gathered from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import file_search
from .assistant_files import file_ids
from .brain import Output, View
from .objects import EMPTY, NO_PARAMETERS, JsonDict, message_text
from .store import Store

SETTINGS = (
    "response_format",
    "tool_choice",
    "max_prompt_tokens",
    "max_completion_tokens",
    "truncation_strategy",
    "temperature",
    "top_p",
    "parallel_tool_calls",
)


def build_view(
    store: Store,
    run: Mapping[str, Any],
    *,
    additional_instructions: str | None = None,
    additional_messages: Sequence[JsonDict] = (),
    outputs: Iterable[Output] = (),
) -> View:
    """Return what the model is shown for the next turn of `run`.

    Args:
        additional_instructions: appended to those of the run; the run object never shows them.
        additional_messages: messages that are not in the store yet.
        outputs: the calls of this run that were answered.
    """
    # What was placed may have nulls anywhere.
    messages = [*store.messages.of(run["thread_id"]), *additional_messages]
    shown = store.transcripts.show(run["thread_id"], messages, message_text, start=_first_shown(messages, run))
    assistant = store.assistants.get(run["assistant_id"]) or EMPTY
    return View(
        user=newest_of_user(shown),
        messages=shown,
        instructions="\n".join(filter(None, (run["instructions"], additional_instructions))),
        model=run["model"],
        functions=_functions(run["tools"] or ()),
        settings={key: run[key] for key in SETTINGS},
        outputs=tuple(outputs),
        files=_files(store, run, assistant, messages),
        tools_called=any(step["type"] == "tool_calls" for step in store.run_steps.of(run["id"])),
        conversation=run["thread_id"],
        run=dict(run),
        assistant=dict(assistant),
        task=run["id"],
    )


def _first_shown(messages: Sequence[JsonDict], run: Mapping[str, Any]) -> int:
    """Return the place of the first message that the run begins with; those that it wrote are shown too.

    With `last_messages` it begins with so many: the strategy truncates the thread "prior to the run" (spec).
    """
    strategy = run["truncation_strategy"] or EMPTY
    limit = strategy.get("last_messages") if strategy.get("type") == "last_messages" else None
    if not limit:
        return 0
    # Its own are the newest: a thread with a run takes no others.
    own = sum(1 for message in messages if message["run_id"] == run["id"])
    return max(0, len(messages) - own - int(limit))


def newest_of_user(shown: Sequence[tuple[str, str]]) -> str:
    """Return the text of the newest message of the user among (role, text) pairs; empty if there is none."""
    for role, text in reversed(shown):
        if role == "user":
            return text
    return ""


def _functions(tools: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    functions = [tool["function"] for tool in tools if tool["type"] == "function"]
    return {function["name"]: function.get("parameters") or NO_PARAMETERS for function in functions}


def _files(
    store: Store, run: Mapping[str, Any], assistant: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    own = [*_files_for_code(assistant), *(file_ids(store, assistant["id"]) if assistant else ())]
    stores = [*file_search.store_ids(assistant), *file_search.stores_of_thread(store, run)]
    searched = file_search.files_of(store, stores) if stores else ()
    attached = [one.get("file_id") for message in messages for one in message["attachments"] or ()]
    return tuple(dict.fromkeys(filter(None, (*own, *searched, *attached))))


def _files_for_code(assistant: Mapping[str, Any]) -> Iterable[str]:
    resources = assistant.get("tool_resources")
    if not resources:
        return ()
    return (resources.get("code_interpreter") or EMPTY).get("file_ids") or ()
