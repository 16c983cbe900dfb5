"""What the battery finds in loops as libraries have them, and what it does not hold against them.

Each was found in a published library (`docs/cards.md`); here is the same, small.
"""

from __future__ import annotations

import time

import openai
import pytest

from simulator.checks.battery import Battery
from simulator.checks.driving import certificates_read_once
from simulator.checks.hazards import BY_ID
from simulator.checks.verdicts import Outcome
from tests.checks.loops.careful import Careful, RunEnded, functions


@pytest.fixture(autouse=True, scope="module")
def _clients_are_made_fast():
    with certificates_read_once():
        yield


class ReturnsTheNewestMessage(Careful):
    """Knows `failed` only, and returns the newest message of the thread: the question, where a run said nothing."""

    def check(self, run):
        if run.status == "failed":
            raise RunEnded(run.id)

    def reply_of(self, run):
        messages = self.client.beta.threads.messages.list(run.thread_id, limit=1)
        return messages.data[0].content[0].text.value


class ReturnsWhatThereIs(Careful):
    """Takes the end of a run at its limit for its end."""

    def check(self, run):
        if run.status not in ("completed", "incomplete"):
            raise RunEnded(run.id)


class SpeaksVersion1(ReturnsWhatThereIs):
    """Is shown `completed` where a run is incomplete: version 1 of the API knows no such end."""

    def __init__(self, functions):
        def first_version(request):
            request.headers["OpenAI-Beta"] = "assistants=v1"

        self.functions, self.threads = functions, {}
        self.client = openai.OpenAI(http_client=openai.DefaultHttpxClient(event_hooks={"request": [first_version]}))
        self.assistant_id = self.client.beta.assistants.create(model="gpt-4-turbo").id


class RemembersTheOldRun(Careful):
    """Answers first what the last run that it knows asked for, though that has expired."""

    asked = None

    def say(self, thread_id, text):
        if self.asked is not None:
            self.answered(self.asked)
        super().say(thread_id, text)

    def answered(self, run):
        self.asked = run
        done = super().answered(run)
        self.asked = None
        return done

    def submit(self, run, outputs):
        return self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)


class PollsTenTimesASecond(Careful):
    def pause(self):
        time.sleep(0.1)


class BeginsWithCreateAndRun(Careful):
    """The first message makes the thread and the run at once; those that follow are posted."""

    def __call__(self, user_id, text):
        if user_id in self.threads:
            return super().__call__(user_id, text)
        thread = {"messages": [{"role": "user", "content": text}]}
        run = self.client.beta.threads.create_and_run(assistant_id=self.assistant_id, thread=thread)
        self.threads[user_id] = run.thread_id
        run = self.followed(run)
        self.check(run)
        return self.reply_of(run)


class StopsAfterThirtyRounds(Careful):
    rounds = 0

    def answered(self, run):
        self.rounds += 1
        if self.rounds > 30:
            self.give_up(run)
            raise RunEnded("too many rounds")
        return super().answered(run)


def result_of(loop, hazard):
    (result,) = Battery(lambda: loop(functions())).play([BY_ID[hazard]])
    return result


@pytest.mark.parametrize(
    "loop, hazard, invariant, told",
    [
        (ReturnsTheNewestMessage, "stuck-in-queue", "failure_is_reported", "is expired, and the reply is 'Hello?'"),
        (ReturnsWhatThereIs, "incomplete", "half_an_answer_is_told_as_half", "the reply is what it had said"),
        (RemembersTheOldRun, "expired-during-tools", "the_thread_stays_usable", "runs.submit_tool_outputs is refused"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_what_a_library_does_is_found(loop, hazard, invariant, told):
    result = result_of(loop, hazard)
    assert result.outcome == Outcome.MISBEHAVED
    assert [one.text for one in result.findings if one.invariant.__name__ == invariant and told in one.text] != []
    assert result_of(Careful, hazard).outcome == Outcome.SURVIVED


def test_ten_polls_a_second_are_not_held_against_a_loop():
    assert result_of(PollsTenTimesASecond, "polled-without-pause").outcome == Outcome.SURVIVED


@pytest.mark.parametrize("hazard", ["server-error", "conflict", "slow-run"])
def test_a_fault_meets_a_loop_that_begins_otherwise(hazard):
    result = result_of(BeginsWithCreateAndRun, hazard)
    assert result.outcome == Outcome.SURVIVED
    assert result.verdict.driven.struck != {}


def test_an_end_that_the_service_shows_as_another_is_not_held_against_a_loop():
    assert result_of(SpeaksVersion1, "incomplete").outcome == Outcome.SURVIVED


def test_thirty_rounds_are_a_limit():
    assert result_of(StopsAfterThirtyRounds, "calls-without-end").outcome == Outcome.SURVIVED
    assert result_of(Careful, "calls-without-end").outcome == Outcome.MISBEHAVED


def test_the_run_that_was_faster_can_be_cancelled():
    result = result_of(Careful, "another-run-is-faster")  # it cancels whatever locks its thread
    assert result.outcome == Outcome.SURVIVED
    cancels = [sent for sent in result.verdict.driven.evidence.requests if sent.operation == "runs.cancel"]
    assert [sent.exchange.status for sent in cancels] == [200]
