"""The menu of faults: each entry with its scenario, the loop that lacks just the care for it, and what is found.

The documentation shows the same table (`docs/faults.md`).
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.scenario.plain_loop import PlainLoop

from . import careless


class Entry(NamedTuple):
    """One entry.

    Args:
        fault: in the words of the menu.
        scenario: the name of its file.
        loop: the plain loop without this care.
        finding: what of its failure is told.
    """

    fault: str
    scenario: str
    loop: type[PlainLoop]
    finding: str


RATE, SERVER, REFUSED = "app failed: RateLimitError", "app failed: InternalServerError", "app failed: BadRequestError"
CONNECTION, TIMEOUT = "app failed: APIConnectionError", "app failed: APITimeoutError"
SWALLOWED, GOES_ON, ACTIVE = "a failure was expected", "the app goes on after 700 virtual seconds", "Still active: run"
PART_OF_IT, UNREADABLE = "the reply is 'Hello, it is", "and not what matches"

HTTP = (
    Entry("401", "wrong_key", careless.TakesErrorsForAnswers, SWALLOWED),
    Entry("404", "not_found", careless.TakesErrorsForAnswers, SWALLOWED),
    Entry("408", "request_timed_out", careless.AsksOnce, "app failed: APIStatusError"),
    Entry("409", "conflict", careless.AsksOnce, "app failed: ConflictError"),
    Entry("429 with `retry-after`", "rate_limited_poll", careless.AsksOnce, RATE),
    Entry("429 without `retry-after`", "rate_limited_without_a_time", careless.AsksOnce, RATE),
    Entry("500 before the effect", "server_error_before_the_effect", careless.AsksOnce, SERVER),
    Entry("500 after the effect, of a run", "server_error_after_the_effect", careless.MakesAnew, REFUSED),
    Entry("500 after the effect, of a message", "message_made_and_answer_lost", careless.MakesAnew, "the model heard"),
    Entry("500 before the effect, of outputs", "error_before_the_outputs_arrive", careless.AsksOnce, SERVER),
    Entry("500 after the effect, of outputs", "error_after_the_outputs_arrived", careless.BreaksOnLateOutputs, REFUSED),
    Entry(
        "500 after the effect, of a cancel", "lost_answer_to_cancel", careless.BreaksOnALateCancel, "the failure says"
    ),
    Entry("502", "bad_gateway", careless.AsksOnce, SERVER),
    Entry("503", "service_unavailable", careless.AsksOnce, SERVER),
    Entry("503, longer than the SDK tries", "outage_while_polling", careless.LeavesRetriesToTheSdk, SERVER),
)
CONNECTIONS = (
    Entry("refused", "connection_refused", careless.AsksOnce, CONNECTION),
    Entry("reset", "lost_connection", careless.AsksOnce, CONNECTION),
    Entry("reset after the effect", "lost_answer_to_submit", careless.BreaksOnLateOutputs, REFUSED),
    Entry("timeout while connecting", "connect_timeout", careless.AsksOnce, TIMEOUT),
    Entry("timeout while reading", "read_timeout", careless.MakesAnew, REFUSED),
)
STREAMS = (
    Entry("cut before its first event", "stream_cut_before_anything", careless.BreaksWithTheStream, "app failed: "),
    Entry("cut before a message", "stream_cut_before_a_message", careless.BreaksWithTheStream, "app failed: "),
    Entry("cut in a message", "stream_cut_in_a_message", careless.BreaksWithTheStream, "app failed: "),
    Entry("cut inside a frame", "stream_cut_inside_a_frame", careless.BreaksWithTheStream, "app failed: "),
    Entry("cut after outputs", "stream_of_outputs_cut", careless.BreaksWithTheStream, "app failed: "),
    Entry("a clean end too early", "stream_ends_early", careless.BelievesStreams, PART_OF_IT),
    Entry("silence", "stream_falls_silent", careless.BreaksWithTheStream, "app failed: "),
    Entry("silence while a run waits", "silent_before_it_asks", careless.WaitsAsTheSdkDoes, "ended as expired"),
    Entry("an `error` event, flat", "error_event", careless.BelievesStreams, PART_OF_IT),
    Entry("an `error` event, wrapped", "wrapped_error_event", careless.BreaksWithTheStream, "app failed: APIError"),
    Entry("no `[DONE]`", "stream_without_done", careless.WaitsForDone, "app failed: ConnectionError"),
    Entry("one-character deltas", "one_character_deltas", careless.StripsPieces, "the reply is 'Hello,itisme.'"),
    Entry("split UTF-8", "split_characters", careless.DecodesPieces, "app failed: UnicodeDecodeError"),
    Entry("a limit inside a run", "rate_limit_in_a_stream", careless.TakesAnyEndForSuccess, SWALLOWED),
)
SLOWNESS = (
    Entry("a slow run", "slow_run", careless.HasNoPatience, "app failed: RunEnded: The run ended as in_progress"),
    Entry("a slow run, polled", "polled_with_pauses", careless.PollsWithoutPause, "requests, and at most 40"),
    Entry("a run stuck in `queued`", "stuck_until_it_expires", careless.PollsUntilCompleted, GOES_ON),
    Entry("a run stuck in `in_progress`", "stuck_in_progress", careless.PollsUntilCompleted, GOES_ON),
    Entry("expired while tools run", "expired_during_tools", careless.BreaksOnLateOutputs, "the failure says"),
    Entry(
        "expired in the second round", "expired_in_the_second_round", careless.BreaksOnLateOutputs, "the failure says"
    ),
    Entry("expired while cancelling", "expired_while_cancelling", careless.WaitsForCancelledOnly, GOES_ON),
    Entry("a lock that outlives its run", "lock_outlives_run", careless.KnowsNoLock, REFUSED),
    Entry("another run is faster", "another_run_is_faster", careless.KnowsNoLock, REFUSED),
    Entry(
        "an orphan in `requires_action`", "left_waiting_for_outputs", careless.LeavesOrphans, "virtual seconds passed"
    ),
    Entry("a slow cancel", "slow_cancel", careless.CancelsAndGoes, REFUSED),
    Entry("a cancel that loses the race", "cancel_loses_the_race", careless.BreaksOnALateCancel, REFUSED),
)
ENDS = (
    Entry("failed before a message", "failed", careless.PollsUntilCompleted, GOES_ON),
    Entry(
        "failed, and the conversation goes on", "after_a_failure", careless.BeginsAnewAfterAFailure, "the model heard"
    ),
    Entry("failed in a message", "failed_in_a_message", careless.TakesAnyEndForSuccess, SWALLOWED),
    Entry("failed after tools", "failed_after_tools", careless.PollsUntilCompleted, GOES_ON),
    Entry("incomplete before a message", "incomplete_before_a_message", careless.PollsUntilCompleted, GOES_ON),
    Entry("incomplete in a message", "incomplete", careless.TakesAnyEndForSuccess, SWALLOWED),
    Entry("incomplete after tools", "incomplete_after_tools", careless.PollsUntilCompleted, GOES_ON),
    Entry("expired in a message", "expired_in_a_message", careless.TakesAnyEndForSuccess, SWALLOWED),
    Entry("expired after tools", "expired_after_tools", careless.PollsUntilCompleted, GOES_ON),
    Entry("cancelled before a message", "cancelled_before_a_message", careless.NeverCancels, ACTIVE),
    Entry("cancelled in a message", "cancelled_in_a_message", careless.TakesAnyEndForSuccess, SWALLOWED),
    Entry("cancelled after tools", "cancelled_after_tools", careless.NeverCancels, ACTIVE),
    Entry("a rate limit", "rate_limit_inside_a_run", careless.PollsUntilCompleted, GOES_ON),
    Entry("the quota", "quota_exceeded_inside_a_run", careless.TakesAnyEndForSuccess, SWALLOWED),
)
CALLS = (
    Entry("parallel calls", "calls_of_two_functions", careless.AnswersTheFirstCallOnly, "Expected tool outputs"),
    Entry("a tool that raises", "a_tool_raises", careless.TrustsItsFunctions, "app failed: RuntimeError"),
    Entry("a tool that raises once", "a_tool_fails_once", careless.RemembersOutputs, "the outputs are"),
    Entry("duplicated calls", "duplicated_calls", careless.AnswersEqualCallsOnce, "Expected tool outputs"),
    Entry("a call again in the next round", "the_same_call_in_the_next_round", careless.RemembersCalls, REFUSED),
    Entry("calls without end", "calls_without_end", careless.HasNoLimitOfRounds, "the failure says"),
    Entry("an unknown name", "misspelled_function", careless.TrustsTheModel, "app failed: KeyError"),
    Entry("a name with `functions.`", "unknown_function", careless.TrustsTheModel, "app failed: KeyError"),
    Entry("an empty name", "function_without_a_name", careless.TrustsTheModel, "app failed: KeyError"),
    Entry("`multi_tool_use.parallel`", "multi_tool_use", careless.TrustsTheModel, "app failed: KeyError"),
    Entry("`parallel`, beside another", "parallel_as_a_function", careless.TrustsTheModel, "app failed: KeyError"),
    Entry(
        "arguments: typographic quotes", "malformed_arguments", careless.TrustsTheModel, "app failed: JSONDecodeError"
    ),
    Entry("arguments: raw line ends", "newlines_in_arguments", careless.TrustsTheModel, "app failed: JSONDecodeError"),
    Entry("arguments: code", "code_as_arguments", careless.TrustsTheModel, "app failed: JSONDecodeError"),
    Entry("arguments: truncated", "truncated_arguments", careless.TrustsTheModel, "app failed: JSONDecodeError"),
    Entry("arguments: no object", "arguments_are_a_list", careless.TrustsTheModel, "app failed: TypeError"),
    Entry("arguments: empty", "empty_arguments", careless.TrustsTheModel, "app failed: JSONDecodeError"),
    Entry("arguments: split in a stream", "split_arguments", careless.ParsesPieces, "app failed: JSONDecodeError"),
)
MESSAGES = (
    Entry("none", "no_message", careless.ReadsTheFirstPart, "app failed: IndexError"),
    Entry("none, after another run's", "an_old_answer", careless.ReadsTheNewestMessage, "the reply is 'Hello.'"),
    Entry("empty", "empty_message", careless.ReadsTheFirstPart, "app failed: IndexError"),
    Entry("image first", "image_first", careless.ReadsTheFirstPart, "app failed: AttributeError"),
    Entry("a refusal", "refusal_part", careless.ReadsTheFirstPart, "app failed: AttributeError"),
    Entry("several", "several_messages", careless.ReadsTheFirstPart, "the reply is 'The answer is 42.'"),
    Entry("more than a page", "more_messages_than_a_page", careless.ReadsOnePage, "the reply is "),
    Entry("citations", "citation_markers", careless.LeavesMarkers, UNREADABLE),
    Entry("citations beside other brackets", "brackets_that_cite_nothing", careless.RemovesBrackets, UNREADABLE),
    Entry("several citations, which overlap", "markers_after_an_emoji", careless.CutsFromTheFirst, UNREADABLE),
    Entry(
        "a citation of a deleted file", "citation_of_a_deleted_file", careless.NamesCitedFiles, "app failed: NotFound"
    ),
)
SERVICE = (
    Entry("sunset", "sunset", careless.TakesErrorsForAnswers, SWALLOWED),
    Entry("version 1 refused", "version_1_refused", careless.TakesErrorsForAnswers, SWALLOWED),
    Entry("a wrong header", "wrong_header", careless.TakesErrorsForAnswers, SWALLOWED),
)
MENU = {
    "HTTP errors": HTTP,
    "connections": CONNECTIONS,
    "streams": STREAMS,
    "slow and stuck runs, locks": SLOWNESS,
    "ends of a run": ENDS,
    "calls": CALLS,
    "messages": MESSAGES,
    "versions of the API": SERVICE,
}
ENTRIES = tuple(entry for entries in MENU.values() for entry in entries)
