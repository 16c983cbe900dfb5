"""Hazards of streams; none of them meets a loop that polls."""

from __future__ import annotations

from collections.abc import Sequence

from ..invariants import every_call_is_answered_once, failure_is_reported
from ..outliving import a_passing_fault_is_outlived, the_question_is_heard_once
from .hazard import Hazard

_WHOLE = (a_passing_fault_is_outlived,)

STREAMS: Sequence[Hazard] = (
    Hazard(
        id="stream-cut-before-anything",
        what="The run is made, and its stream breaks before the first event: the program does not know its id.",
        scenarios=("stream_cut_before_anything",),
        invariants=(*_WHOLE, the_question_is_heard_once),
    ),
    Hazard(
        id="stream-cut-before-a-message",
        what="A stream breaks after the run was shown and before anything is said. The run goes on.",
        scenarios=("stream_cut_before_a_message",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="stream-cut-in-a-message",
        what="A stream breaks in the middle of the answer, between two events.",
        scenarios=("stream_cut_in_a_message",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="stream-cut-inside-a-frame",
        what="A stream breaks in the middle of an event: its JSON is half there.",
        scenarios=("stream_cut_inside_a_frame",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="stream-of-outputs-cut",
        what="Outputs arrive, and the stream that answers them breaks. Submitted again, they are refused.",
        scenarios=("stream_of_outputs_cut",),
        invariants=(*_WHOLE, every_call_is_answered_once),
    ),
    Hazard(
        id="stream-ends-early",
        what="A stream ends in the middle of the answer as if it was complete: no exception, no `[DONE]`.",
        scenarios=("stream_ends_early",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="stream-falls-silent",
        what="A stream stays open, and nothing more comes.",
        scenarios=("stream_falls_silent",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="silent-before-it-asks",
        what="A stream falls silent before the event that asks for outputs. The run waits for them meanwhile, and"
        " nobody tells the program.",
        scenarios=("silent_before_it_asks",),
        invariants=(*_WHOLE, every_call_is_answered_once),
    ),
    Hazard(
        id="error-event",
        what="A stream ends with an event `error`, flat as the specification has it: the SDK passes it over.",
        scenarios=("error_event",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="wrapped-error-event",
        what="A stream ends with an event `error` in an envelope, as the service sent it: the SDK raises.",
        scenarios=("wrapped_error_event",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="stream-without-done",
        what="The run has completed, and `[DONE]` does not come.",
        scenarios=("stream_without_done",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="one-character-deltas",
        what="The answer comes letter by letter: a delta may be a blank.",
        scenarios=("one_character_deltas",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="split-characters",
        what="The bytes of a character arrive in two pieces.",
        scenarios=("split_characters",),
        invariants=_WHOLE,
    ),
    Hazard(
        id="split-arguments",
        what="The arguments of a call arrive in pieces, cut inside an escape: none of them is JSON.",
        scenarios=("split_arguments",),
        invariants=(*_WHOLE, every_call_is_answered_once),
    ),
    Hazard(
        id="rate-limit-in-a-stream",
        what="A limit is reached inside a run that streams: an event `thread.run.failed`, and no exception.",
        scenarios=("rate_limit_in_a_stream",),
        invariants=(failure_is_reported,),
        reports=("microsoft/assistant-pf-demo#10", "Azure-Samples/azureai-assistant-tool#45"),
    ),
)
