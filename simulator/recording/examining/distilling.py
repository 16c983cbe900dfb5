"""A recorded conversation as a test for the simulator: turns, messages, and what must come of them.

The conversation is kept, not its requests: how often somebody polled says nothing about what was said. What the
session begins with is placed; what it made is made; each run gets its turns and is followed to its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import CassetteError
from ..cassette import Cassette
from .conversation import FUNCTION, TERMINAL, Assistant, Conversation, Message, Run, Thread
from .distilled_helpers import source_of
from .distilled_requests import assistant_settings, files_of, message_content, message_role, run_settings
from .distilled_turns import names_in, status_to_reach, turns_of
from .gathering import conversation_of
from .python_source import WIDTH, Code, Invoke, Node, identifier, statement

ASKED = "requires_action"
CANCELLED = frozenset({"cancelling", "cancelled"})
# Longer than a run lives (recorded-traffic.md 4: 600 s), and than a cancel takes.
LIFETIME, MOMENT = 601, 10
NOTHING_SAID = "(the session shows no message)"
_INDENT = 4


def distill(cassette: Cassette) -> str:
    """Return the source of a test of the conversation in a session.

    Raises:
        CassetteError: it holds no run of the Assistants API.
    """
    conversation = conversation_of(cassette)
    runs = [run for run in conversation.runs if run.first.get("object") != "response"]
    if not runs:
        of_responses = ": it is one of the Responses API, which has no turns yet" if conversation.runs else ""
        raise CassetteError(f"{cassette.path}: no run of the Assistants API is in this session{of_responses}.")
    return _Distiller(cassette, conversation).text()


class _Distiller:
    """Writes one test, statement by statement."""

    def __init__(self, cassette: Cassette, conversation: Conversation) -> None:
        self._cassette, self._conversation = cassette, conversation
        self._body: list[str] = []
        self._imports: set[str] = set()
        self._helpers: set[str] = set()
        self._ids: dict[str, Node] = {}
        self._names: Counter[str] = Counter()
        self._stays_active = False

    def text(self) -> str:
        for assistant in self._conversation.assistants:
            self._assistant(assistant)
        for thread in self._conversation.threads:
            if thread.runs:
                self._thread(thread)
        return "\n".join([*self._head(), *source_of(self._helpers), "", *self._function(), ""])

    def _head(self) -> list[str]:
        head = self._cassette.head
        name = self._cassette.path.name if self._cassette.path else "a session"
        known = ", ".join(filter(None, [head.recorded_at and head.recorded_at[:10], head.sdk]))
        lines = ['"""A recorded conversation, to be edited and varied.', "", f"From {_plain(name)}."]
        lines += [f"Recorded: {_plain(known)}."] if known else []
        lines += ["Written by `assistants-simulator distill`.", '"""', ""]
        names = ", ".join(sorted(self._imports))
        imports = ["import pytest"] if self._stays_active else []
        imports += [f"from simulator import {names}"] if names else []
        return [*lines, *imports, *([""] if imports else [])]

    def _function(self) -> list[str]:
        stem = Path(self._cassette.path or "session").stem
        name = identifier(stem).removeprefix("test_")
        marker = ['@pytest.mark.simulator(allow=["active_run"])'] if self._stays_active else []
        return [*marker, *_signature(f"test_{name}"), *self._body]

    # What there is.

    def _assistant(self, assistant: Assistant) -> None:
        settings = assistant_settings(assistant)
        if assistant.made_at is None:
            self._put("assistants", {"id": assistant.id, **settings})
            self._ids[assistant.id] = assistant.id
        else:
            name = self._name("assistant")
            self._assign(name, Invoke("openai_client.beta.assistants.create", keywords=settings))
            self._ids[assistant.id] = Code(f"{name}.id")

    def _thread(self, thread: Thread) -> None:
        if thread.made_at is None:
            self._put("threads", {"id": thread.id})
            self._ids[thread.id] = thread.id
        else:
            name = self._name("thread")
            self._assign(name, Invoke("openai_client.beta.threads.create"))
            self._ids[thread.id] = Code(f"{name}.id")
        entries = list(thread.entries())
        for place, entry in enumerate(entries):
            if isinstance(entry, Message):
                self._message(thread, entry)
            else:
                self._run(thread, entry, follows=place + 1 < len(entries), empty=place == 0)

    def _message(self, thread: Thread, message: Message) -> None:
        content = message_content(message)
        for id in files_of(message):
            self._put("files", {"id": id})
        if content is None:
            self._note(f"A message of the {message.role} is left out: what it says cannot be posted.")
        elif message.made_at is None and message.id is not None:
            self._put(
                "messages",
                {"id": message.id, "thread_id": self._ids[thread.id], "role": message.role, "content": content},
            )
        else:
            self._post(thread, message_role(message), content)
        for name in message.extras:
            self._note(f"The {name} of this message are left out.")

    def _post(self, thread: Thread, role: str, content: Node) -> None:
        create = "openai_client.beta.threads.messages.create"
        self._do(Invoke(create, [self._ids[thread.id]], {"role": role, "content": content}))

    # What runs do.

    def _run(self, thread: Thread, run: Run, *, follows: bool, empty: bool) -> None:
        self._body.append("")
        if run.made_at is None:
            self._run_from_before(thread, run)
            return
        if empty:  # version 1 ran on an empty thread; version 2 wants a message or instructions
            self._post(thread, "user", NOTHING_SAID)
        turns = turns_of(run)
        self._script(turns)
        name = self._name("run")
        is_used = follows or run.status in CANCELLED | TERMINAL
        self._follow(thread, run, name, hangs=Invoke("hang") in turns, is_used=is_used)
        self._after(run, name, follows=follows)

    def _follow(self, thread: Thread, run: Run, name: str, *, hangs: bool, is_used: bool) -> None:
        """Start a run, and follow it to where it waits or ends."""
        assistant = self._ids.get(str(run.shown.get("assistant_id")), "asst_unknown")
        settings = run_settings(run)
        if hangs:
            where = {"thread_id": self._ids[thread.id], "assistant_id": assistant}
            start = Invoke("openai_client.beta.threads.runs.create", keywords=where | settings)
            self._body += statement(f"{name} = " if is_used else "", start, _INDENT)
            return
        function = "stream_to_end" if run.streamed else "run_to_end"
        self._helpers.add(function)
        outputs = _outputs(run)
        known = {"outputs": outputs} if outputs else {}
        arguments = [Code("openai_client"), self._ids[thread.id], assistant]
        self._assign(name, Invoke(function, arguments, known | settings))

    def _after(self, run: Run, name: str, *, follows: bool) -> None:
        """Say what must have come of a run."""
        where = {"thread_id": Code(f"{name}.thread_id")}
        status = status_to_reach(run)
        if status in CANCELLED or (follows and status not in TERMINAL):
            if status not in CANCELLED:
                self._note("How it ended is not in the session, which goes on: it is cancelled.")
            self._do(Invoke("openai_client.beta.threads.runs.cancel", [Code(f"{name}.id")], where))
            status = "cancelled"
        if status in {"cancelled", "expired"}:
            self._do(Invoke("simulator.clock.advance", [MOMENT if status == "cancelled" else LIFETIME]))
            self._assign(name, Invoke("openai_client.beta.threads.runs.retrieve", [Code(f"{name}.id")], where))
        if status in TERMINAL | {ASKED}:
            self._expect(f"{name}.status", status)
        else:
            self._note("How it ended is not in the session.")
        self._stays_active |= status not in TERMINAL
        self._expect_said(run, name)

    def _run_from_before(self, thread: Thread, run: Run) -> None:
        """Place a run; one that waited for outputs when the session began is answered, any other is only read."""
        goes_on = run.first.get("status") == ASKED and run.status not in {ASKED, "unknown"}
        shown = run.first if goes_on else run.shown
        if not shown:
            self._note(f"Nothing but steps or messages of the run {run.id} is in the session.")
            return
        self._put("runs", _placed(shown, self._ids.get(thread.id, thread.id)))
        name = self._name("run")
        where = {"thread_id": self._ids[thread.id]}
        if goes_on:
            self._script(turns_of(_without_first_round(run)))
        else:
            for message in run.messages:
                self._put_said(thread, run, message)
        self._assign(name, Invoke("openai_client.beta.threads.runs.retrieve", [run.id], where))
        if goes_on:
            self._helpers.add("submit_to_end")
            self._assign(name, Invoke("submit_to_end", [Code("openai_client"), Code(name), _outputs(run)]))
        self._expect(f"{name}.status", run.status)
        self._stays_active |= run.status not in TERMINAL
        self._expect_said(run, name)

    def _put_said(self, thread: Thread, run: Run, message: Message) -> None:
        content = message_content(message)
        if content is not None:
            where = {"thread_id": self._ids[thread.id], "run_id": run.id, "role": "assistant"}
            self._put("messages", {**where, "content": content})

    def _expect_said(self, run: Run, name: str) -> None:
        said = [_said(message) for message in run.messages if message.content is not None]
        if said:
            self._helpers.add("said")
            self._expect(f"said(openai_client, {name})", said)
        elif status_to_reach(run) == "completed":
            self._note("What it said is not in the session.")

    # Statements.

    def _put(self, collection: str, item: dict[str, Any]) -> None:
        self._do(Invoke("simulator.put", [collection, item]))

    def _script(self, turns: Sequence[Node]) -> None:
        self._imports |= names_in(turns)
        self._do(Invoke("simulator.script", turns))

    def _expect(self, what: str, value: Node) -> None:
        self._body += statement(f"assert {what} == ", value, _INDENT)

    def _do(self, value: Node) -> None:
        self._body += statement("", value, _INDENT)

    def _assign(self, name: str, value: Node) -> None:
        self._body += statement(f"{name} = ", value, _INDENT)

    def _note(self, text: str) -> None:
        self._body.append(f"{' ' * _INDENT}# {text}")

    def _name(self, kind: str) -> str:
        self._names[kind] += 1
        return kind if self._names[kind] == 1 else f"{kind}_{self._names[kind]}"


def _signature(name: str) -> list[str]:
    line = f"def {name}(simulator, openai_client):"
    return [line] if len(line) <= WIDTH else [f"def {name}(", "    simulator, openai_client", "):"]


def _outputs(run: Run) -> list[Node]:
    """Return the outputs in order; where a run completed and one is not shown, nothing was said."""
    functions = [call for call in run.calls if call.kind == FUNCTION]
    given = [call.output for call in functions]
    if run.unanswered:
        return [one for one in given if one is not None]
    return [one or "" for one in given]


def _placed(shown: Any, thread_id: Node) -> dict[str, Any]:
    known = {name: shown.get(name) for name in ("id", "assistant_id", "status", "required_action", "last_error")}
    kept = {name: value for name, value in known.items() if value is not None}
    return {**kept, "thread_id": thread_id}


def _without_first_round(run: Run) -> Run:
    acts = run.acts[1:] if run.acts and not isinstance(run.acts[0], Message) else run.acts
    return Run(id=run.id, thread_id=run.thread_id, statuses=run.statuses, shown=run.shown, first=run.first, acts=acts)


def _said(message: Message) -> str:
    texts = [part.get("text") for part in message.content or () if part.get("type") == "text"]
    return "".join(str(one.get("value", "")) if isinstance(one, dict) else str(one) for one in texts)


def _plain(text: str) -> str:
    """Return a text that can stand in a docstring."""
    kept = "".join(one if one.isprintable() else " " for one in text)
    return kept.replace("\\", "/").replace('"""', "'''")[:70]
