"""Hazards of single requests: errors of HTTP, connections that break, answers that are lost, versions that end."""

from __future__ import annotations

from collections.abc import Sequence

from ...api.refusals.access import malformed_beta, v1_refused
from ...backend.fault_kinds import http_error
from ...backend.faults_json import Plan
from ..invariants import (
    every_call_is_answered_once,
    failure_is_reported,
    no_refusal_is_swallowed,
    retries_are_bounded,
    the_thread_stays_usable,
)
from ..outliving import a_lasting_failure_is_not_asked_again, a_passing_fault_is_outlived, the_question_is_heard_once
from .hazard import Hazard

_PASSES = (a_passing_fault_is_outlived, no_refusal_is_swallowed, retries_are_bounded)
_LASTS = (failure_is_reported, a_lasting_failure_is_not_asked_again)
_V1_REFUSED = http_error(400, message=v1_refused().message)
_WRONG_HEADER = http_error(400, message=malformed_beta("assistants").message)

REQUESTS: Sequence[Hazard] = (
    Hazard(
        id="wrong-key",
        what="The key is refused, with 401: also one that was right until yesterday.",
        scenarios=("wrong_key",),
        invariants=_LASTS,
    ),
    Hazard(
        id="not-found",
        what="An assistant or a thread that a program knows by its id was deleted meanwhile: 404.",
        scenarios=("not_found",),
        invariants=_LASTS,
    ),
    Hazard(
        id="request-timeout",
        what="The service gives up on a poll, with 408.",
        scenarios=("request_timed_out",),
        invariants=_PASSES,
    ),
    Hazard(
        id="conflict",
        what="Two requests meet in the service, and one of them is answered 409.",
        scenarios=("conflict",),
        invariants=_PASSES,
    ),
    Hazard(
        id="rate-limited-poll",
        what="Polls are answered 429, with the seconds to wait in `retry-after`.",
        scenarios=("rate_limited_poll",),
        invariants=_PASSES,
        reports=("topic 1366574",),
    ),
    Hazard(
        id="rate-limited-without-a-time",
        what="A run is refused with 429, and nothing says when to come back; more often than the SDK tries by itself.",
        scenarios=("rate_limited_without_a_time",),
        invariants=_PASSES,
        reports=("topic 1366574",),
    ),
    Hazard(
        id="server-error",
        what="A run is asked for and answered 500, before there is one.",
        scenarios=("server_error_before_the_effect",),
        invariants=_PASSES,
    ),
    Hazard(
        id="bad-gateway",
        what="Polls are answered 502 by what stands before the service.",
        scenarios=("bad_gateway",),
        invariants=_PASSES,
    ),
    Hazard(
        id="overloaded",
        what="Polls are answered 503.",
        scenarios=("service_unavailable",),
        invariants=_PASSES,
    ),
    Hazard(
        id="outage-while-polling",
        what="Nine polls in a row are answered 503, more than the SDK tries. The run goes on meanwhile, and is lost to"
        " a loop that gives up.",
        scenarios=("outage_while_polling",),
        invariants=(a_passing_fault_is_outlived, the_thread_stays_usable),
    ),
    Hazard(
        id="no-connection",
        what="A connection is refused, or does not come about in time.",
        scenarios=("connection_refused", "connect_timeout"),
        invariants=_PASSES,
    ),
    Hazard(
        id="lost-connection",
        what="A connection breaks while a run is polled.",
        scenarios=("lost_connection",),
        invariants=_PASSES,
    ),
    Hazard(
        id="run-made-and-answer-lost",
        what="A run is made, and the answer is an error or does not come. The SDK sends the POST again, without"
        " anything by which the service would know it: the second attempt meets the lock of the first.",
        scenarios=("server_error_after_the_effect", "read_timeout"),
        invariants=(*_PASSES, the_question_is_heard_once),
    ),
    Hazard(
        id="message-made-and-answer-lost",
        what="A message is taken, and the answer is an error. Sent again, it stands in the thread twice, and the model"
        " reads both. The SDK's own retries do that.",
        scenarios=("message_made_and_answer_lost",),
        invariants=(the_question_is_heard_once, a_passing_fault_is_outlived),
    ),
    Hazard(
        id="outputs-not-arrived",
        what="Outputs are submitted, and the service fails before it has them.",
        scenarios=("error_before_the_outputs_arrive",),
        invariants=(*_PASSES, every_call_is_answered_once),
    ),
    Hazard(
        id="outputs-arrived-and-answer-lost",
        what="Outputs arrive, and the answer is an error or does not come. Sent again they are refused: `Runs in status"
        ' "queued" do not accept tool outputs.`',
        scenarios=("error_after_the_outputs_arrived", "lost_answer_to_submit"),
        invariants=(a_passing_fault_is_outlived, every_call_is_answered_once),
    ),
    Hazard(
        id="sunset",
        what="The API is switched off: every request is answered 404 without a body, as since 26 August 2026.",
        scenarios=("sunset",),
        invariants=_LASTS,
        reports=("langroid/langroid#1126",),
    ),
    Hazard(
        id="version-1-refused",
        what="Version 1 of the API is served no more: requests that ask for it are refused with 400, and the text names"
        " the header to send.",
        scenarios=("version_1_refused",),
        invariants=_LASTS,
        faults=(Plan(_V1_REFUSED, {"on": "*", "times": 40}),),
        reports=("langchain-ai/langchain#20842", "microsoft/autogen#2580"),
    ),
    Hazard(
        id="wrong-header",
        what="Something between the program and the service changes the header `OpenAI-Beta`: every request is refused"
        " with 400.",
        scenarios=("wrong_header",),
        invariants=_LASTS,
        faults=(Plan(_WRONG_HEADER, {"on": "*", "times": 40}),),
    ),
)
