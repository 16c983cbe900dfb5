"""What an answer of version 2 looked like on an earlier day: from the recordings (recorded-traffic.md 1 and 6)."""

from __future__ import annotations

# Keys that objects had not before the day.
KEYS = (
    ("2024-04-29", "thread", "tool_resources"),
    ("2024-06-08", "thread.run", "parallel_tool_calls"),
    ("2025-03-06", "thread.run", "reasoning_effort"),
    ("2025-03-06", "assistant", "reasoning_effort"),
)
NO_DETAILS = (("2025-01-14", "prompt_token_details"), ("2025-03-06", "completion_tokens_details"))
STRICT, FOUND, HYBRID, INCOMPLETE = "2024-08-06", "2024-08-29", "2025-09-16", "2024-05-14"
# The first day of version 2, one of each generation, and today.
DAYS = ["2024-04-17", "2024-05-01", "2024-06-01", "2024-07-01", "2024-08-10", "2024-10-01", "2025-02-01", "2025-05-01"]


def shown_on(day, value):
    """A value as an answer of that day had it; None: of the last generation."""
    if day is None:
        return value
    if isinstance(value, list):
        return [shown_on(day, one) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {key: shown_on(day, one) for key, one in value.items()}
    kind = shown.get("object")
    absent = {key for first, of, key in KEYS if of == kind and day < first}
    return {key: OLDER.get((kind, key), _same)(day, one) for key, one in shown.items() if key not in absent}


def _same(day, value):
    return value


def _tools(day, tools):
    return [_tool(day, one) for one in tools]


def _tool(day, tool):
    if tool["type"] == "function" and day < STRICT:
        function = {key: one for key, one in tool["function"].items() if key != "strict" and one is not None}
        return {**tool, "function": function}
    if tool["type"] != "file_search" or day >= HYBRID:
        return tool
    if day < FOUND:
        return {"type": "file_search"}
    ranking = tool["file_search"]["ranking_options"]
    return {**tool, "file_search": {"ranking_options": {k: v for k, v in ranking.items() if k != "hybrid_search"}}}


def _usage(day, usage):
    absent = {key for first, key in NO_DETAILS if day < first}
    return usage and {key: one for key, one in usage.items() if key not in absent}


def _incomplete(day, details):
    return {"reason": "max_prompt_tokens"} if details is not None and day < INCOMPLETE else details


def _step_details(day, details):
    if day >= FOUND or details["type"] != "tool_calls":
        return details
    calls = [{**one, "file_search": {}} if one["type"] == "file_search" else one for one in details["tool_calls"]]
    return {**details, "tool_calls": calls}


OLDER = {
    ("assistant", "tools"): _tools,
    ("thread.run", "tools"): _tools,
    ("thread.run", "usage"): _usage,
    ("thread.run.step", "usage"): _usage,
    ("thread.run", "incomplete_details"): _incomplete,
    ("thread.run.step", "step_details"): _step_details,
}


def event_on(day, name):
    """The name of a stream event on that day."""
    return "thread.run.completed" if name == "thread.run.incomplete" and day is not None and day < INCOMPLETE else name
