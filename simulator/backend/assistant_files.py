"""The files of an assistant, as version 1 of the API attaches them.

Version 1 has one list for all tools, and its own objects for them; version 2 has files by tool. What
version 1 attaches or detaches, version 2 sees; what version 2 does to its `tool_resources`, version 1
does not (OpenAI's migration guide of 2024, "Accessing v1 data in v2" and "Deleting files"). Files of the
retrieval tool became a vector store, which is not simulated yet: version 2 sees those of the code
interpreter only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from . import objects
from .objects import EMPTY, JsonDict
from .store import Store


def file_ids(store: Store, assistant_id: str) -> list[str]:
    """Return the ids of the attached files, those attached first in front."""
    return [file["id"] for file in store.assistant_files.of(assistant_id)]


def attach(store: Store, assistant: JsonDict, wanted: Iterable[str], at: int) -> None:
    """Make `wanted` the files of an assistant; those that it has keep their place and time.

    Args:
        at: when the others are attached, in seconds since the epoch.
    """
    wanted = list(dict.fromkeys(wanted))
    files, id = store.assistant_files, assistant["id"]
    gone = [one for one in file_ids(store, id) if one not in wanted]
    for one in gone:
        files.remove(one, id)
    for one in wanted:
        if files.get(one, id) is None:
            files.add(objects.assistant_file(one, at, id), id)
    _tell_code_interpreter(assistant, wanted, gone)


def _tell_code_interpreter(assistant: JsonDict, wanted: Iterable[str], gone: Collection[str]) -> None:
    resources = assistant["tool_resources"]
    resource = resources.get("code_interpreter") or EMPTY
    kept = [one for one in resource.get("file_ids") or () if one not in gone]
    if any(tool["type"] == "code_interpreter" for tool in assistant["tools"]):
        kept += [one for one in wanted if one not in kept]
    elif not resource:
        return
    assistant["tool_resources"] = {**resources, "code_interpreter": {**resource, "file_ids": kept}}
