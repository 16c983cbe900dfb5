"""Runs: create (on a thread or with one), retrieve, list, update, cancel, submit tool outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from ..backend import objects
from ..backend.assistant_files import file_ids
from ..backend.execution import RunStream, StreamEvent
from ..backend.file_search import store_ids
from ..backend.ids import Ids
from ..backend.lifecycle import ACTIVE, CANCELLABLE, RunStatus
from ..backend.objects import EMPTY, JsonDict, waiting_calls
from ..errors import NoTurn
from .call import Call, Reply
from .combinations import check_model, check_run
from .messages import new_message
from .refusals.lookups import WrongPrefix
from .refusals.states import CannotCancel, CannotUpdate, NothingToAnswer, OutputsNotAwaited, RunActive, WrongOutputs
from .refusals.surprises import NoTurnLeft
from .threads import NewThread, as_read, keep_thread, new_thread
from .tool_resources import NewStore, attach, check_attachments, keep, require_usable, with_resources

Requirement: TypeAlias = Callable[[Call, str, JsonDict, Sequence[JsonDict]], None]
"""Refuses a call with its thread, assistant and new messages, unless the run has enough to begin with."""


def something_to_answer(call: Call, thread_id: str, assistant: JsonDict, additional: Iterable[JsonDict]) -> None:
    """Require instructions, or a message of a user.

    Raises:
        NothingToAnswer: there is neither.
    """
    instructions = call.body.get("instructions", assistant["instructions"])
    if instructions or call.body.get("additional_instructions"):
        return
    stored = call.backend.store.messages.of(thread_id)
    if not any(message["role"] == "user" for message in (*additional, *stored)):
        raise NothingToAnswer


def nothing(call: Call, thread_id: str, assistant: JsonDict, additional: Iterable[JsonDict]) -> None:
    """Require nothing."""


def create(call: Call, require: Requirement = something_to_answer) -> Reply:
    """Start a run on a thread.

    Args:
        require: what it must have to begin with.

    Raises:
        RunActive: another run is active on it.
        NothingToAnswer: neither a user's message nor instructions.
        NoTurnLeft: the brain has no answer.
    """
    thread = call.thread()
    assistant = _assistant(call)
    active = call.backend.engine.active_run(thread["id"])
    if active is not None:
        raise RunActive(thread["id"], active)
    additional = call.body.get("additional_messages", ())
    check_attachments(call, additional, thread, where="additional_messages")
    with _NoIdsUsedIfRefused(call.backend.ids):
        messages = [new_message(call, thread["id"], one) for one in additional]
        return _start(call, thread, assistant, messages, partial(attach, call, thread, additional), require=require)


def create_and_run(call: Call, require: Requirement = something_to_answer) -> Reply:
    """Make a thread and start a run on it; nothing is made if the run is refused."""
    assistant = _assistant(call)
    with _NoIdsUsedIfRefused(call.backend.ids):
        body, stores = with_resources(call, call.body)
        call, new = replace(call, body=body), new_thread(call, call.body.get("thread", EMPTY), "thread.messages")
        store_all = partial(_keep_all, call, new, stores)
        return _start(call, new.thread, assistant, new.messages, store_all, require=require, new=new.thread)


def retrieve(call: Call) -> JsonDict:
    """Return a run."""
    return call.run()


def list_(call: Call) -> JsonDict:
    """Return a page of the runs of a thread."""
    return call.page(call.backend.store.runs.of(call.thread()["id"]), "run")


def update(call: Call) -> JsonDict:
    """Change the metadata of a finished run.

    Raises:
        CannotUpdate: it is active. The body is checked before (assistants-api.md 1.1).
    """
    run = call.run()
    if run["status"] in ACTIVE:
        raise CannotUpdate(run["status"])
    run.update(call.body)
    return run


def cancel(call: Call) -> JsonDict:
    """Begin to cancel an active run: it answers `cancelling` and locks its thread for a while yet.

    Raises:
        CannotCancel: it is finished, or is being cancelled.
    """
    run = call.run()
    if run["status"] not in CANCELLABLE:
        raise CannotCancel(run["status"])
    call.backend.engine.cancel(run["id"])
    return run


def submit_tool_outputs(call: Call) -> Reply:
    """Give a waiting run all its outputs; it is queued again.

    Raises:
        OutputsNotAwaited: the run does not wait. This is looked at before the ids are.
        WrongOutputs: an output is missing, or answers a call that nobody made, or one twice.
        NoTurnLeft: the brain has no answer.
    """
    run = call.run()
    if run["status"] != RunStatus.REQUIRES_ACTION:
        raise OutputsNotAwaited(run["status"])
    expected = [waiting["id"] for waiting in waiting_calls(run)]
    outputs = call.body["tool_outputs"]
    got = [output["tool_call_id"] for output in outputs]
    if sorted(expected) != sorted(got):
        raise WrongOutputs(expected, got)
    stream = _new_stream(call)
    by_id = {output["tool_call_id"]: output.get("output") or "" for output in outputs}
    with _a_turn_is_left():
        call.backend.engine.submit(run["id"], by_id, stream)
    return stream or run


def _assistant(call: Call) -> JsonDict:
    id = call.body["assistant_id"]
    assistant = call.backend.store.assistants.get(id)
    if assistant is None and not id.startswith("asst"):
        raise WrongPrefix("assistant_id", id, "asst")
    return call.assistant(id) if assistant is None else assistant


class _NoIdsUsedIfRefused:
    """Rewinds the ids if the block raises. A class, because it costs a third of a `contextmanager`, on every run."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._before = ids, ids.counts

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._ids.rewind(self._before)


def _start(
    call: Call,
    thread: JsonDict,
    assistant: JsonDict,
    messages: Sequence[JsonDict],
    store_rest: Callable[[], None],
    *,
    require: Requirement,
    new: JsonDict | None = None,
) -> Reply:
    body = call.body
    check_model(body)
    check_run({**assistant, **body})
    require(call, thread["id"], assistant, messages)
    require_usable(call, body if "tool_resources" in body else assistant, thread)
    run = objects.run(call.backend.ids.new("run_"), call.created_at, thread["id"], assistant, **body)
    stream = _new_stream(call, new)
    with _a_turn_is_left():
        call.backend.engine.create(
            run,
            additional_instructions=body.get("additional_instructions"),
            additional_messages=messages,
            stream=stream,
            store_rest=store_rest,
        )
    _keep_files(call, run, assistant)
    return stream or run


@contextmanager
def _a_turn_is_left() -> Iterator[None]:
    try:
        yield
    except NoTurn as problem:
        raise NoTurnLeft(str(problem)) from problem


def _keep_files(call: Call, run: JsonDict, assistant: JsonDict) -> None:
    """Keep what the run may search: its object does not say it, and the assistant's may change meanwhile."""
    store = call.backend.store
    if "tool_resources" in call.body:
        store.run_stores[run["id"]] = list(store_ids(call.body))
    files = file_ids(store, assistant["id"])
    if files:
        store.run_files[run["id"]] = files


def _keep_all(call: Call, new: NewThread, stores: Iterable[NewStore]) -> None:
    keep_thread(call, new)
    keep(call, stores)


def _new_stream(call: Call, new_thread: JsonDict | None = None) -> RunStream | None:
    if not call.body.get("stream"):
        return None
    stream = RunStream()
    if new_thread is not None:
        stream.waiting.append(StreamEvent(call.backend.clock.now(), "thread.created", as_read(new_thread), None))
    return stream
