"""Ways to break the simulator, one line each: what `verify` must find.

A break takes pytest's `monkeypatch`. Most change what one function gives back.
"""

import json
from dataclasses import replace

from simulator.api import call, routes, runs, service, streams
from simulator.api.refusals import refusal
from simulator.api.refusals.lookups import NotFound
from simulator.api.refusals.refusal import Refusal
from simulator.api.wire import Frame
from simulator.backend import deltas, engine, lifecycle, objects, progress
from simulator.backend.engine import Engine
from simulator.backend.ids import Ids
from simulator.backend.lifecycle import RUN_TABLE, Event, RunStatus, Transition
from simulator.backend.store import Listing


def after(where, name, change):
    """Break a function by changing what it gives back."""

    def broken(m):
        right = getattr(where, name)
        m.setattr(where, name, lambda *args, **options: change(right(*args, **options)))

    return broken


def without(key):
    return lambda value: {name: one for name, one in value.items() if name != key}


def having(**values):
    return lambda value: {**value, **values}


def turned(value):
    return dict(reversed(value.items()))


def operation(name, change):
    """Break the answers of an operation."""

    def broken(m):
        m.setattr(
            routes,
            "OPERATIONS",
            tuple(_changed(one, change) if one.name == name else one for one in routes.OPERATIONS),
        )
        right = service.find

        def find(method, path):
            match = right(method, path)
            return (
                match._replace(operation=_changed(match.operation, change)) if match.operation.name == name else match
            )

        m.setattr(service, "find", find)

    return broken


def _changed(row, change):
    return replace(row, handler=lambda asked: change(row.handler(asked)))


def moves(status, event, **changes):
    """Break a cell of the table of runs."""

    def broken(m):
        row = RUN_TABLE[status]
        cell = Transition(**{"to": row[event].to, "stamps": row[event].stamps, "clears": row[event].clears, **changes})
        m.setitem(RUN_TABLE, status, {**row, event: cell})

    return broken


def attribute(where, name, value):
    return lambda m: m.setattr(where, name, value)


def answers(change):
    """Break the whole answer: `change` is from status, headers and body to the same."""

    def broken(m):
        right = service.Service.answer

        def answer(self, request):
            response, exchange = right(self, request)
            return replace(response, **change(response)), exchange

        m.setattr(service.Service, "answer", answer)

    return broken


def header(name, value):
    return answers(lambda response: {"headers": {**response.headers, name: value}})


def frames(change):
    """Break streams: `change` is from an iterator of frames, each due at its time, to another."""

    def broken(m):
        right = service.frames
        m.setattr(service, "frames", lambda *args: change(right(*args)))

    return broken


def _is_named(frame, name):
    return frame.data.startswith(f"event: {name}\n".encode())


def dropped(name):
    def change(given):
        is_left = True
        for frame in given:
            if is_left and _is_named(frame, name):
                is_left = False
            else:
                yield frame

    return frames(change)


def swapped(name):
    def change(given):
        held = []
        for frame in given:
            if _is_named(frame, name):
                held.append(frame)
            else:
                yield frame
                if frame.data:
                    yield from held
                    held.clear()

    return frames(change)


def rewritten(old, new):
    return frames(lambda given: (Frame(one.due, one.data.replace(old, new)) for one in given))


def _id_of_its_own(run):
    _id_of_its_own.count += 1
    return {**run, "id": f"run_{_id_of_its_own.count:024}"}


_id_of_its_own.count = 0


def _compact(response):
    body = response.body
    return {"body": json.dumps(json.loads(body)).encode() if isinstance(body, bytes) and body else body}


def _created(response):
    return {"status": 201 if response.status == 200 else response.status}


def _alike(page):
    return {**page, "data": [{**one, "id": page["data"][0]["id"]} for one in page["data"]]}


def _first_call_only(action):
    return action[:1]


def _frozen_start(m):
    right = lifecycle.apply

    def apply(target, event, at, **fields):
        before = target.get("started_at")
        status = right(target, event, at, **fields)
        if before is not None:
            target["started_at"] = before
        return status

    m.setattr(progress, "apply", apply)


BREAKS = {
    "a run without a key": after(objects, "run", without("tool_choice")),
    "a run with a key more": after(objects, "run", having(weight=1)),
    "a message with a key more": after(objects, "message", having(status="completed")),
    "a step without a key": after(objects, "run_step", without("last_error")),
    "an assistant without a key": operation("assistants.create", without("top_p")),
    "a thread whose keys are in another order": after(objects, "thread", turned),
    "a usage whose keys are in another order": after(objects, "usage", turned),
    "a number as a text": after(objects, "run", having(temperature="1.0")),
    "a float as an integer": after(objects, "run", having(top_p=1)),
    "a time as a float": after(objects, "thread", lambda thread: {**thread, "created_at": float(thread["created_at"])}),
    "a null as an empty text": after(objects, "run", having(last_error="")),
    "true for false": operation("threads.delete", having(deleted=False)),
    "a deleted object under another name": operation("assistants.delete", having(object="assistant")),
    "a usage that is off by one": after(
        objects, "usage", lambda usage: {**usage, "prompt_tokens": usage["prompt_tokens"] + 1}
    ),
    "a usage without its details": after(objects, "usage", without("prompt_token_details")),
    "an expiry that is kept": moves(RunStatus.IN_PROGRESS, Event.COMPLETE, clears=()),
    "an expiry of another length": attribute(objects, "RUN_LIFETIME_SECONDS", 601),
    "an end without its time": moves(RunStatus.IN_PROGRESS, Event.COMPLETE, stamps=()),
    "a start without its time": moves(RunStatus.QUEUED, Event.PICK_UP, stamps=()),
    "a start that a resume does not write anew": _frozen_start,
    "calls that stay after they were answered": moves(RunStatus.REQUIRES_ACTION, Event.SUBMIT, clears=()),
    "a resume that skips the queue": moves(RunStatus.REQUIRES_ACTION, Event.SUBMIT, to=RunStatus.IN_PROGRESS),
    "a cancel without its time": moves(RunStatus.CANCELLING, Event.CONFIRM_CANCEL, stamps=()),
    "a run that is failed when cancelled": moves(RunStatus.CANCELLING, Event.CONFIRM_CANCEL, to=RunStatus.FAILED),
    "a step that keeps its expiry": attribute(
        Engine, "_let_go", lambda self, execution, at: self.forget(execution.run["id"])
    ),
    "a page that says that there is more": after(call, "list_envelope", having(has_more=True)),
    "a page with the wrong first id": after(call, "list_envelope", lambda page: {**page, "first_id": page["last_id"]}),
    "a page with the wrong last id": after(call, "list_envelope", having(last_id=None)),
    "a page without its object": after(call, "list_envelope", without("object")),
    "a page in the other order": after(Listing, "page", lambda page: page._replace(data=page.data[::-1])),
    "a page that lacks an object": after(Listing, "page", lambda page: page._replace(data=page.data[1:])),
    "an id that is not stable": operation("runs.retrieve", _id_of_its_own),
    "an id of two objects": operation("messages.list", _alike),
    "an id of another form": after(Ids, "new", lambda made: made[:-1]),
    "an id with another prefix": after(Ids, "new", lambda made: made.replace("msg_", "message_")),
    "a parent that is another": operation(
        "steps.list",
        lambda page: {**page, "data": [{**one, "run_id": "run_000000000000000000000000"} for one in page["data"]]},
    ),
    "another status of success": answers(_created),
    "another status of refusal": attribute(NotFound, "status", 400),
    "a refusal in other words": attribute(
        NotFound, "__init__", lambda self, noun, name: Refusal.__init__(self, f"No {noun} {name!r}.")
    ),
    "a refusal of another type": attribute(Refusal, "type", "invalid_request"),
    "a refusal with a code": attribute(NotFound, "code", "not_found"),
    "a refusal without its param": after(refusal, "envelope", lambda body: {"error": without("param")(body["error"])}),
    "a refusal with a key more": after(refusal, "envelope", having(hint=None)),
    "a refusal that names another parameter": attribute(
        Refusal, "envelope", lambda self: refusal.envelope(self.message, self.type, "id", self.code)
    ),
    "another content type": header("content-type", "application/json; charset=utf-8"),
    "a header that was never sent": header("openai-poll-after-ms", "100"),
    "a header of another value": header("openai-version", "2024-01-01"),
    "a header that is missing": answers(lambda response: {"headers": without("x-request-id")(response.headers)}),
    "a request id of another form": header("x-request-id", "1234"),
    "JSON that is not indented": answers(_compact),
    "a stream of another content type": attribute(service, "EVENT_STREAM_TYPE", "text/event-stream"),
    "a stream without its end": dropped("done"),
    "a stream without an event": dropped("thread.run.step.in_progress"),
    "a stream without its thread": dropped("thread.created"),
    "a stream without a delta": dropped("thread.message.delta"),
    "a stream with swapped events": swapped("thread.run.queued"),
    "a stream with another name of an event": rewritten(b"event: thread.run.created", b"event: thread.run.new"),
    "a stream with another text": rewritten(b"answer", b"Answer"),
    "a stream with other blanks": rewritten(b" answer", b"answer"),
    "a delta without its index": rewritten(b'{"index":0,"type":"text"', b'{"type":"text"'),
    "a delta without annotations": rewritten(b',"annotations":[]', b""),
    "a delta of another object": rewritten(b'"thread.message.delta"', b'"thread.message"'),
    "a delta whose call has no id": rewritten(b'"index":0,"id":"call_', b'"index":0,"call":"call_'),
    "a delta without an empty output": rewritten(b',"output":null', b""),
    "code that is written at once": after(deltas, "pieces", lambda pieces: ["".join(pieces)]),
    "a streamed run with its own resources": attribute(streams, "_STREAMED_RESOURCES", {}),
    "a streamed message without a status": rewritten(b'"status":"completed","incomplete_details":null,', b""),
    "a refusal that was forgotten: the lock": attribute(Engine, "active_run", lambda self, thread_id: None),
    "a refusal that was forgotten: metadata": lambda m: m.setattr(
        service, "read_body", lambda adapter, body, kind, refuse: json.loads(body) if body else {}
    ),
    "a refusal that was forgotten: cancel": attribute(runs, "CANCELLABLE", frozenset(RunStatus)),
    "calls that lack one": after(engine, "tool_calls", _first_call_only),
    "instructions of the assistant, not of the run": operation("runs.create", having(instructions=None)),
    "metadata that is lost": operation("threads.create", having(metadata={})),
    "metadata that is not changed": operation("messages.retrieve", having(metadata={})),
}
