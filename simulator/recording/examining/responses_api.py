"""Sessions of the Responses API, told in the same words: a response is a run, its conversation a thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from ..cassette import Interaction
from .conversation import Call, Message, Round, Run, Seen, Thread

Json: TypeAlias = Mapping[str, Any]
_FINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")
_FIRST_EVENT = "response.created"


class Gathered(Protocol):
    """What is collected of a session."""

    runs: dict[str, Run]
    calls: dict[str, Call]

    def thread(self, id: str) -> Thread:
        """Return the thread with this id."""

    def run(self, id: str, thread_id: str) -> Run:
        """Return the run with this id, on this thread."""


def read_response(gathered: Gathered, place: int, interaction: Interaction) -> None:
    """Take in one `POST /v1/responses` and its answer, streamed or not."""
    body, answer = interaction.request.json, _answer(interaction)
    if not isinstance(answer.get("id"), str):
        return
    thread = gathered.thread(_thread_id(gathered, answer))
    run = gathered.run(answer["id"], thread.id)
    run.made_at, run.streamed, run.first, run.shown = place, interaction.response.is_stream, answer, answer
    run.settings = {name: value for name, value in body.items() if name != "input"}
    run.statuses = [Seen(str(answer.get("status", "completed")), None)]
    for item in _items(body.get("input")):
        _read_input(gathered, thread, item, place)
    for item in _items(answer.get("output")):
        _read_output(gathered, run, item)


def _answer(interaction: Interaction) -> Json:
    response = interaction.response
    if not response.is_stream:
        answer = response.json
        return answer if isinstance(answer, dict) else {}
    found: Json = {}
    for event in response.events:
        data = event.json
        kind = data.get("type") if isinstance(data, dict) else None
        if kind in _FINAL_EVENTS or (kind == _FIRST_EVENT and not found):
            found = data.get("response") or {}
    return found


def _thread_id(gathered: Gathered, answer: Json) -> str:
    """Return the conversation's id, that of the thread of the response before, or the response's own."""
    conversation = answer.get("conversation")
    if isinstance(conversation, dict) and isinstance(conversation.get("id"), str):
        return str(conversation["id"])
    before = gathered.runs.get(str(answer.get("previous_response_id")))
    return before.thread_id if before is not None else str(answer["id"])


def _items(value: Any) -> Iterator[Json]:
    if isinstance(value, str):
        yield {"role": "user", "content": value}
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _read_input(gathered: Gathered, thread: Thread, item: Json, place: int) -> None:
    if item.get("type") == "function_call_output":
        call = gathered.calls.get(str(item.get("call_id")))
        if call is not None:
            call.output = str(item.get("output"))
    elif "role" in item:
        thread.messages.append(
            Message(id=None, role=str(item["role"]), content=_content(item.get("content")), made_at=place)
        )


def _read_output(gathered: Gathered, run: Run, item: Json) -> None:
    kind = str(item.get("type"))
    if kind == "message":
        content = _content(item.get("content"))
        run.acts.append(Message(id=item.get("id"), role="assistant", content=content, run_id=run.id))
    elif kind.endswith("_call"):
        call = _call(item, kind)
        gathered.calls[call.id] = call
        last = run.acts[-1] if run.acts else None
        if isinstance(last, Round):
            last.calls.append(call)
        else:
            run.acts.append(Round(calls=[call]))


def _call(item: Json, kind: str) -> Call:
    name = kind.removesuffix("_call")
    arguments = str(item.get("arguments") or item.get("code") or "")
    id = str(item.get("call_id") or item.get("id"))
    return Call(id=id, name=str(item.get("name", name)), kind=name, arguments=arguments, details=item)


def _content(content: Any) -> Sequence[Json] | None:
    if isinstance(content, str):
        return [{"type": "text", "text": {"value": content, "annotations": []}}]
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else None
