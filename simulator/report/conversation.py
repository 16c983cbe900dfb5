"""A conversation as plain text and as JSON: for `show`, for `diff`, and for git.

The text is stable: the same session gives the same lines, whatever the form of its file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..recording.examining.conversation import Assistant, Call, Conversation, Message, Round, Run, Thread

INDENT = "  "
_ID = re.compile(r"\b(asst|thread|msg|run|step|call|file|vs|vsfb|resp|conv|fc|ci|rs)[_-]([0-9A-Za-z_]{6,})")
# What a poll sees of these depends on when it comes.
_PASSING = frozenset({"queued", "in_progress", "cancelling"})


def lines_of(conversation: Conversation, *, times: bool = True) -> list[str]:
    """Return the lines that tell a conversation.

    Args:
        times: whether to tell when a status was seen, and those that only say that time passes.
    """
    lines: list[str] = []
    for assistant in conversation.assistants:
        lines += _assistant(assistant)
    for thread in conversation.threads:
        lines += _thread(thread, times=times)
    for refused in conversation.refused:
        lines += _told(f"refused: {refused.label}: {refused.status} ", refused.message, "")
    for odd in conversation.odd:
        lines += _told(f"not understood: {odd.label}: ", odd.problem, "")
    return lines or ["(neither a thread nor a run is in it)"]


def heading(conversation: Conversation) -> str:
    """Return what is known of a session as a whole."""
    head = conversation.head
    known = [head.api_version, head.sdk, head.recorded_at and head.recorded_at[:10]]
    return ", ".join(
        [*filter(None, known), f"{conversation.requests} request{'' if conversation.requests == 1 else 's'}"]
    )


def diff_of(old: Conversation, new: Conversation, names: tuple[str, str] = ("old", "new")) -> list[str]:
    """Return what changed from one conversation to another, ids and times aside; nothing if nothing did."""
    before, after = ([*_renamed(lines_of(one, times=False))] for one in (old, new))
    return list(difflib.unified_diff(before, after, *names, n=2, lineterm=""))


def _renamed(lines: Iterable[str]) -> Iterator[str]:
    """Give each id its number in order of appearance."""
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}

    def rename(found: re.Match[str]) -> str:
        if found[0] not in names:
            numbers[found[1]] = numbers.get(found[1], 0) + 1
            names[found[0]] = f"{found[1]}_{numbers[found[1]]}"
        return names[found[0]]

    return (_ID.sub(rename, line) for line in lines)


# The parts.


def _assistant(assistant: Assistant) -> Iterator[str]:
    shown = assistant.shown
    name = f' "{shown["name"]}"' if shown.get("name") else ""
    yield _printable(f"assistant {assistant.id}{name}, {shown.get('model') or 'model unknown'}")
    if shown.get("instructions"):
        yield from _told("instructions: ", str(shown["instructions"]), INDENT)
    tools = [tool_name(tool) for tool in shown.get("tools") or []]
    if tools:
        yield _printable(f"{INDENT}tools: {', '.join(tools)}")


def tool_name(tool: Mapping[str, Any]) -> str:
    """Return the name of a tool: of a function its own."""
    function = tool.get("function")
    named = function if isinstance(function, Mapping) else tool
    return str(named.get("name") or tool.get("type"))


def _thread(thread: Thread, *, times: bool) -> Iterator[str]:
    yield _printable(f"thread {thread.id}{'' if thread.made_at is not None else ', from before'}")
    for entry in thread.entries():
        yield from _message(entry, INDENT) if isinstance(entry, Message) else _run(entry, times=times)


def _message(message: Message, indent: str) -> Iterator[str]:
    if message.content is None:
        yield f"{indent}{message.role}: (what it says is not in the session)"
    else:
        yield from _told(f"{message.role}: ", message.text, indent)
    for name, value in message.extras.items():
        yield _printable(f"{indent}{INDENT}{name}: {', '.join(_file(one) for one in value)}")


def _file(given: Any) -> str:
    return str(given.get("file_id") if isinstance(given, Mapping) else given)


def _run(run: Run, *, times: bool) -> Iterator[str]:
    notes = [str(run.shown.get("model") or "model unknown")]
    notes += ["streamed"] if run.streamed else []
    notes += ["from before"] if run.made_at is None else []
    yield _printable(f"{INDENT}run {run.id}, {', '.join(notes)}")
    inner = INDENT * 2
    yield f"{inner}{_statuses(run, times=times)}"
    for act in run.acts:
        yield from _message(act, inner) if isinstance(act, Message) else _round(act, inner)
    yield from _end(run, inner)


def _statuses(run: Run, *, times: bool) -> str:
    if not run.statuses:
        return "(its status is not in the session)"
    if not times:
        kept = [seen.status for seen in run.statuses if seen.status not in _PASSING]
        return " → ".join(kept) or "(not ended)"
    return " → ".join(f"{seen.status}{_after(seen.after)}" for seen in run.statuses)


def _after(seconds: float | None) -> str:
    return "" if not seconds else f" +{seconds:g} s"


def _round(act: Round, indent: str) -> Iterator[str]:
    for call in act.calls:
        yield from _told("", call_text(call), indent)
        if call.output is not None:
            yield from _told("→ ", call.output, indent + INDENT)
        elif call.kind == "function":
            yield f"{indent}{INDENT}→ (never answered)"
        else:
            yield from _built_in(call, indent + INDENT)


def call_text(call: Call) -> str:
    """Return a call as the model wrote it."""
    return f"{call.name}({call.arguments})"


def _built_in(call: Call, indent: str) -> Iterator[str]:
    outputs = call.details.get("outputs")
    for one in outputs if isinstance(outputs, list) else []:
        yield from _told("→ ", str(one.get("logs") or f"[{one.get('type')}]"), indent)
    results = call.details.get("results")
    for one in results if isinstance(results, list) else []:
        yield _printable(f"{indent}→ {one.get('file_name') or one.get('filename')}")


def _end(run: Run, indent: str) -> Iterator[str]:
    error = run.shown.get("last_error") or run.shown.get("error")
    if isinstance(error, Mapping):
        yield from _told(f"error: {error.get('code')}: ", str(error.get("message")), indent)
    details = run.shown.get("incomplete_details")
    if isinstance(details, Mapping):
        yield _printable(f"{indent}incomplete: {details.get('reason')}")
    usage = tokens(run)
    if usage:
        yield f"{indent}tokens: {usage['in']} in, {usage['out']} out"


def tokens(run: Run) -> dict[str, int]:
    """Return how many tokens went in and out; empty where the session does not say."""
    usage = run.shown.get("usage")
    if not isinstance(usage, Mapping):
        return {}
    return {
        "in": usage.get("prompt_tokens") or usage.get("input_tokens") or 0,
        "out": usage.get("completion_tokens") or usage.get("output_tokens") or 0,
    }


def _told(lead: str, text: str, indent: str) -> Iterator[str]:
    """Yield a text line by line, the later ones as far in as the first."""
    first, *rest = text.replace("\r\n", "\n").split("\n")
    yield _printable(f"{indent}{lead}{first}").rstrip()
    for line in rest:
        yield _printable(f"{indent}{' ' * len(lead)}{line}").rstrip()


def _printable(line: str) -> str:
    """Return a line without what a terminal would act upon: a cassette may hold anything."""
    return line if line.isprintable() else "".join(one if one.isprintable() else "�" for one in line)


# As JSON.


def as_json(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation as a JSON value."""
    head = conversation.head
    return {
        "recorded_at": head.recorded_at,
        "api_version": head.api_version,
        "sdk": head.sdk,
        "requests": conversation.requests,
        "operations": dict(conversation.operations),
        "assistants": [_assistant_json(one) for one in conversation.assistants],
        "threads": [_thread_json(one) for one in conversation.threads],
        "refused": [
            {"request": one.label, "status": one.status, "message": one.message} for one in conversation.refused
        ],
        "not_understood": [{"request": one.label, "problem": one.problem} for one in conversation.odd],
    }


def _assistant_json(assistant: Assistant) -> dict[str, Any]:
    shown = assistant.shown
    known = {name: shown.get(name) for name in ("name", "model", "instructions")}
    return {"id": assistant.id, **known, "tools": [tool_name(one) for one in shown.get("tools") or []]}


def _thread_json(thread: Thread) -> dict[str, Any]:
    entries = [_message_json(one) if isinstance(one, Message) else _run_json(one) for one in thread.entries()]
    return {"id": thread.id, "created": thread.made_at is not None, "entries": entries}


def _message_json(message: Message) -> dict[str, Any]:
    text = None if message.content is None else message.text
    return {"type": "message", "id": message.id, "role": message.role, "text": text}


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "type": "run",
        "id": run.id,
        "created": run.made_at is not None,
        "model": run.shown.get("model"),
        "streamed": run.streamed,
        "statuses": [{"status": seen.status, "after_seconds": seen.after} for seen in run.statuses],
        "acts": [_act_json(act) for act in run.acts],
        "error": run.shown.get("last_error"),
        "tokens": tokens(run) or None,
    }


def _act_json(act: Message | Round) -> dict[str, Any]:
    return _message_json(act) if isinstance(act, Message) else {"type": "calls", "calls": _calls_json(act.calls)}


def _calls_json(calls: Sequence[Call]) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "kind": one.kind, "name": one.name, "arguments": one.arguments, "output": one.output}
        for one in calls
    ]
