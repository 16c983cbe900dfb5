"""What the Responses and Conversations APIs refuse, with the service's texts (assistants-api.md 9).

Where a docstring says "chosen", no text of the service is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from .refusal import Refusal, Surprise


class NoSuchResponse(Refusal):
    """There is no such response, or it was not stored (recorded)."""

    status = 404

    def __init__(self, id: str) -> None:
        super().__init__(f"Response with id '{id}' not found.")


class NoSuchConversation(Refusal):
    """There is no such conversation, or it was deleted. Chosen, after the text for responses."""

    status = 404

    def __init__(self, id: str) -> None:
        super().__init__(f"Conversation with id '{id}' not found.")


class NoSuchItem(Refusal):
    """There is no such item here. Chosen, likewise."""

    status = 404

    def __init__(self, id: str) -> None:
        super().__init__(f"Item with id '{id}' not found.")


class UnknownPreviousResponse(Refusal):
    """The response that a request builds on is not there (reported three times)."""

    code = "previous_response_not_found"

    def __init__(self, id: str) -> None:
        super().__init__(f"Previous response with id '{id}' not found.", "previous_response_id")


class ConversationLocked(Refusal):
    """Another response is being made in the conversation (reported six times)."""

    code = "conversation_locked"

    def __init__(self) -> None:
        super().__init__(
            "Another process is currently operating on this conversation. Please retry in a few seconds.",
            "conversation",
        )


class NoToolOutput(Refusal):
    """A function call was not answered (reported)."""

    def __init__(self, call_id: str) -> None:
        super().__init__(f"No tool output found for function call {call_id}.", "input")


class NoToolCall(Refusal):
    """An output answers no call that the request stands on (reported)."""

    def __init__(self, call_id: str) -> None:
        super().__init__(f"No tool call found for function call output with call_id {call_id}.", "input")


class TwoHistories(Refusal):
    """Both ways to go on were given. Documented; the service's text is not known: chosen."""

    code = "mutually_exclusive_parameters"

    def __init__(self) -> None:
        super().__init__(
            "Mutually exclusive parameters. Ensure you are only providing one of:"
            " 'previous_response_id' or 'conversation'.",
            "previous_response_id",
        )


class NothingGiven(Refusal):
    """There is nothing to answer (reported)."""

    code = "missing_required_parameter"

    def __init__(self) -> None:
        super().__init__(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.", "input"
        )


class UnknownValue(Refusal):
    """A value that is none of those there are (reported of contents and items)."""

    code = "invalid_value"

    def __init__(self, value: str, supported: Sequence[str], param: str) -> None:
        quoted = [f"'{one}'" for one in supported]
        joined = " and ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
        super().__init__(f"Invalid value: '{value}'. Supported values are: {joined}.", param)


class UndeclaredTool(Refusal):
    """`tool_choice` names a tool that the request does not have. Chosen."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"Tool choice '{kind}' not found in 'tools' parameter.", "tool_choice")


class TooLong(Refusal):
    """The input is more than the model takes in, and `truncation` is `disabled` (reported)."""

    code = "context_length_exceeded"

    def __init__(self) -> None:
        super().__init__(
            "Your input exceeds the context window of this model. Please adjust your input and try again.", "input"
        )


class CannotCancel(Refusal):
    """Only background responses can be cancelled (reported), and there are none here."""

    def __init__(self) -> None:
        super().__init__("Cannot cancel a synchronous response.")


class Beyond(Surprise):
    """The service has it, and this simulator has not: said by name, so that nobody takes silence for an answer.

    Args:
        what: in words.
        param: where in the request it stands.
    """

    code = "not_simulated"

    def __init__(self, what: str, param: str) -> None:
        super().__init__(
            f"assistants-simulator: {what} ('{param}') is not simulated on the Responses API. Leave it out in this"
            " test, or answer the route yourself with sim.stub('POST /v1/responses', …).",
            param,
        )
