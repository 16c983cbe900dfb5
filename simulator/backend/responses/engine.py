"""Makes responses: asks the brain, plans what follows on the calendar, and fires what is due.

A response begins at once and ends when the model's last turn does: there is no queue and nothing to poll. Each
turn is planned as two events, `response.open` and `response.close`. A turn that calls functions ends the response;
the next request, with their outputs, goes on with the piece of the script that the first one took.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import NoTurn
from .. import objects as assistants_objects
from ..brain import Brain
from ..clock import Calendar, Clock, Due
from ..course import Course
from ..ids import Ids
from ..journal import Asked, Journal, StatusChange
from ..limits import COMPLETION_LIMIT, PROMPT_LIMIT, Answer, answered, fitted
from ..objects import JsonDict
from ..store import Store
from ..tokens import AFTER_ANSWER, BEFORE_ANSWER, CountTokens, Tokens, tokens_of_turn
from ..turns import FAIL_MESSAGES, CallTools, Fail, Hang, Image, Incomplete, RunCode, Say, SearchFiles
from ..vector_stores import VectorStores
from . import objects
from .chains import containers_in, note_outputs
from .items import Item, shown, text_of
from .names import Names
from .objects import Generation
from .speaking import StreamEvent, events_of_turn, said_by
from .traits import traits_of
from .views import build_view
from .work import Flow, Work

OPEN, CLOSE = "response.open", "response.close"

# Where runs have two limits, responses have one.
REASONS: Mapping[str, str] = {COMPLETION_LIMIT: "max_output_tokens", PROMPT_LIMIT: "max_output_tokens"}
# The documented usual number of results; `max_num_results` of the tool says another.
RESULTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an engine works on: those of the whole service."""

    clock: Clock
    ids: Ids
    store: Store
    journal: Journal
    brain: Brain
    calendar: Calendar
    vector_stores: VectorStores
    count: CountTokens
    note_surprise: Callable[[str], None]


class Responses:
    """The responses at work.

    Args:
        parts: those of the whole service.
        course: how long things take, asked for anew each time, since it may be exchanged.
        as_of: the day whose forms they have; None: the last.
    """

    def __init__(self, parts: Parts, course: Callable[[], Course], as_of: str | None) -> None:
        self.parts = parts
        self.store = parts.store
        self.generation = Generation(as_of)
        self.names = Names(parts.ids, as_of)
        self.work: dict[str, Work] = {}
        self._course = course

    # What requests cause.

    def locked(self, conversation_id: str) -> bool:
        """Return whether a response is being made in a conversation."""
        return any(work.conversation == conversation_id for work in self.work.values())

    def create(self, work: Work) -> None:
        """Take on a new response: ask the brain, store it, and plan its first turn.

        Raises:
            NoTurn: the brain has no answer; nothing is stored.
            PromptTooLong: the input is more than the model takes in, and is not to be truncated.
        """
        at = self.parts.clock.now()
        answer = self._ask(work, at)
        response = work.response
        if response["store"]:
            self.store.responses.add(response)
            previous = response["previous_response_id"]
            kept = {"previous": previous, "input": work.given, "output": response["output"]}
            self.store.response_turns[work.id] = kept
        note_outputs(self.store, work.given)
        self.work[work.id] = work
        self._journal(work, None, "create", at)
        self._emit(work, at, "response.created")
        self._emit(work, at, "response.in_progress")
        self._plan(work, answer, at)

    def abandon(self, response_id: str) -> None:
        """Cancel a response that nobody waits for any more, which frees its conversation; chosen."""
        self._end(self.work[response_id], "cancelled", self.parts.clock.now())

    def forget(self, response_id: str) -> None:
        """Let go of a response that is deleted; whoever reads its stream reads no more."""
        work = self.work.pop(response_id, None)
        if work is not None:
            work.ended = True
            if work.flow is not None:
                work.flow.stop = self.parts.clock.now()

    # Time.

    def fire(self, due: Due) -> None:
        """Do what is due: a turn opens, or closes."""
        work = self.work.get(due.subject)
        if work is not None:
            (self._open if due.action == OPEN else self._close)(work, due.due)

    def _ask(self, work: Work, at: float) -> Answer:
        parts = self.parts
        view = build_view(
            self.store,
            work.response,
            work.items,
            work.given,
            task=work.task,
            model=work.model,
            conversation=work.conversation,
        )
        prompt = fitted(view, work.spent, parts.count)
        if prompt is None or (prompt.view is not view and work.response["truncation"] == "disabled"):
            raise PromptTooLong(work.model)
        turn = parts.brain.answer(prompt.view)
        parts.journal.add(Asked(at, work.id, work.conversation, prompt.view, turn))
        return answered(turn, prompt, work.spent, parts.count)

    def _plan(self, work: Work, answer: Answer, at: float) -> None:
        work.turn, work.prompt_tokens, work.stopped_by = answer
        if isinstance(work.turn, Hang):
            work.hangs = True
            return
        work.opens_at, work.closes_at = self._course().turn(work.response, work.turn, at)
        if work.streamed:
            self.parts.calendar.add(work.opens_at, work.id, 0, OPEN)
        self.parts.calendar.add(work.closes_at, work.id, 0, CLOSE)

    def _go_on(self, work: Work, at: float) -> None:
        """Ask again at once, in the middle of a response, where no request is left to refuse."""
        try:
            answer = self._ask(work, at)
        except (NoTurn, PromptTooLong) as problem:
            self.parts.note_surprise(str(problem))
            self._fail(work, "server_error", FAIL_MESSAGES["server_error"], at)
            return
        self._plan(work, answer, at)

    # Events.

    def _open(self, work: Work, at: float) -> None:
        said = said_by(work.turn, _Workshop(self, work, at))
        work.said = [item for item, _ in said]
        if work.stopped_by is not None and said:
            work.said[-1]["status"] = "incomplete"
        if work.stream is not None:
            finished = not isinstance(work.turn, Fail)
            events = list(events_of_turn(said, len(work.response["output"]), finished=finished))
            # The first comes as the turn opens, the last as it closes.
            step = (work.closes_at - at) / max(1, len(events) - 1)
            work.flow = Flow(events, [at + step * number for number in range(len(events))])
            work.stream.waiting.append(work.flow)

    def _close(self, work: Work, at: float) -> None:
        turn = work.turn
        if not work.streamed:
            self._open(work, work.opens_at)
        work.response["output"] += work.said
        spoken = self._spoken(work)
        work.said = ()
        work.spent = work.spent.plus(self._course().tokens(work.response, turn) or spoken)
        if work.stopped_by is not None:
            self._stop_short(work, work.stopped_by, at)
        elif isinstance(turn, Incomplete):
            self._stop_short(work, turn.reason, at)
        elif isinstance(turn, Fail):
            self._fail(work, turn.code, turn.message, at)
        elif isinstance(turn, RunCode | SearchFiles) or (isinstance(turn, Say) and turn.more):
            self._go_on(work, at)
        else:
            self._note_calls(work)
            self._end(work, "completed", at)

    def _note_calls(self, work: Work) -> None:
        for item in work.response["output"]:
            if item["type"] == "function_call":
                self.store.note_call(item, work.task, work.id, work.conversation)

    def _fail(self, work: Work, code: str, message: str, at: float) -> None:
        work.response["error"] = {"code": code, "message": message}
        self._end(work, "failed", at)

    def _stop_short(self, work: Work, reason: str, at: float) -> None:
        work.response["incomplete_details"] = {"reason": REASONS.get(reason, reason)}
        self._end(work, "incomplete", at)

    def _end(self, work: Work, status: str, at: float) -> None:
        response, before = work.response, work.response["status"]
        response["status"] = status
        response["usage"] = objects.usage(work.spent) if status != "cancelled" else None
        if status == "completed":
            response["completed_at"] = int(at)
        if response["service_tier"] == "auto":
            response["service_tier"] = "default"
        self._journal(work, before, status, at)
        if "conversation" in response and status in ("completed", "incomplete"):
            kept = self.store.conversation_items.get(work.conversation)
            if kept is not None:  # else it was deleted meanwhile
                kept += [*work.given, *response["output"]]
        self._emit(work, at, f"response.{status}")
        work.ended = True
        del self.work[work.id]

    def _spoken(self, work: Work) -> Tokens:
        turn, count = work.turn, self.parts.count
        if isinstance(turn, CallTools | RunCode | SearchFiles):
            return Tokens(work.prompt_tokens, tokens_of_turn(turn, work.model, count))
        texts = [_spoken_text(item) for item in work.said if item["type"] == "message"]
        whole = isinstance(turn, Say) and work.stopped_by is None
        said = sum(count(text, work.model) + BEFORE_ANSWER + (AFTER_ANSWER if whole else 0) for text in texts)
        return Tokens(work.prompt_tokens, said)

    def _emit(self, work: Work, at: float, name: str) -> None:
        if work.stream is not None:
            sent = self.as_sent(work.response, work.include, streamed=True)
            work.stream.waiting.append(Flow([StreamEvent(name, {"response": sent})], [at]))

    def as_sent(self, response: Mapping[str, Any], include: Sequence[str] = (), *, streamed: bool = False) -> JsonDict:
        """Return a response as the day has it, with what its items are to show."""
        sent = self.generation.as_sent(response, streamed=streamed)
        sent["output"] = [shown(item, include) for item in response["output"]]
        return sent

    def _journal(self, work: Work, before: str | None, event: str, at: float) -> None:
        status = work.response["status"]
        change = (at, "response", work.id, work.id, work.conversation, before, status, event)
        self.parts.journal.add(StatusChange(*change))

    # Saving.

    def to_json(self) -> list[JsonDict]:
        """Return the responses at work as JSON values."""
        return [work.to_json() for work in self.work.values()]

    def restore(self, saved: Sequence[Mapping[str, Any]], store: Store) -> None:
        """Take over what `to_json` described, and the store that belongs to it."""
        self.store = store
        for one in saved:
            stored = store.responses.get(one["response"]["id"])
            work = Work.from_json(one, stored)
            if stored is not None:  # in a file they are two lists
                store.response_turns[work.id]["output"] = stored["output"]
            self.work[work.id] = work


class PromptTooLong(Exception):
    """The input is more than the model takes in."""


class _Workshop:
    """What a turn needs to become the items of one response."""

    def __init__(self, responses: Responses, work: Work, at: float) -> None:
        self._responses, self._work, self._at = responses, work, at

    def new_item(self, prefix: str) -> str:
        return self._responses.names.item(prefix, self._work.chain, self._at)

    def new_call(self) -> str:
        return self._responses.parts.ids.new("call_")

    def phase(self, *, last: bool) -> str | None:
        if not traits_of(self._work.model).phased:
            return None
        return "final_answer" if last else "commentary"

    def container(self) -> str:
        for tool in self._work.response["tools"]:
            if tool["type"] == "code_interpreter" and isinstance(tool["container"], str):
                return tool["container"]
        used = containers_in(self._work.items)
        return used[-1] if used else self._responses.names.container(self._at)

    def search(self, turn: SearchFiles) -> Sequence[JsonDict]:
        if turn.results is not None:
            return [_result(one) for one in turn.results]
        tools = [tool for tool in self._work.response["tools"] if tool["type"] == "file_search"]
        vector_stores = self._responses.parts.vector_stores
        return [
            _result(
                {
                    "file_id": one.file["id"],
                    "filename": one.filename,
                    "score": one.score,
                    "attributes": one.file["attributes"] or {},
                    "text": one.text,
                }
            )
            for tool in tools
            for one in vector_stores.search(
                vector_stores.in_use(tool["vector_store_ids"], self._at),
                [turn.query],
                limit=tool["max_num_results"] or RESULTS,
                threshold=tool["ranking_options"].get("score_threshold") or 0.0,
                filters=tool["filters"],
            )
        ]

    def drawn(self, image: Image) -> str:
        source = image.source
        if isinstance(source, bytes):
            parts, at = self._responses.parts, self._at
            id = parts.ids.new("file-")
            parts.store.contents[id] = source
            file = assistants_objects.file(id, int(at), f"/mnt/data/{id}.png", "assistants_output", len(source))
            parts.store.files.add(file)
            source = id
        return f"https://api.openai.com/v1/files/{source}/content"

    def filename(self, file_id: str) -> str:
        file = self._responses.store.files.get(file_id)
        return file_id if file is None else str(file["filename"])


def _result(found: Mapping[str, Any]) -> JsonDict:
    """Return what a search found as it is shown here; a result of the Assistants API is flattened."""
    return {
        "attributes": found.get("attributes", {}),
        "file_id": found.get("file_id", ""),
        "filename": found.get("filename", found.get("file_name", "")),
        "score": found.get("score", 0.0),
        "text": found["text"] if "text" in found else text_of(found.get("content", ())),
    }


def _spoken_text(item: Item) -> str:
    return text_of(item["content"]) + "".join(part.get("refusal", "") for part in item["content"])
