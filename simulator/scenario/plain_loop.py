"""The run loop that plays a scenario where no app is named: the plain one that everybody writes, with care.

It knows nothing of the simulator: it has a client as people build theirs, polls or reads streams, answers the calls
with what the scenario says its functions return, and reports a run that did not complete. Each kind of care is a method
of its own, so that a loop without it is a subclass of three lines: `tests/scenario/careless.py` has them, for each
entry of the menu of faults.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..transport.clients import plain_client
from .durations import seconds_of
from .plain_replies import annotations_of, markers_of, readable, text_of
from .plain_requests import Functions, attachable, configuration, result_of, returned, text_of_output, ways_of
from .plain_stream import Heard
from .schema import Loop, Scenario, Step

if TYPE_CHECKING:
    import openai

# How long nothing may come of a request; the SDK waits for 600 s, in which a run that asks has expired.
SILENCE_SECONDS = 60.0
POLL_SECONDS = 1.0
# Who has waited for long may wait for a tenth of that more.
PAUSE_SHARE = 0.1
# A run lives for 600 s; a lock that outlives it is waited for as long again.
PATIENCE_SECONDS = 1_300.0
# How often something is tried; the pause before the second time, doubled before each further one.
ATTEMPTS, PAUSE_SECONDS = 5, 0.5
_AT_WORK = ("queued", "in_progress", "cancelling")
_LOCKED = ("while a run", "already has an active run")
# The SDK's own list (`_should_retry`): what may go well the next time.
_PASSING = (408, 409, 429)
# Metadata by which a message or run is found again whose answer was lost.
_MARK = "step"


class RunEnded(Exception):
    """A run did not complete; the text says how it ended."""


class PlainLoop:
    """`converse` of a scenario: one assistant, a thread for each user."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._functions = Functions(scenario.tools)
        self._threads: dict[str, str] = {}
        self._assistant: str | None = None
        self._client: openai.OpenAI | None = None
        self._step: Step | None = None
        self._attached: Sequence[str] = ()
        self._marks = 0
        self._heard = Heard()

    def prepare(self, step: Step, file_ids: Sequence[str]) -> None:
        """Hear of the step that comes next what is not said: what was said before, files, how to go about it."""
        self._step, self._attached = step, file_ids

    def __call__(self, user_id: str, text: str) -> str:
        """Send a message, see its run through, and return the reply.

        Raises:
            RunEnded: the run did not complete.
        """
        client = self._connected()
        thread_id = self._thread_of(client, user_id)
        for said in self._step.history if self._step else ():
            self._say(client, thread_id, *said.role_and_text)
        self._say(client, thread_id, "user", text, self._attached)
        run = self._followed(client, self._started(client, thread_id))
        self._check(run)
        return self._reply_of(client, run)

    @property
    def _ways(self) -> Loop:
        return ways_of(self._scenario, self._step)

    def _connected(self) -> openai.OpenAI:
        if self._client is None:
            self._client = self._new_client()
            self._assistant = self._client.beta.assistants.create(**configuration(self._scenario)).id
        return self._client

    def _new_client(self) -> openai.OpenAI:
        header = self._scenario.assistants.header
        client = plain_client(headers={} if header is None else {"OpenAI-Beta": header})
        return client.with_options(timeout=SILENCE_SECONDS)

    def _thread_of(self, client: openai.OpenAI, user_id: str) -> str:
        if user_id not in self._threads:
            self._threads[user_id] = client.beta.threads.create().id
        return self._threads[user_id]

    # Messages and runs are made once, whatever becomes of the answer.

    def _say(self, client: openai.OpenAI, thread_id: str, role: Any, text: str, file_ids: Sequence[str] = ()) -> None:
        mark = self._next_mark()
        attached: Any = [{"file_id": id, "tools": attachable(self._scenario)} for id in file_ids]
        more: Any = {"attachments": attached} if attached else {}
        messages = client.beta.threads.messages
        careful = client.with_options(max_retries=0).beta.threads.messages
        self._made(
            client,
            thread_id,
            lambda: careful.create(thread_id, role=role, content=text, metadata=mark, **more),
            lambda: self._marked(messages.list(thread_id, limit=1).data, mark),
        )

    def _started(self, client: openai.OpenAI, thread_id: str) -> Any:
        import openai

        mark = self._next_mark()
        runs, careful = client.beta.threads.runs, client.with_options(max_retries=0).beta.threads.runs
        self._heard = Heard()
        what: Any = {"assistant_id": str(self._assistant), "metadata": mark}

        def find() -> Any:
            return self._marked(runs.list(thread_id, limit=1).data, mark)

        if not self._ways.stream:
            return self._made(client, thread_id, lambda: careful.create(thread_id, **what), find)
        stream = self._made(client, thread_id, lambda: careful.create(thread_id, stream=True, **what), find)
        shown = self._watched(stream) if isinstance(stream, openai.Stream) else stream
        return shown or find()

    def _next_mark(self) -> dict[str, str]:
        self._marks += 1
        return {_MARK: str(self._marks)}

    def _marked(self, newest: Sequence[Any], mark: Mapping[str, str]) -> Any:
        """Return the newest of its kind if it has our mark."""
        return next((one for one in newest if one.metadata == mark), None)

    def _made(self, client: openai.OpenAI, thread_id: str, attempt: Callable[[], Any], find: Callable[[], Any]) -> Any:
        """Make something; where its answer is lost, look whether it is there before it is made again."""
        for number in range(1, ATTEMPTS + 1):
            try:
                return self._patiently(client, thread_id, attempt)
            except Exception as error:
                if number == ATTEMPTS or not self._may_pass(error):
                    raise
                time.sleep(_pause_after(error, number))
            made = find()
            if made is not None:
                return made
        raise AssertionError("The last attempt returns or raises.")

    def _may_pass(self, error: Exception) -> bool:
        """Tell whether the same request may go well the next time."""
        import openai

        if isinstance(error, openai.APIStatusError):
            return error.status_code in _PASSING or error.status_code >= 500  # the service's own faults
        return isinstance(error, openai.APIConnectionError)

    def _patiently(self, client: openai.OpenAI, thread_id: str, attempt: Callable[[], Any]) -> Any:
        """Try again while the thread is locked."""
        import openai

        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return attempt()
            except openai.BadRequestError as error:
                if not any(text in str(error) for text in _LOCKED) or time.monotonic() > deadline:
                    raise
                self._cancel_orphan(client, thread_id)
                time.sleep(POLL_SECONDS)

    def _cancel_orphan(self, client: openai.OpenAI, thread_id: str) -> None:
        """Cancel a run that waits for outputs: it is not ours, and nobody else will answer it."""
        for run in client.beta.threads.runs.list(thread_id, limit=1).data:
            if run.status == "requires_action":
                self._cancel(client, run)

    # A run is followed to its end.

    def _followed(self, client: openai.OpenAI, run: Any) -> Any:
        """Poll a run until it has ended, and answer its calls; cancel it where that takes too long."""
        ways, rounds = self._ways, 0
        patience = PATIENCE_SECONDS if ways.patience is None else seconds_of(ways.patience)
        deadline = time.monotonic() + patience
        while not self._is_over(run):
            asked = run.status == "requires_action"
            if time.monotonic() >= deadline or (asked and rounds >= ways.rounds):
                return self._given_up(client, run)
            rounds += asked
            run = self._answered(client, run) if asked else self._polled(client, run)
        return run

    def _is_over(self, run: Any) -> bool:
        return run.status not in (*_AT_WORK, "requires_action")

    def _polled(self, client: openai.OpenAI, run: Any) -> Any:
        """Ask again after a while; what may pass is not the end, and the run is as it was."""
        time.sleep(max(POLL_SECONDS, PAUSE_SHARE * (time.time() - run.created_at)))
        try:
            return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        except Exception as error:
            if not self._may_pass(error):
                raise
            return run

    def _given_up(self, client: openai.OpenAI, run: Any) -> Any:
        """Cancel a run, and wait until it has ended: until then its thread is locked."""
        run = self._cancel(client, run)
        while not self._is_over(run):
            run = self._polled(client, run)
        return run

    def _cancel(self, client: openai.OpenAI, run: Any) -> Any:
        """Cancel a run; one that ended before, or is being cancelled, is as it is."""
        import openai

        runs = client.beta.threads.runs
        try:
            return runs.cancel(run.id, thread_id=run.thread_id)
        except openai.BadRequestError as error:
            if "Cannot cancel run" not in str(error):
                raise
            return runs.retrieve(run.id, thread_id=run.thread_id)

    # Calls are answered, all of them.

    def _answered(self, client: openai.OpenAI, run: Any) -> Any:
        """Submit the outputs; a refusal because they came already, or too late, is not the end: the run tells."""
        import openai

        runs = client.beta.threads.runs
        where: Any = {"thread_id": run.thread_id, "tool_outputs": self._outputs(run)}
        shown = None
        try:
            if not self._ways.stream:
                return runs.submit_tool_outputs(run.id, **where)
            shown = self._watched(runs.submit_tool_outputs(run.id, stream=True, **where))
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
        return shown or runs.retrieve(run.id, thread_id=run.thread_id)

    def _outputs(self, run: Any) -> Sequence[Mapping[str, str]]:
        return [self._output(call) for call in run.required_action.submit_tool_outputs.tool_calls]

    def _output(self, call: Any) -> Mapping[str, str]:
        return {"tool_call_id": call.id, "output": text_of_output(self._result(call.function))}

    def _result(self, call: Any) -> Any:
        """Return what a function returns. What is wrong with a call is told to the model, which may mend it."""
        return result_of(self._functions, call.name, call.arguments, self._returned)

    def _returned(self, name: str, arguments: dict[str, Any]) -> Any:
        return returned(self._functions, name, arguments)

    # What was said.

    def _watched(self, stream: Any) -> Any:
        """Read a stream as far as it goes, and return the run as it was last shown; None: it was not."""
        self._heard.read(stream)
        return self._heard.run

    def _check(self, run: Any) -> None:
        if run.status != "completed":
            raise RunEnded(_how_it_ended(run))

    def _reply_of(self, client: openai.OpenAI, run: Any) -> str:
        """Return the texts that this run wrote, and no other run; empty where it wrote none."""
        if self._heard.is_whole:
            return "\n".join(self._readable(client, *said) for said in self._heard.said)
        messages = client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc", limit=100)
        parts = [(text_of(part), annotations_of(part)) for message in messages for part in message.content]
        return "\n".join(self._readable(client, text, notes) for text, notes in parts if text is not None)

    def _readable(self, client: openai.OpenAI, text: str, annotations: Sequence[Any]) -> str:
        return readable(text, markers_of(annotations))


def _pause_after(error: Exception, number: int) -> float:
    """Return how long to wait before the next attempt: as long as the service asks for, where it does."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    asked = headers.get("retry-after", "")
    return float(asked) if asked.replace(".", "", 1).isdigit() else PAUSE_SECONDS * 2 ** (number - 1)


def _how_it_ended(run: Any) -> str:
    if run.last_error is not None:
        return f"The run ended as {run.status}: {run.last_error.code}: {run.last_error.message}"
    details = getattr(run, "incomplete_details", None)
    return f"The run ended as {run.status}{'' if details is None else f': {details.reason}'}."
