"""What the timeline says of ids, turns, answers and streams: each in a few words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..backend.turns import (
    CallTools,
    Fail,
    Finish,
    Hang,
    Image,
    Incomplete,
    RefusedText,
    RunCode,
    Say,
    SearchFiles,
    Turn,
)

ID_TAIL = 5
TEXT_WIDTH = 60
_LONG_ID = re.compile(r"\b(asst_|thread_|msg_|run_|step_|call_|file-|vs_)[0-9A-Za-z]{12,}")
# Where objects lie in memory, which is another place at each run.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DELTAS = b"event: thread.message.delta", b"event: thread.run.step.delta"
_RUN_EVENT = b"event: thread.run."
_STEP_EVENT = b"event: thread.run.step."
_DONE = b"event: done"


def shorten_ids(text: str) -> str:
    """Return `text` with each long id as its kind and its last characters: `run_…d8itK`."""
    return _LONG_ID.sub(lambda found: f"{found[1]}…{found[0][-ID_TAIL:]}", text)


def cut(text: str, width: int) -> str:
    """Return `text`, at most `width` characters of it; a cut shows as `…`."""
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def without_addresses(text: str) -> str:
    """Return a text with each `<Weather object at 0x7f00782e7fd0>` as `<Weather object>`: the same at each run."""
    return _ADDRESS.sub("", text)


def flat(text: str) -> str:
    """Return a text on one line, each white space in it one blank."""
    return " ".join(text.split())


def quoted(text: str, width: int = TEXT_WIDTH) -> str:
    """Return a text in double quotes and on one line, cut to about `width` characters."""
    return json.dumps(cut(text, width), ensure_ascii=False)


# Turns.


def describe_turn(turn: Turn) -> str:
    """Return what the model answered."""
    return _TURNS[type(turn)](turn)


def describe_call(name: str, arguments: str) -> str:
    """Return a function call as the model wrote it: `get_weather({"location": "Paris"})`."""
    return f"{name}({flat(arguments)})"


def _say(turn: Say) -> str:
    parts = [quoted(part) if isinstance(part, str) else _PARTS[type(part)] for part in turn.parts]
    return f"say {' + '.join(parts) or 'nothing'}{', and goes on' if turn.more else ''}"


def _call_tools(turn: CallTools) -> str:
    return ", ".join(describe_call(call.name, call.text) for call in turn.calls)


def _fail(turn: Fail) -> str:
    return f"fail {turn.code}{'' if turn.text is None else f' after {quoted(turn.text)}'}"


def _incomplete(turn: Incomplete) -> str:
    return f"incomplete {turn.reason}{f' after {quoted(turn.text)}' if turn.text else ''}"


_PARTS: Mapping[type, str] = {Image: "image", RefusedText: "refusal"}

_TURNS: Mapping[type, Callable[[Any], str]] = {
    Say: _say,
    CallTools: _call_tools,
    RunCode: lambda turn: f"run_code {quoted(turn.input)}",
    SearchFiles: lambda turn: f"search_files {quoted(turn.query)}",
    Fail: _fail,
    Incomplete: _incomplete,
    Finish: lambda turn: "finish",
    Hang: lambda turn: "hang",
}


# Answers.


class WaitingCall(NamedTuple):
    """A function call that a run waits for."""

    id: str
    name: str
    arguments: str


def describe_answer(answer: Any) -> str:
    """Return what the parsed body of an answer holds."""
    try:
        return _ANSWERS[answer["object"]](answer)
    except (KeyError, TypeError, AttributeError):
        # A placed object may have any shape, and a report that fails would hide what it reports.
        return "JSON"


def refusal_text(answer: Any) -> str:
    """Return the text of an error envelope; empty where the answer is none."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    return str(error.get("message", "")) if isinstance(error, Mapping) else ""


def calls_in(answer: Any) -> list[WaitingCall]:
    """Return the calls that a run waits for; none where `answer` is no such run."""
    try:
        calls = answer["required_action"]["submit_tool_outputs"]["tool_calls"]
        return [WaitingCall(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]
    except (KeyError, TypeError):  # as above
        return []


def outputs_in(body: Any) -> list[tuple[str, str]]:
    """Return the ids of the calls that a submit answers, with the outputs; none where `body` is no such submit."""
    try:
        return [(str(one["tool_call_id"]), one.get("output") or "") for one in body["tool_outputs"]]
    except (KeyError, TypeError, AttributeError):  # as above
        return []


def _run(run: Mapping[str, Any]) -> str:
    explain = _WHY.get(run["status"])
    return f"{run['id']} {run['status']}{f': {explain(run)}' if explain else ''}"


_WHY: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "requires_action": lambda run: ", ".join(call.name for call in calls_in(run)),
    "failed": lambda run: "{code}: {message}".format(**(run["last_error"] or {"code": None, "message": None})),
    "incomplete": lambda run: str((run["incomplete_details"] or {}).get("reason")),
}


def _message(message: Mapping[str, Any]) -> str:
    parts = [quoted(part["text"]["value"]) if part["type"] == "text" else part["type"] for part in message["content"]]
    return f"{message['role']}: {' + '.join(parts) or 'nothing'}"


def _listing(page: Mapping[str, Any]) -> str:
    data: Sequence[Any] = page["data"]
    more = " and more" if page.get("has_more") else ""
    first = f": {describe_answer(data[0])}{', …' if len(data) > 1 else ''}" if data else ""
    return f"{len(data)} listed{more}{first}"


def _assistant(assistant: Mapping[str, Any]) -> str:
    name = f" {quoted(assistant['name'])}" if assistant["name"] else ""
    tools = ", ".join(tool.get("function", {}).get("name", tool["type"]) for tool in assistant["tools"])
    return f"{assistant['id']}{name} {assistant['model']}{tools and f': {tools}'}"


def _deleted(answer: Mapping[str, Any]) -> str:
    return f"{answer['id']} deleted"


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "thread.run": _run,
    "thread.run.step": lambda step: f"{step['id']} {step['type']} {step['status']}",
    "thread.message": _message,
    "thread": lambda thread: str(thread["id"]),
    "assistant": _assistant,
    "list": _listing,
    "assistant.file": lambda file: f"{file['id']} of {file['assistant_id']}",
    "thread.message.file": lambda file: f"{file['id']} of {file['message_id']}",
    "assistant.deleted": _deleted,
    "assistant.file.deleted": _deleted,
    "thread.deleted": _deleted,
    "thread.message.deleted": _deleted,
}


# Streams.


def describe_stream(frames: Sequence[bytes]) -> str:
    """Return how many events a stream had, for which run, and how it ended."""
    events = [frame for frame in frames if not frame.startswith(_DONE)]
    if not events:
        return "a stream that nobody read"
    last = events[-1].partition(b"\n")[0].removeprefix(b"event: thread.").decode()
    end = f"to {last}" if len(events) < len(frames) else f"left after {last}"
    run = next(runs_in(frames), None)
    deltas = sum(frame.startswith(_DELTAS) for frame in frames)
    return f"{run['id'] if run else 'stream'}: {_count(len(events), 'event')}, {_count(deltas, 'delta')}, {end}"


def runs_in(frames: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Yield the runs that a stream shows, in order."""
    for frame in frames:
        if frame.startswith(_RUN_EVENT) and not frame.startswith(_STEP_EVENT):
            yield json.loads(frame.partition(b"data: ")[2])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
