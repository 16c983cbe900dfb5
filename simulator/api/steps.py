"""Run steps: retrieve and list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend.objects import JsonDict
from .call import Call

INCLUDE_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def retrieve(call: Call) -> JsonDict:
    """Return a step."""
    return as_included(call.step(), call.query)


def list_(call: Call) -> JsonDict:
    """Return a page of the steps of a run."""
    run = call.run()
    page = call.page(call.backend.store.run_steps.of(run["id"]), "run step")
    page["data"] = [as_included(step, call.query) for step in page["data"]]
    return page


def as_included(step: Mapping[str, Any], query: Mapping[str, Any]) -> JsonDict:
    """Return a step; what a file search found shows its text only where the query includes it."""
    if step["type"] != "tool_calls" or INCLUDE_CONTENT in query.get("include", ()):
        return dict(step)
    calls = [_without_content(call) for call in step["step_details"]["tool_calls"]]
    return {**step, "step_details": {"type": "tool_calls", "tool_calls": calls}}


def _without_content(call: Mapping[str, Any]) -> Mapping[str, Any]:
    if call["type"] != "file_search":
        return call
    search = call["file_search"]
    results = [{key: value for key, value in result.items() if key != "content"} for result in search["results"]]
    return {**call, "file_search": {**search, "results": results}}
