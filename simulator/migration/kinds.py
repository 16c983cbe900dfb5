"""The kinds of difference between two records, and why each matters to somebody who moves from one API to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What differs. The names stand in files of tolerated differences."""

    INSTRUCTIONS_LOST = "instructions_lost"
    INSTRUCTIONS_CHANGED = "instructions_changed"
    MODEL_CHANGED = "model_changed"
    HISTORY_LOST = "history_lost"
    HISTORY_REPEATED = "history_repeated"
    HISTORY_ADDED = "history_added"
    HISTORY_CHANGED = "history_changed"
    TOOL_LOST = "tool_lost"
    TOOL_ADDED = "tool_added"
    TOOL_DESCRIPTION = "tool_description"
    TOOL_SCHEMA = "tool_schema"
    TOOL_STRICTNESS = "tool_strictness"
    FILES_CHANGED = "files_changed"
    FORMAT_CHANGED = "format_changed"
    TOOL_CHOICE_CHANGED = "tool_choice_changed"
    PARALLEL_CALLS_CHANGED = "parallel_calls_changed"
    SAMPLING_CHANGED = "sampling_changed"
    BUDGET_LOST = "budget_lost"
    BUDGET_CHANGED = "budget_changed"
    TRUNCATION_CHANGED = "truncation_changed"
    ANSWER_CHANGED = "answer_changed"
    CALL_UNANSWERED = "call_unanswered"
    CALL_ADDED = "call_added"
    OUTPUT_CHANGED = "output_changed"
    OUTPUT_ORPHANED = "output_orphaned"
    ASKED_LESS = "asked_less"
    ASKED_MORE = "asked_more"
    CHAIN_BROKEN = "chain_broken"
    CONVERSATION_LOCKED = "conversation_locked"
    REQUEST_REFUSED = "request_refused"
    REPLY_MISREAD = "reply_misread"
    REPLY_CHANGED = "reply_changed"
    FAILURE_SWALLOWED = "failure_swallowed"
    FAILURE_ADDED = "failure_added"
    FAILURE_CHANGED = "failure_changed"
    WATCHED_CHANGED = "watched_changed"
    TURN_LOST = "turn_lost"
    TURN_ADDED = "turn_added"


# In the order of a report: what the model is shown, what it is asked, what comes of it.
WHY: Mapping[Kind, str] = {
    Kind.INSTRUCTIONS_LOST: (
        "An assistant's instructions held in every run. Neither `previous_response_id` nor `conversation` carries "
        "`instructions` over: send them with each request, those with tool outputs too."
    ),
    Kind.INSTRUCTIONS_CHANGED: "The model is told something else.",
    Kind.MODEL_CHANGED: "Another model answers.",
    Kind.HISTORY_LOST: (
        "A thread remembered by itself. A response knows only what `previous_response_id`, `conversation` or its own "
        "`input` bring along."
    ),
    Kind.HISTORY_REPEATED: (
        "The model reads, and you pay for, the same messages twice: with `previous_response_id` or `conversation`, "
        "`input` is what is new, and not the whole history."
    ),
    Kind.HISTORY_ADDED: "The model sees messages that it did not see before: those of others, or cut off before.",
    Kind.HISTORY_CHANGED: "The model reads other messages, or in another order.",
    Kind.TOOL_LOST: (
        "The model cannot call it any more. Tools belonged to the assistant; now each request must name them, those "
        "with tool outputs too."
    ),
    Kind.TOOL_ADDED: "The model may call what it could not call before.",
    Kind.TOOL_DESCRIPTION: "By its description the model decides when to call a function, and with what.",
    Kind.TOOL_SCHEMA: "The model will call it with other arguments.",
    Kind.TOOL_STRICTNESS: (
        "Functions were not strict unless they said so, and now are unless they say `strict: false`: a strict schema "
        "must require every property, and optional arguments come as nulls."
    ),
    Kind.FILES_CHANGED: "The tools of the model reach other files.",
    Kind.FORMAT_CHANGED: "`response_format` is now `text.format`: without it answers may be no JSON.",
    Kind.TOOL_CHOICE_CHANGED: "The model is forced to call something else, or free where it was not.",
    Kind.PARALLEL_CALLS_CHANGED: "The program may get several calls at once where it expects one, or the reverse.",
    Kind.SAMPLING_CHANGED: "Temperature or top_p: the answers vary more, or less.",
    Kind.BUDGET_LOST: (
        "A run stopped as incomplete when it had used so many tokens. There is no budget of a whole exchange any more: "
        "`max_output_tokens` holds for one response, and nothing limits the prompt."
    ),
    Kind.BUDGET_CHANGED: "Answers are cut off elsewhere.",
    Kind.TRUNCATION_CHANGED: (
        "What happens when the history no longer fits: a thread drops its oldest messages, a response with "
        "`truncation: disabled` is refused."
    ),
    Kind.ANSWER_CHANGED: "The model answered something else: it was shown something else, or was given another script.",
    Kind.CALL_UNANSWERED: (
        "The model waits for the output of this call. It blocked a thread for ten minutes; now every later request of "
        "the conversation is refused: `No tool output found for function call`."
    ),
    Kind.CALL_ADDED: "A call was answered that was left alone before.",
    Kind.OUTPUT_CHANGED: "The model goes on with another result.",
    Kind.OUTPUT_ORPHANED: (
        "An output was sent without the call that it belongs to: with it go `previous_response_id` or `conversation`"
        " of the call, or the call itself in `input`."
    ),
    Kind.ASKED_LESS: "The program stopped sooner: what the model would have said next was never asked for.",
    Kind.ASKED_MORE: "The program asks again where it was done before: more tokens, and effects perhaps twice.",
    Kind.CHAIN_BROKEN: "A response or a conversation is named that there is not: deleted, or never stored.",
    Kind.CONVERSATION_LOCKED: (
        "Two requests used one conversation at once. A thread refused that while a run was active; a conversation does"
        " so while a response is made: wait for it, or read its stream to the end."
    ),
    Kind.REQUEST_REFUSED: "The API refused a request of the new code.",
    Kind.REPLY_MISREAD: (
        "The reply is a part of what the model said, or was read from the wrong item: `output` holds calls, reasoning"
        " and messages; `output_text` has the texts of them all."
    ),
    Kind.REPLY_CHANGED: "The user reads something else.",
    Kind.FAILURE_SWALLOWED: (
        "The old code reported a failure, and the new one replies: a response may be `incomplete` or `failed` and"
        " still hold text."
    ),
    Kind.FAILURE_ADDED: "The new code fails where the old one replied.",
    Kind.FAILURE_CHANGED: "The failure is reported otherwise: whoever catches it may not any more.",
    Kind.WATCHED_CHANGED: "A watched callable was called another number of times, or gave something else.",
    Kind.TURN_LOST: "Here the model is no longer asked at all.",
    Kind.TURN_ADDED: "Here the model was not asked before.",
}


class Found(NamedTuple):
    """A difference before it has its place."""

    kind: Kind
    about: str = ""
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same on both sides.

    Args:
        turn: of the user, from 1.
        user: what was said there.
        about: what it is about where a kind has several: a function, a setting, a request.
        old: what was; None where there was nothing.
        new: what is.
    """

    kind: Kind
    turn: int
    user: str
    about: str = ""
    old: Any = None
    new: Any = None

    @property
    def why(self) -> str:
        """Why it matters."""
        return WHY[self.kind]
