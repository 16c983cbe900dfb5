"""Which keys an object had, in which order, from when on: the table behind `as_of`.

A row holds until the next one of its kind and version. Its day is that of the oldest recording that has the keys
(recorded-traffic.md 1 and 8), or the day on which the service announced them where the two do not contradict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

FIRST_DAY = "2023-11-06"
"""The API was opened."""
V2_SINCE = "2024-04-17"
"""Version 2 was opened (the day of openai-python 1.21.0, the first to speak it)."""


class KeySet(NamedTuple):
    """The keys of a kind of object.

    Args:
        kind: its `object`; behind an operation where only that one answers so.
        since: the first day.
        keys: in the order of the wire, blanks between.
        version: the one version that shows it so; `""`: both.
    """

    kind: str
    since: str
    keys: str
    version: str = ""


_MESSAGE_HEAD = (
    # Those from `status` to `completed_at` stand in streams only.
    "id object created_at assistant_id thread_id run_id status incomplete_details incomplete_at completed_at role "
    "content"
)
_RUN_TIMES = (
    "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at "
    "required_action last_error model instructions tools"
)
_RUN_LIMITS = (
    "max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details usage response_format tool_choice"
)
_STEP = (
    "id object created_at run_id assistant_id thread_id type status cancelled_at completed_at expires_at failed_at "
    "last_error step_details"
)
_ASSISTANT_HEAD = "id object created_at name description model instructions tools"

KEY_SETS: Sequence[KeySet] = (
    KeySet("assistant", FIRST_DAY, f"{_ASSISTANT_HEAD} file_ids metadata", "v1"),
    KeySet("assistant", "2024-04-27", f"{_ASSISTANT_HEAD} top_p temperature file_ids metadata response_format", "v1"),
    KeySet("assistant", V2_SINCE, f"{_ASSISTANT_HEAD} top_p temperature tool_resources metadata response_format", "v2"),
    KeySet(
        "assistant",
        "2025-03-06",
        f"{_ASSISTANT_HEAD} top_p temperature reasoning_effort tool_resources metadata response_format",
        "v2",
    ),
    KeySet("thread", FIRST_DAY, "id object created_at metadata", "v1"),
    KeySet("thread", V2_SINCE, "id object created_at metadata", "v2"),
    KeySet("thread", "2024-04-29", "id object created_at metadata tool_resources", "v2"),
    KeySet(
        "thread.message",
        FIRST_DAY,
        "id object created_at thread_id role content file_ids assistant_id run_id metadata",
        "v1",
    ),
    KeySet("thread.message", "2024-02-27", f"{_MESSAGE_HEAD} file_ids metadata", "v1"),
    KeySet("thread.message", V2_SINCE, f"{_MESSAGE_HEAD} attachments metadata", "v2"),
    # The answer to an update never got attachments (recorded from 2024-04-29 to 2025-10-30).
    KeySet("messages.update thread.message", V2_SINCE, f"{_MESSAGE_HEAD} file_ids metadata", "v2"),
    KeySet("thread.run", FIRST_DAY, f"{_RUN_TIMES} file_ids metadata", "v1"),
    KeySet("thread.run", "2024-01-24", f"{_RUN_TIMES} file_ids metadata usage", "v1"),
    KeySet("thread.run", "2024-04-01", f"{_RUN_TIMES} file_ids metadata temperature usage", "v1"),
    KeySet("thread.run", "2024-04-27", f"{_RUN_TIMES} file_ids metadata temperature top_p {_RUN_LIMITS}", "v1"),
    KeySet("thread.run", V2_SINCE, f"{_RUN_TIMES} tool_resources metadata temperature top_p {_RUN_LIMITS}", "v2"),
    KeySet(
        "thread.run",
        "2024-06-08",
        f"{_RUN_TIMES} tool_resources metadata temperature top_p {_RUN_LIMITS} parallel_tool_calls",
        "v2",
    ),
    KeySet(
        "thread.run",
        "2025-03-06",
        f"{_RUN_TIMES} tool_resources metadata temperature top_p reasoning_effort {_RUN_LIMITS} parallel_tool_calls",
        "v2",
    ),
    KeySet("thread.run.step", FIRST_DAY, _STEP),
    KeySet("thread.run.step", "2024-03-24", f"{_STEP} usage"),
    KeySet("thread.run.step.delta", FIRST_DAY, "id object delta"),
    KeySet(
        "vector_store",
        V2_SINCE,
        "id object name status usage_bytes created_at file_counts metadata expires_after expires_at last_active_at",
    ),
    KeySet(
        "vector_store",
        "2025-09-16",
        "id object created_at name description usage_bytes file_counts status expires_after expires_at last_active_at "
        "metadata",
    ),
    KeySet("vector_store.file", V2_SINCE, "id object usage_bytes created_at vector_store_id status last_error"),
    KeySet(
        "vector_store.file",
        "2024-06-03",
        "id object usage_bytes created_at vector_store_id status last_error chunking_strategy",
    ),
    KeySet(
        "vector_store.file",
        "2025-03-11",
        "id object usage_bytes created_at vector_store_id status last_error chunking_strategy attributes",
    ),
    # 138 of 138 are so short until September 2025, and whole on 2025-10-30.
    KeySet(
        "vector_stores.file_batches.list_files vector_store.file",
        V2_SINCE,
        "id object created_at vector_store_id status last_error",
    ),
    KeySet(
        "vector_stores.file_batches.list_files vector_store.file",
        "2025-10-30",
        "id object usage_bytes created_at vector_store_id status last_error chunking_strategy attributes",
    ),
    KeySet("file", FIRST_DAY, "object id purpose filename bytes created_at status status_details"),
    KeySet("file", "2025-09-16", "object id purpose filename bytes created_at expires_at status status_details"),
    KeySet("files.delete file", FIRST_DAY, "object id deleted"),
    KeySet("files.delete file", "2024-01-24", "object deleted id"),
    KeySet("files.list list", FIRST_DAY, "object data has_more"),
    KeySet("files.list list", "2024-10-15", "object data has_more first_id last_id"),
)
