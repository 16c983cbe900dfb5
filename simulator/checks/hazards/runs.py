"""Hazards of runs: how they wait, end, and lock their threads."""

from __future__ import annotations

from collections.abc import Sequence

from ..invariants import (
    an_answer_reaches_the_user,
    failure_is_reported,
    no_busy_loop,
    no_post_into_a_locked_thread,
    no_refusal_is_swallowed,
    nothing_is_asked_after_the_end,
    polls_are_not_too_frequent,
    the_thread_stays_usable,
)
from ..outliving import (
    a_passing_fault_is_outlived,
    half_an_answer_is_told_as_half,
    the_next_question_is_answered,
    what_was_said_is_remembered,
)
from .hazard import Hazard

_END = (failure_is_reported, nothing_is_asked_after_the_end, the_thread_stays_usable)

RUNS: Sequence[Hazard] = (
    Hazard(
        id="lock-outlives-run",
        what="A run is over, and its thread is locked a moment longer: the next message is refused with `Can't add"
        " messages to thread … while a run … is active`.",
        scenarios=("lock_outlives_run",),
        invariants=(no_post_into_a_locked_thread, a_passing_fault_is_outlived),
        reports=(
            "openai/openai-python#1023",
            "n8n-io/n8n#13378",
            "livekit/agents#1367",
            "VoloBuilds/openai-assistants-discord-bot#5",
            "TripSit/TripBot#768",
            "srosro/deepspring-shellmate#135",
            "topic 511382",
        ),
    ),
    Hazard(
        id="another-run-is-faster",
        what="The message was taken, and before its run is made another one locks the thread: a second tab, a job that"
        ' was delivered twice. The run is refused with "already has an active run".',
        scenarios=("another_run_is_faster",),
        invariants=(a_passing_fault_is_outlived, no_refusal_is_swallowed),
        reports=("TripSit/TripBot#939", "dotnet/extensions#5964"),
    ),
    Hazard(
        id="orphaned-run",
        what="A program ends while its run waits for outputs. The run stays in `requires_action` for up to ten minutes,"
        " and every message to its thread is refused as long.",
        scenarios=("left_waiting_for_outputs",),
        invariants=(the_next_question_is_answered, the_thread_stays_usable),
        reports=("openai/openai-dotnet#87", "nasa-petal/bidara-deep-chat#57", "topic 933385"),
    ),
    Hazard(
        id="slow-run",
        what="A run takes two minutes, as it did in long threads and on busy days. Who gives up has no answer, and the"
        " run goes on.",
        scenarios=("slow_run",),
        invariants=(a_passing_fault_is_outlived, the_thread_stays_usable),
        reports=("topic 1385344",),
    ),
    Hazard(
        id="polled-without-pause",
        what="A run takes half a minute. Each poll counts against the organisation's limit of requests, and a loop"
        " without a pause sends hundreds.",
        scenarios=("polled_with_pauses",),
        invariants=(no_busy_loop, polls_are_not_too_frequent),
        reports=("Azure/azure-sdk-for-js#27807", "topic 1366574"),
    ),
    Hazard(
        id="stuck-at-work",
        what="A run is `in_progress` until it expires after ten minutes: the model began, and never gets on.",
        scenarios=("stuck_in_progress",),
        invariants=_END,
        reports=("openai/openai-python#861", "microsoft/semantic-kernel#5449"),
    ),
    Hazard(
        id="stuck-in-queue",
        what="A run stays `queued` until it expires after ten minutes, as in incidents of the service. `expired` is an"
        " end that many loops do not know.",
        scenarios=("stuck_until_it_expires",),
        invariants=_END,
        reports=("openai/openai-python#861", "microsoft/semantic-kernel#5449", "redevrx/chat_gpt_sdk#87"),
    ),
    Hazard(
        id="incomplete",
        what="A run ends as `incomplete`, at a limit of tokens: with half an answer. That status came later than the"
        " others; the SDK itself polled on until 1.30.",
        scenarios=("incomplete",),
        invariants=(*_END, half_an_answer_is_told_as_half),
        reports=(
            "openai/openai-python#1407",
            "microsoft/semantic-kernel#9364",
            "microsoft/semantic-kernel#9672",
            "microsoft/semantic-kernel#9729",
            "microsoft/semantic-kernel#9740",
        ),
    ),
    Hazard(
        id="incomplete-before-a-message",
        what="The prompt alone reaches the limit of tokens: the run is `incomplete`, and there is no message to read.",
        scenarios=("incomplete_before_a_message",),
        invariants=_END,
        reports=("openai/openai-python#1407", "microsoft/semantic-kernel#9364"),
    ),
    Hazard(
        id="incomplete-after-tools",
        what="The content filter stops a run after its functions were called: it is `incomplete`, and what they did is"
        " done.",
        scenarios=("incomplete_after_tools",),
        invariants=_END,
        reports=("microsoft/semantic-kernel#9729",),
    ),
    Hazard(
        id="failed-and-on",
        what="A run fails, and the user goes on in the same conversation. The thread is unharmed; a new one has"
        " forgotten all that was said.",
        scenarios=("after_a_failure",),
        invariants=(what_was_said_is_remembered, the_next_question_is_answered),
    ),
    Hazard(
        id="failed",
        what='A run fails with `server_error` and "Sorry, something went wrong.", often for a moment only. There is no'
        " exception: the status says so, and `last_error`.",
        scenarios=("failed",),
        invariants=_END,
        reports=(
            "openai/openai-dotnet#794",
            "openai-php/client#353",
            "ryo-ma/gpt-assistants-api-ui#3",
            "microsoft/teams-sdk#806",
        ),
    ),
    Hazard(
        id="failed-in-a-message",
        what="A run fails after it has begun to answer. The message is there, half, and looks like any other.",
        scenarios=("failed_in_a_message",),
        invariants=_END,
    ),
    Hazard(
        id="failed-after-tools",
        what="A run fails after its functions were called. Run again blindly, they have their effect twice.",
        scenarios=("failed_after_tools",),
        invariants=_END,
        reports=("microsoft/teams-sdk#806",),
    ),
    Hazard(
        id="rate-limit-in-a-run",
        what="A limit is reached inside a run. No request is answered 429: the run fails with `rate_limit_exceeded`,"
        " and who looks for exceptions sees a success without a text.",
        scenarios=("rate_limit_inside_a_run",),
        invariants=_END,
        reports=(
            "microsoft/assistant-pf-demo#10",
            "Azure-Samples/azureai-assistant-tool#45",
            "empirical-run/empirical#210",
        ),
    ),
    Hazard(
        id="quota-in-a-run",
        what="The quota is used up: the run fails with the same code as at a rate limit, and no pause helps.",
        scenarios=("quota_exceeded_inside_a_run",),
        invariants=_END,
        reports=("empirical-run/empirical#210",),
    ),
    Hazard(
        id="expired-in-a-message",
        what="A run has begun to answer, hangs, and expires. What it said is no answer.",
        scenarios=("expired_in_a_message",),
        invariants=_END,
        reports=("microsoft/semantic-kernel#5449",),
    ),
    Hazard(
        id="expired-after-tools",
        what="Outputs were submitted, and the run hangs until it expires.",
        scenarios=("expired_after_tools",),
        invariants=_END,
        reports=("microsoft/semantic-kernel#5449",),
    ),
    Hazard(
        id="expired-during-tools",
        what="A function takes longer than a run lives, such as one that asks a person. The outputs are refused:"
        ' `Runs in status "expired" do not accept tool outputs.`',
        scenarios=("expired_during_tools",),
        invariants=_END,
    ),
    Hazard(
        id="expired-in-the-second-round",
        what="The ten minutes are those of the run and not of a round: two rounds of functions may take them together.",
        scenarios=("expired_in_the_second_round",),
        invariants=_END,
    ),
    Hazard(
        id="hanging-run",
        what="A run begins and never gets on. Who stops waiting and does not cancel leaves a locked thread behind.",
        scenarios=("cancelled_before_a_message", "cancelled_in_a_message", "cancelled_after_tools"),
        invariants=_END,
        reports=("openai/openai-dotnet#87", "vercel/ai#1743", "microsoft/autogen#1003"),
    ),
    Hazard(
        id="lost-answer-to-cancel",
        what="A cancel has its effect, and its answer is lost. The SDK sends it again, which is refused: `Cannot"
        " cancel run with status 'cancelling'`.",
        scenarios=("lost_answer_to_cancel",),
        invariants=(the_next_question_is_answered, the_thread_stays_usable),
        reports=("VRSEN/agency-swarm#251", "VRSEN/agency-swarm#298"),
    ),
    Hazard(
        id="slow-cancel",
        what="A cancel is answered with `cancelling`; the thread is locked until the run has ended.",
        scenarios=("slow_cancel",),
        invariants=(the_next_question_is_answered, the_thread_stays_usable),
        reports=("VRSEN/agency-swarm#251", "VRSEN/agency-swarm#268", "VRSEN/agency-swarm#298"),
    ),
    Hazard(
        id="cancel-loses-the-race",
        what="A run completes before its cancel arrives, which is refused: `Cannot cancel run with status"
        " 'completed'`. The answer is there.",
        scenarios=("cancel_loses_the_race",),
        invariants=(an_answer_reaches_the_user, a_passing_fault_is_outlived),
        reports=("VRSEN/agency-swarm#251", "VRSEN/agency-swarm#298"),
    ),
    Hazard(
        id="expired-while-cancelling",
        what="A cancelled run stays `cancelling` and ends as `expired`: who waits for `cancelled` waits for ever.",
        scenarios=("expired_while_cancelling",),
        invariants=_END,
    ),
)
