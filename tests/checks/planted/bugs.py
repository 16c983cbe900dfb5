"""Run loops that are broken one way each, with the invariants that may be what is found of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import openai

from ..loops.asynchronous import Asynchronous
from ..loops.careful import Careful, RunEnded
from ..loops.streaming import TERMINAL, Streaming

PLANTED = {}


def planted(*names):
    """Note a loop, and what may be found of it."""

    def note(loop):
        PLANTED[loop.__name__] = (loop, frozenset(names))
        return loop

    return note


# How it ends.


@planted("the_loop_ends")
class ForgetsIncomplete(Careful):
    def goes_on(self, run):
        return run.status not in ("completed", "failed", "cancelled", "expired")


@planted("the_loop_ends")
class ForgetsFailed(Careful):
    def goes_on(self, run):
        return run.status not in ("completed", "incomplete", "cancelled", "expired")


@planted("the_loop_ends")
class ForgetsExpired(Careful):
    def followed(self, run):
        while run.status not in ("completed", "failed", "cancelled", "incomplete"):
            if run.status == "requires_action":
                run = self.answered(run)
            else:
                self.pause()
                run = self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run


@planted("the_loop_ends")
class WaitsForCompleted(Careful):
    def goes_on(self, run):
        return run.status != "completed"


@planted("nothing_is_asked_after_the_end")
class PollsAfterTheEnd(Careful):
    def followed(self, run):
        run = super().followed(run)
        for _ in range(3):
            run = self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run


@planted("nothing_is_asked_after_the_end")
class CancelsWhatHasEnded(Careful):
    def check(self, run):
        self.give_up(run)
        super().check(run)


# Calls.


@planted("every_call_is_answered_once")
class AnswersTheFirstCall(Careful):
    def outputs(self, calls):
        return super().outputs(calls[:1])


@planted("outputs_go_to_their_own_calls")
class SwapsTheIds(Careful):
    def outputs(self, calls):
        outputs = super().outputs(calls)
        return [{**one, "output": other["output"]} for one, other in zip(outputs, reversed(outputs), strict=True)]


@planted("every_call_is_answered_once")
class SubmitsOneByOne(Careful):
    def answered(self, run):
        for output in self.outputs(run.required_action.submit_tool_outputs.tool_calls):
            run = self.submit(run, [output])
        return run


@planted("every_call_is_answered_once")
class DropsWhatFailed(Careful):
    def outputs(self, calls):
        return [one for one in super().outputs(calls) if not one["output"].startswith('{"error"')]


@planted("every_call_is_answered_once", "errors_are_meant", "the_thread_stays_usable")
class BreaksOnBadArguments(Careful):
    def output(self, call):
        arguments = json.loads(call.function.arguments)
        return super().output(call) if isinstance(arguments, dict) else "{}"

    def give_up(self, run):
        pass


@planted("errors_are_meant")
class TrustsTheNames(Careful):
    def output(self, call):
        self.functions[call.function.name]
        return super().output(call)


@planted("errors_are_meant")
class TrustsTheArguments(Careful):
    def output(self, call):
        result = self.functions[call.function.name](**json.loads(call.function.arguments))
        return json.dumps(result)


@planted("handlers_run_once")
class RunsHandlersAgain(Careful):
    """Where a submit fails, it begins with the functions."""

    def answered(self, run):
        try:
            return super().answered(run)
        except openai.APIError:
            return super().answered(run)


@planted("every_call_is_answered_once")
class SubmitsTwice(Careful):
    def answered(self, run):
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = self.outputs(calls)
        self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        return self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)


@planted("handlers_run_once")
class RunsDuplicatesTwice(Careful):
    """It computes the outputs once to log them, and once to send them."""

    def outputs(self, calls):
        super().outputs(calls)
        return super().outputs(calls)


# The thread.


@planted("no_post_into_a_locked_thread", "the_thread_stays_usable")
class LeavesWhatItGivesUp(Careful):
    """It has a limit, and neither cancels nor waits."""

    def followed(self, run):
        begun = time.monotonic()
        while self.goes_on(run):
            if time.monotonic() - begun > 30:
                raise TimeoutError(run.id)
            if run.status == "requires_action":
                run = self.answered(run)
            else:
                self.pause()
                run = self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def give_up(self, run):
        pass

    def patiently(self, attempt):
        return attempt()


@planted("the_thread_stays_usable", "every_call_is_answered_once", "no_post_into_a_locked_thread")
class LeavesUnknownCalls(Careful):
    """It reports what nobody declared, and leaves the run to wait for it."""

    def outputs(self, calls):
        for call in calls:
            if call.function.name not in self.functions:
                raise RunEnded(f"no function {call.function.name}")
        return super().outputs(calls)

    def give_up(self, run):
        pass

    def patiently(self, attempt):
        return attempt()


@planted("no_refusal_is_swallowed", "no_post_into_a_locked_thread", "the_reply_is_of_this_run")
class SwallowsRefusals(Careful):
    def say(self, thread_id, text):
        with contextlib.suppress(openai.BadRequestError):
            super().say(thread_id, text)


# Requests.


@planted("no_busy_loop")
class PollsWithoutPause(Careful):
    def pause(self):
        pass


@planted("polls_are_not_too_frequent")
class PollsTooOften(Careful):
    def pause(self):
        time.sleep(0.02)


@planted("retries_are_bounded", "the_loop_ends")
class TriesForEver(Careful):
    def say(self, thread_id, text):
        while True:
            try:
                return super().say(thread_id, text)
            except openai.InternalServerError:
                time.sleep(2)


# The reply.


@planted("the_reply_is_of_this_run", "an_answer_reaches_the_user")
class ReadsTheNewestMessage(Careful):
    def reply_of(self, run):
        newest = self.client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
        return "\n".join(map(self.text_of, newest.content))


@planted("the_reply_is_of_this_run")
class ReadsTheWholeThread(Careful):
    def reply_of(self, run):
        page = self.client.beta.threads.messages.list(run.thread_id, order="asc")
        parts = [part for message in page.data if message.role == "assistant" for part in message.content]
        return "\n".join(map(self.text_of, parts))


@planted("failure_is_reported")
class ReturnsNothingOnFailure(Careful):
    def check(self, run):
        pass

    def reply_of(self, run):
        return super().reply_of(run) if run.status == "completed" else ""


@planted("failure_is_reported")
class ReturnsHalfAnAnswer(Careful):
    def check(self, run):
        pass


@planted("errors_are_meant", "an_answer_reaches_the_user")
class TrustsTheContent(Careful):
    def reply_of(self, run):
        page = self.client.beta.threads.messages.list(run.thread_id, run_id=run.id)
        return page.data[0].content[0].text.value


@planted("an_answer_reaches_the_user")
class ReadsTheFirstPartOnly(Careful):
    def reply_of(self, run):
        page = self.client.beta.threads.messages.list(run.thread_id, run_id=run.id)
        parts = page.data[0].content if page.data else []
        return self.text_of(parts[0]) if parts else ""


@planted("an_answer_reaches_the_user")
class DropsRefusals(Careful):
    def text_of(self, part):
        return part.text.value if part.type == "text" else ""


@planted("the_reply_is_of_this_run", "an_answer_reaches_the_user", "failure_is_reported")
class MixesUpTheUsers(Careful):
    """It keeps one thread for all."""

    def __call__(self, user_id, text):
        return super().__call__("everybody", text)

    def reply_of(self, run):
        page = self.client.beta.threads.messages.list(run.thread_id, order="asc")
        return "\n".join(self.text_of(part) for message in page.data for part in message.content)


# Streams.


@planted("failure_is_reported")
class StreamsWithoutAnEnd(Streaming):
    """It takes the text as it comes, and does not look how the run ended."""

    def check(self, run):
        pass


@planted("failure_is_reported", "an_answer_reaches_the_user")
class BelievesAStream(Streaming):
    """A stream that breaks off counts as a whole one."""

    def followed(self, run):
        while run.status == "requires_action":
            run = self.answered(run)
        return run

    def check(self, run):
        if run.status in ("failed", "cancelled", "expired", "incomplete"):
            raise RunEnded(run.status)


@planted("handlers_run_once", "every_call_is_answered_once")
class AnswersAStaleRun(Streaming):
    """Where the second stream breaks off, it goes on with the run as the first had left it."""

    def submit(self, run, outputs):
        stream = self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs, stream=True)
        events = []
        with contextlib.suppress(Exception):
            events.extend(stream)
        ended = [one.data for one in events if one.event.startswith("thread.run.") and ".step." not in one.event]
        return ended[-1] if ended and ended[-1].status in TERMINAL else run


# Asyncio.


@planted("the_event_loop_is_not_blocked")
class SleepsInTheLoop(Asynchronous):
    async def pause(self):
        time.sleep(1)  # noqa: ASYNC251  # on purpose


@planted("the_event_loop_is_not_blocked")
class AsksInTheLoop(Asynchronous):
    """An async loop with a client that is not."""

    async def reply_of(self, run):
        page = openai.OpenAI().beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        return "\n".join(Careful.text_of(self, part) for message in page.data for part in message.content)


@planted("no_busy_loop")
class PollsInTheLoop(Asynchronous):
    async def pause(self):
        await asyncio.sleep(0)
