"""What the model did in a recorded run, as the turns that make the simulator do the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .conversation import FUNCTION, Call, Message, Round, Run
from .python_source import Invoke, Node

CODE, SEARCH, RETRIEVAL = "code_interpreter", "file_search", "retrieval"
_AT_WORK = frozenset({"queued", "in_progress", "unknown"})
UNKNOWN_REASON = "max_prompt_tokens"
_SEARCH_FIELDS = ("file_id", "file_name", "score", "content")


def turns_of(run: Run) -> list[Node]:
    """Return the turns of a run, as source."""
    turns = [turn for place, act in enumerate(run.acts) for turn in _act(run, place, act)]
    last = run.acts[-1] if run.acts else None
    waits = isinstance(last, Round) and bool(run.unanswered)
    says = isinstance(last, Message) and last.content is not None
    ended = says and status_to_reach(run) == "completed"
    return turns if waits or ended else [*turns, *_ENDS.get(status_to_reach(run), _stays)(run)]


def status_to_reach(run: Run) -> str:
    """Return how a run ends; one that was last seen at work, and has written, must have completed."""
    return "completed" if run.status in _AT_WORK and run.messages else run.status


def _act(run: Run, place: int, act: Round | Message) -> Iterator[Node]:
    if isinstance(act, Round):
        yield from _round(act)
    elif act.content is not None and not _is_said_by_the_end(run, place):
        ends = status_to_reach(run) == "completed" and place == len(run.acts) - 1
        yield Invoke("say", *_said(act, {} if ends else {"more": True}))


def _is_said_by_the_end(run: Run, place: int) -> bool:
    """Tell whether `incomplete` and `fail` say the last message themselves."""
    return run.status in {"incomplete", "failed"} and place == len(run.acts) - 1


def _round(act: Round) -> Iterator[Node]:
    functions = [call for call in act.calls if call.kind == FUNCTION]
    for call in act.calls:
        if call.kind in _BUILT_IN:
            yield _BUILT_IN[call.kind](call)
    if len(functions) == 1:
        yield call_of(functions[0])
    elif functions:
        yield Invoke("call_tools", [call_of(one) for one in functions])


def call_of(call: Call) -> Invoke:
    """Return a function call; one whose argument text `call` would write otherwise, as `raw_call`."""
    arguments = _arguments(call)
    if arguments is None:
        return Invoke("raw_call", [call.name, call.arguments])
    return Invoke("call", [call.name], arguments)


def _arguments(call: Call) -> dict[str, Any] | None:
    """Return the arguments if they are an object written as models do: compact, or with blanks in parallel calls."""
    try:
        value = json.loads(call.arguments)
    except ValueError:
        return None
    usual = (json.dumps(value, ensure_ascii=False), json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return value if isinstance(value, dict) and call.arguments in usual else None


def _run_code(call: Call) -> Node:
    outputs = [one for one in call.details.get("outputs") or [] if isinstance(one, Mapping)]
    logs = [str(one.get("logs")) for one in outputs if one.get("type") == "logs"]
    images = [image for one in outputs if (image := _image_id(one)) is not None]
    known: dict[str, Any] = {"logs": "\n".join(logs)} if logs else {}
    return Invoke("run_code", [call.arguments], known | ({"images": images} if images else {}))


def _image_id(output: Mapping[str, Any]) -> str | None:
    image = output.get("image")
    return str(image.get("file_id")) if isinstance(image, Mapping) else None


def _search_files(call: Call) -> Node:
    results = [one for one in call.details.get("results") or [] if isinstance(one, Mapping)]
    found = [{name: one[name] for name in _SEARCH_FIELDS if name in one} for one in results]
    return Invoke("search_files", ["(the query is not in a session)"], {"results": found} if found else {})


_BUILT_IN: Mapping[str, Callable[[Call], Node]] = {
    CODE: _run_code,
    SEARCH: _search_files,
    RETRIEVAL: _search_files,
}


def _said(message: Message, options: dict[str, Any]) -> tuple[list[Node], dict[str, Any]]:
    """Return the arguments of `say`."""
    parts: list[Node] = [part for one in message.content or () if (part := _part(one)) is not None]
    annotations = _annotations(message.content or ())
    return parts, ({"annotations": annotations} if annotations else {}) | options


def _part(part: Mapping[str, Any]) -> Node | None:
    kind = str(part.get("type"))
    value = part.get(kind)
    if kind == "text" and isinstance(value, Mapping):
        return str(value.get("value", ""))
    if kind == "image_file" and isinstance(value, Mapping):
        return Invoke("image", [str(value.get("file_id"))])
    if kind == "refusal":
        return Invoke("refusal", [str(value)])
    return None


def _annotations(content: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    text = next((one.get("text") for one in content if one.get("type") == "text"), None)
    given = text.get("annotations") if isinstance(text, Mapping) else None
    return [{name: value for name, value in one.items() if name != "index"} for one in given or []]


# How a run ended.


def _last_text(run: Run) -> str | None:
    last = run.acts[-1] if run.acts else None
    return last.text if isinstance(last, Message) and last.content is not None else None


def _completed(run: Run) -> list[Node]:
    return [Invoke("finish")]


def _failed(run: Run) -> list[Node]:
    error = run.shown.get("last_error") or {}
    known = [str(error.get("code") or "server_error"), *([str(error["message"])] if error.get("message") else [])]
    text = _last_text(run)
    return [Invoke("fail", known, {} if text is None else {"text": text})]


def _incomplete(run: Run) -> list[Node]:
    details = run.shown.get("incomplete_details") or {}
    reason = str(details.get("reason") or UNKNOWN_REASON)
    text = _last_text(run)
    return [Invoke("incomplete", [reason, *([text] if text else [])])]


def _stays(run: Run) -> list[Node]:
    """A run that is cancelled or expires does nothing; nor is known what one did whose end is not shown."""
    return [Invoke("hang")]


_ENDS: Mapping[str, Callable[[Run], list[Node]]] = {
    "completed": _completed,
    "failed": _failed,
    "incomplete": _incomplete,
}


def names_in(nodes: Sequence[Node]) -> set[str]:
    """Return the functions that source calls: they must be imported."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Invoke):
            found.add(node.function)
            found |= names_in([*node.arguments, *(node.keywords or {}).values()])
    return found
