"""Hazards of messages: a run has completed, and its answer is not where it is looked for."""

from __future__ import annotations

from collections.abc import Sequence

from ..invariants import an_answer_reaches_the_user, errors_are_meant, the_reply_is_of_this_run
from ..outliving import citations_are_readable, every_message_reaches_the_user
from .hazard import Hazard

_NOTHING = ("ryo-ma/gpt-assistants-api-ui#12", "Azure-Samples/azureai-assistant-tool#45")

MESSAGES: Sequence[Hazard] = (
    Hazard(
        id="no-message",
        what="A run completes without a message. `messages.data[0]` is then what the user said.",
        scenarios=("no_message",),
        invariants=(errors_are_meant, the_reply_is_of_this_run),
        reports=("openai/openai-python#861", "openai-php/client#321", *_NOTHING),
    ),
    Hazard(
        id="old-answer",
        what="A run completes without a message, after others that had one: the newest message of an assistant is the"
        " answer to another question.",
        scenarios=("an_old_answer",),
        invariants=(errors_are_meant, the_reply_is_of_this_run),
    ),
    Hazard(
        id="empty-message",
        what="The message is there, and its content is an empty list.",
        scenarios=("empty_message",),
        invariants=(errors_are_meant,),
        reports=_NOTHING,
    ),
    Hazard(
        id="image-first",
        what="The first part of the message is an image, and the text comes after it.",
        scenarios=("image_first",),
        invariants=(errors_are_meant, an_answer_reaches_the_user),
        reports=("ryo-ma/gpt-assistants-api-ui#12",),
    ),
    Hazard(
        id="refusal-part",
        what="The model declines: the message has a part of the type `refusal`, and no text.",
        scenarios=("refusal_part",),
        invariants=(errors_are_meant, an_answer_reaches_the_user),
    ),
    Hazard(
        id="several-messages",
        what="One run writes several messages; runs that use the code interpreter do so often.",
        scenarios=("several_messages",),
        invariants=(every_message_reaches_the_user,),
    ),
    Hazard(
        id="more-messages-than-a-page",
        what="One run writes more messages than the 20 that a page of the list holds.",
        scenarios=("more_messages_than_a_page",),
        invariants=(every_message_reaches_the_user,),
    ),
    Hazard(
        id="citations",
        what="The answer cites files: markers such as `【4:0†handbook.txt】` stand in its text, where annotations say;"
        " the file itself may be gone.",
        scenarios=(
            "citation_markers",
            "brackets_that_cite_nothing",
            "markers_after_an_emoji",
            "citation_of_a_deleted_file",
        ),
        invariants=(citations_are_readable,),
    ),
)
