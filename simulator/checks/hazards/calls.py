"""Hazards of function calls: which come, how they are written, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence

from ..invariants import an_answer_reaches_the_user, every_call_is_answered_once
from ..outliving import a_passing_fault_is_outlived, rounds_are_bounded
from .hazard import Hazard

_ANSWERED = (every_call_is_answered_once, an_answer_reaches_the_user)
_NAMES = (
    "Azure/azure-rest-api-specs#32329",
    "microsoft/semantic-kernel#7968",
    "prefect-archive/ControlFlow#107",
    "topic 697047",
    "topic 574777",
)

CALLS: Sequence[Hazard] = (
    Hazard(
        id="parallel-calls",
        what="One round has several calls. Who answers the first only is refused with `Expected tool outputs for"
        " call_ids …`, and the run waits on until it expires.",
        scenarios=("calls_of_two_functions",),
        invariants=_ANSWERED,
        reports=("microsoft/teams-sdk#1705",),
    ),
    Hazard(
        id="function-raises",
        what="A function breaks on what it is given. The exception ends the loop, and the run waits for outputs that"
        " nobody submits.",
        scenarios=("a_tool_raises",),
        invariants=(every_call_is_answered_once, a_passing_fault_is_outlived),
    ),
    Hazard(
        id="duplicated-calls",
        what="The same function is called twice in a round, with the same arguments and another id.",
        scenarios=("duplicated_calls",),
        invariants=_ANSWERED,
        reports=("microsoft/teams-sdk#1705", "Azure/azure-functions-openai-extension#36"),
    ),
    Hazard(
        id="repeated-call",
        what="A call that was answered comes again in the next round, with a new id.",
        scenarios=("the_same_call_in_the_next_round",),
        invariants=_ANSWERED,
        reports=("Azure/azure-functions-openai-extension#80",),
    ),
    Hazard(
        id="calls-without-end",
        what="The model calls the same function round after round. The run does not end before it expires, and each"
        " call costs what it costs.",
        scenarios=("calls_without_end",),
        invariants=(rounds_are_bounded,),
        rounds=40,
        reports=("Azure/azure-functions-openai-extension#80",),
    ),
    Hazard(
        id="misspelled-function",
        what="The model calls a function by a name that is nearly right.",
        scenarios=("misspelled_function",),
        invariants=_ANSWERED,
    ),
    Hazard(
        id="prefixed-function",
        what="The name of the function has `functions.` before it.",
        scenarios=("unknown_function",),
        invariants=_ANSWERED,
        reports=_NAMES[:1],
    ),
    Hazard(
        id="nameless-function",
        what="The name of the function is empty.",
        scenarios=("function_without_a_name",),
        invariants=_ANSWERED,
    ),
    Hazard(
        id="multi-tool-use",
        what="Two calls come wrapped in one of `multi_tool_use.parallel`, which nobody has declared.",
        scenarios=("multi_tool_use",),
        invariants=_ANSWERED,
        reports=_NAMES,
    ),
    Hazard(
        id="parallel-as-a-function",
        what="The wrapper is called `parallel`, and stands beside an ordinary call.",
        scenarios=("parallel_as_a_function",),
        invariants=_ANSWERED,
        reports=_NAMES,
    ),
    Hazard(
        id="typographic-quotes",
        what='The arguments have “ and ” where JSON has ".',
        scenarios=("malformed_arguments",),
        invariants=_ANSWERED,
        reports=("topic 574777",),
    ),
    Hazard(
        id="newlines-in-arguments",
        what="A text in the arguments holds raw line ends, which JSON does not allow.",
        scenarios=("newlines_in_arguments",),
        invariants=_ANSWERED,
        reports=("voiio/Sam#108", "langchain-ai/langchain#16102"),
    ),
    Hazard(
        id="code-as-arguments",
        what="The arguments are code in triple quotes.",
        scenarios=("code_as_arguments",),
        invariants=_ANSWERED,
        reports=("run-llama/llama_index#11921", "voiio/Sam#108"),
    ),
    Hazard(
        id="truncated-arguments",
        what="The arguments end in the middle, at the limit of tokens.",
        scenarios=("truncated_arguments",),
        invariants=_ANSWERED,
    ),
    Hazard(
        id="arguments-no-object",
        what="The arguments are JSON, but a list: `**arguments` breaks.",
        scenarios=("arguments_are_a_list",),
        invariants=_ANSWERED,
    ),
    Hazard(
        id="empty-arguments",
        what="The arguments are an empty text where `{}` is meant.",
        scenarios=("empty_arguments",),
        invariants=_ANSWERED,
    ),
)
