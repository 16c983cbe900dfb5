"""A recorded session as a scenario: users, tools, the model's answers, waits, faults, and what came of it.

The conversation is kept, not its requests. What a scenario has no word for is told in a comment of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import CassetteError
from ..recording import safe_yaml
from ..recording.cassette import Cassette
from ..recording.examining.conversation import Conversation, Message, Run, Thread
from ..recording.examining.distilled_requests import assistant_settings, run_settings
from ..recording.examining.distilled_turns import status_to_reach
from ..recording.examining.gathering import conversation_of
from ..recording.examining.operations import operation_of
from . import distilled_runs
from .distilled_tools import tools_of
from .schema import DEFAULT_USER, Assistant

NOTHING_SAID = "(the session shows no message)"
BEFORE = -1  # the place of what was there when the session began
# Shorter waits say nothing; the loop has its own pauses.
TELLING_WAIT = 60
# What may pass, and how often the plain loop meets it without giving up, by request.
PASSING = frozenset({408, 409, 429, 500, 502, 503, 504})
MOST_FAULTS: Mapping[str, int] = {
    "messages.create": 4,
    "runs.create": 4,
    "runs.retrieve": 50,
    "runs.submit_tool_outputs": 2,
}
_BEGIN_A_RUN = ("messages.create", "runs.create")
_OF_THE_ASSISTANT = ("model", "name", "instructions", "response_format")
_TIMES = ("completed_at", "failed_at", "cancelled_at", "expires_at", "started_at", "created_at")


def distill_scenario(cassette: Cassette) -> str:
    """Return the text of a scenario of the conversation in a session; the plain run loop passes it.

    Raises:
        CassetteError: it holds no run of the Assistants API.
    """
    conversation = conversation_of(cassette)
    runs = sorted(filter(_is_played, conversation.runs), key=_place)
    if not runs:
        raise CassetteError(f"{cassette.path}: no run of the Assistants API is in this session.")
    return _Distiller(cassette, conversation, runs).text()


def _is_played(run: Run) -> bool:
    """Tell whether a run is a step: one that only its messages tell of was before, and they are what was said then."""
    return run.first.get("object") != "response" and (run.made_at is not None or bool(run.statuses))


def _place(run: Run) -> int:
    return BEFORE if run.made_at is None else run.made_at


class _Distiller:
    """Writes one scenario, run by run."""

    def __init__(self, cassette: Cassette, conversation: Conversation, runs: Sequence[Run]) -> None:
        self._cassette, self._conversation, self._runs = cassette, conversation, runs
        self._notes: list[str] = []
        self._own = _common([run_settings(run) for run in runs])
        self._faults = self._faults_by_run()

    def text(self) -> str:
        assistant = self._assistant()
        tools = tools_of(self._conversation, self._runs, self._note)
        scenario = {
            "scenario": f"As recorded: {self._name}",
            "about": self._about(),
            "assistant": assistant,
            **({"tools": tools} if tools else {}),
            "conversation": list(self._steps()),
        }
        return "".join([*self._comments(), safe_yaml.dump(scenario)])

    @property
    def _name(self) -> str:
        return Path(self._cassette.path or "a session").stem

    def _about(self) -> str:
        head = self._cassette.head
        known = ", ".join(filter(None, [head.recorded_at and head.recorded_at[:10], head.sdk]))
        return f"{f'Recorded {known}. ' if known else ''}Written by assistants-simulator distill."

    def _comments(self) -> Iterator[str]:
        if self._notes:
            yield "# What this file does not say:\n"
            yield from (f"# - {' '.join(note.split())}\n" for note in dict.fromkeys(self._notes))

    def _note(self, text: str) -> None:
        self._notes.append(text)

    def _assistant(self) -> dict[str, Any]:
        """Return the assistant of the first run; the loop has one."""
        ids = list(dict.fromkeys(str(run.shown.get("assistant_id")) for run in self._runs))
        if len(ids) > 1:
            self._note(f"Runs of {len(ids)} assistants: the loop has one, that of the first.")
        known = {one.id: one for one in self._conversation.assistants}
        settings = (assistant_settings(known[ids[0]]) if ids[0] in known else {}) | self._own
        kept = {name: settings[name] for name in _OF_THE_ASSISTANT if name in settings}
        for name in settings.keys() - {*_OF_THE_ASSISTANT, "tools"}:
            self._note(f"The {name} of the assistant.")
        kinds = {str(one.get("type")) for one in settings.get("tools", ())}
        kinds |= {call.kind.replace("retrieval", "file_search") for run in self._runs for call in run.calls}
        return {"model": Assistant().model} | kept | {kind: True for kind in _BUILT_IN if kind in kinds}

    # Steps.

    def _steps(self) -> Iterator[dict[str, Any]]:
        said = {thread.id: _before_each_run(thread) for thread in self._conversation.threads}
        users = {id: number for number, id in enumerate(dict.fromkeys(run.thread_id for run in self._runs), start=1)}
        before: Run | None = None
        for number, run in enumerate(self._runs, start=1):
            wait = 0 if before is None else _first_time(run) - _last_time(before)
            if before is not None and wait >= TELLING_WAIT:
                yield {"wait": f"{wait} seconds"}
            yield self._step(number, run, said[run.thread_id][run.id], users[run.thread_id])
            before = run

    def _step(self, number: int, run: Run, messages: Sequence[Message], user: int) -> dict[str, Any]:
        where = f"Run {number}"
        history, text = self._heard(where, messages)
        if run.made_at is None:
            self._note(f"{where}: that it began before the session.")
        for name in run_settings(run).keys() - self._own.keys() - {"tools"}:
            self._note(f"{where}: its own {name}.")
        if status_to_reach(run) in {"queued", "in_progress", "unknown", distilled_runs.ASKED}:
            self._note(f"{where}: how it ended is not in the session; the loop gives it up.")
        if not run.messages and status_to_reach(run) == "completed":
            self._note(f"{where}: whether it wrote something; the session shows nothing.")
        loop = distilled_runs.loop_of(run)
        faults = [*self._faults.get(run.id, ()), *distilled_runs.fault_of(run)]
        return {
            "user": text,
            **({"from": f"{DEFAULT_USER}_{user}"} if user > 1 else {}),
            **({"history": history} if history else {}),
            **({"loop": loop} if loop else {}),
            "model": distilled_runs.turns_as_json(run),
            **({"faults": faults} if faults else {}),
            "expect": distilled_runs.expected_of(run),
        }

    def _heard(self, where: str, messages: Sequence[Message]) -> tuple[list[dict[str, str]], str]:
        """Return what was said before, and what the user says now."""
        said: list[tuple[str, str]] = []
        for message in messages:
            texts = distilled_runs.texts_of(message)
            if len(texts) < len(message.content or ()) or message.extras:
                self._note(f"{where}: images or files of a message.")
            if text := "\n".join(texts):
                said.append(("assistant" if message.role == "assistant" else "user", text))
        last = next((place for place in reversed(range(len(said))) if said[place][0] == "user"), None)
        if last is None:
            self._note(f"{where}: what the user said; the session shows no message.")
            return [{role: text} for role, text in said], NOTHING_SAID
        if last < len(said) - 1:
            self._note(f"{where}: that the assistant's message came after the user's.")
        return [{role: text} for role, text in said[:last] + said[last + 1 :]], said[last][1]

    # Faults.

    def _faults_by_run(self) -> dict[str, list[dict[str, Any]]]:
        """Return the errors that may pass, with the run that met them; of all others a note is made."""
        met: dict[str, Counter[tuple[str, int, str]]] = {}
        for refused in self._conversation.refused:
            operation = operation_of(self._cassette.interactions[refused.made_at].request).name
            operation = operation.replace("threads.create_and_run", "runs.create")
            run = self._run_at(refused.made_at, operation)
            if run is not None and refused.status in PASSING and _is_met(run, operation):
                met.setdefault(run.id, Counter())[operation, refused.status, refused.message] += 1
            else:
                self._note(f"That {refused.label} was answered {refused.status}.")
        return {id: list(self._planned(faults)) for id, faults in met.items()}

    def _run_at(self, place: int, operation: str) -> Run | None:
        """Return the run that a request began, or was about."""
        if operation in _BEGIN_A_RUN:
            return next((run for run in self._runs if _place(run) >= place), None)
        return next((run for run in reversed(self._runs) if _place(run) < place), None)

    def _planned(self, met: Mapping[tuple[str, int, str], int]) -> Iterator[dict[str, Any]]:
        left = dict(MOST_FAULTS)
        for (operation, status, message), count in met.items():
            times = min(count, left[operation])
            left[operation] -= times
            if times < count:
                self._note(f"That {operation} was answered {status} {count - times} times more.")
            if times:
                said = {"message": message} if message else {}
                yield {"http_error": status, "on": operation, **said, **({"times": times} if times > 1 else {})}


def _common(settings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all runs say of the assistant alike: it goes over what the assistant itself says."""
    first = settings[0]
    return {
        name: first[name]
        for name in _OF_THE_ASSISTANT
        if name in first and all(one.get(name) == first[name] for one in settings)
    }


_BUILT_IN = ("code_interpreter", "file_search")


def _before_each_run(thread: Thread) -> dict[str, list[Message]]:
    """Return what was said between one run and the next; what runs wrote before the session was said, too."""
    found: dict[str, list[Message]] = {}
    said: list[Message] = []
    for entry in thread.entries():
        if isinstance(entry, Message):
            said.append(entry)
        elif not _is_played(entry):
            said += entry.messages
        else:
            found[entry.id], said = said, []
    return found


def _is_met(run: Run, operation: str) -> bool:
    """Tell whether the loop, playing a run, makes such a request: it polls no stream, and submits only when asked."""
    if operation == "runs.retrieve":
        return not run.streamed
    if operation == "runs.submit_tool_outputs":
        return bool(distilled_runs.rounds_of(run))
    return operation in MOST_FAULTS


def _first_time(run: Run) -> int:
    return int(run.first.get("created_at") or run.shown.get("created_at") or 0)


def _last_time(run: Run) -> int:
    times = (run.shown.get(name) for name in _TIMES)
    return int(next((one for one in times if isinstance(one, int)), 0)) or 1 << 60
