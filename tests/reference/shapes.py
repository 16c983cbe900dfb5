"""Objects as recorded: key order and defaults of the last generation (recorded-traffic.md 1)."""

from __future__ import annotations

NO_FILES = {"code_interpreter": {"file_ids": []}}


def assistant(id, now, body):
    tools = [tool(one) for one in body.get("tools") or []]
    return {
        "id": id,
        "object": "assistant",
        "created_at": int(now),
        "name": body.get("name"),
        "description": body.get("description"),
        "model": body["model"],
        "instructions": body.get("instructions"),
        "tools": tools,
        "top_p": 1.0 if body.get("top_p") is None else float(body["top_p"]),
        "temperature": 1.0 if body.get("temperature") is None else float(body["temperature"]),
        "reasoning_effort": None,
        "tool_resources": resources(tools),
        "metadata": body.get("metadata") or {},
        "response_format": body.get("response_format") or "auto",
    }


def tool(given):
    """A tool as it is echoed."""
    if given["type"] == "function":
        function = given["function"]
        return {
            "type": "function",
            "function": {
                "name": function["name"],
                "description": function.get("description"),
                "parameters": function.get("parameters", {"type": "object", "properties": {}}),
                "strict": function.get("strict", False),
            },
        }
    if given["type"] == "file_search":
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
        return {"type": "file_search", "file_search": {"ranking_options": ranking}}
    return given


def resources(tools):
    kinds = [one["type"] for one in tools]
    code = {"code_interpreter": {"file_ids": []}} if "code_interpreter" in kinds else {}
    search = {"file_search": {"vector_store_ids": []}} if "file_search" in kinds else {}
    return code | search


def thread(id, now, body):
    return {
        "id": id,
        "object": "thread",
        "created_at": int(now),
        "metadata": body.get("metadata") or {},
        "tool_resources": {},
    }


def message(id, now, thread_id, role, content, *, metadata=None, by=None):
    """A message; `by` is the run that wrote it."""
    return {
        "id": id,
        "object": "thread.message",
        "created_at": int(now),
        "assistant_id": by and by["assistant_id"],
        "thread_id": thread_id,
        "run_id": by and by["id"],
        "role": role,
        "content": content,
        "attachments": [],
        "metadata": metadata or {},
    }


def content(given):
    """The content of a message that a client makes."""
    if isinstance(given, str):
        return [text(given)]
    return [text(part["text"]) if part["type"] == "text" else _image(part) for part in given]


def _image(part):
    given = part["image_url"]
    return {"type": "image_url", "image_url": {**given, "detail": given.get("detail", "auto")}}


def text(value):
    return {"type": "text", "text": {"value": value, "annotations": []}}


def run(id, now, thread_id, assistant, body):
    def effective(name):
        return assistant[name] if body.get(name) is None else body[name]

    return {
        "id": id,
        "object": "thread.run",
        "created_at": int(now),
        "assistant_id": assistant["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": int(now) + 600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": effective("model"),
        "instructions": effective("instructions"),
        "tools": assistant["tools"] if body.get("tools") is None else [tool(one) for one in body["tools"]],
        "tool_resources": {},
        "metadata": body.get("metadata") or {},
        "temperature": float(effective("temperature")),
        "top_p": float(effective("top_p")),
        "reasoning_effort": None,
        "max_completion_tokens": body.get("max_completion_tokens"),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": None, **(body.get("truncation_strategy") or {})},
        "incomplete_details": None,
        "usage": None,
        "response_format": effective("response_format"),
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
    }


def step(id, now, run, details):
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": int(now),
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def usage(prompt, completion):
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def calls_step(calls):
    return {"type": "tool_calls", "tool_calls": calls}


def message_step(message_id):
    return {"type": "message_creation", "message_creation": {"message_id": message_id}}


def seen_step(item, *, content=False):
    """A step as it is read: what a search found has its content only where it is included (assistants-api.md 1.8)."""
    details = item["step_details"]
    if content or details["type"] != "tool_calls":
        return item
    calls = [one if one["type"] != "file_search" else _without_content(one) for one in details["tool_calls"]]
    return {**item, "step_details": calls_step(calls)}


def _without_content(call):
    search = call["file_search"]
    results = [{key: value for key, value in one.items() if key != "content"} for one in search["results"]]
    return {**call, "file_search": {**search, "results": results}}


def deleted(item):
    return {"id": item["id"], "object": f"{item['object']}.deleted", "deleted": True}


def page(items, *, has_more):
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": has_more}


def error(message, param=None, code=None):
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


# Inside a stream objects differ (recorded-traffic.md 1).


def streamed(item, *, name="", at=0.0, reason=None):
    """An object as an event of this name shows it."""
    if item["object"] == "thread.run":
        return {**item, "tool_resources": NO_FILES}
    if item["object"] == "thread.run.step":
        return dict(seen_step(item))
    status = name.rpartition(".")[2]
    shown = {}
    for key, value in item.items():
        if key == "role":
            shown["status"] = "in_progress" if status == "created" else status
            shown["incomplete_details"] = None if reason is None else {"reason": reason}
            shown["incomplete_at"] = int(at) if status == "incomplete" else None
            shown["completed_at"] = int(at) if status == "completed" else None
        shown[key] = value
    return shown
