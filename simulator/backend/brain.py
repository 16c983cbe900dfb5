"""The seam to whatever stands in for the language model: what it is shown and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from pydantic_core import from_json, to_json

from .turns import Turn


class Output(NamedTuple):
    """A function call of this run that was answered; `arguments` is the text as it was asked."""

    name: str
    arguments: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a model is shown. Nothing in it depends on one surface of the API.

    Args:
        user: the text of the newest user message; empty if there is none.
        messages: (role, text) pairs, the oldest first.
        instructions: those of the run, additional ones appended.
        model: its name.
        functions: the JSON schema of the parameters, by name.
        settings: `response_format`, `tool_choice`, `temperature`, `top_p`, limits, `parallel_tool_calls`.
        outputs: the calls of this run that were answered, in order.
        tools_called: whether this run has called a tool already, of whatever kind.
        files: ids of the files that the tools can reach.
        conversation: the id of the thread; of the conversation, or the first response of a chain without one.
        run: the run, or the response, for the curious, as it was then.
        assistant: the assistant, likewise; empty where there is none.
        task: the id of what a piece of a script answers. It is the run; on the Responses API the first
            response to what the user said, which those that bring outputs of its calls go on with.
    """

    user: str
    messages: Sequence[tuple[str, str]]
    instructions: str = ""
    model: str = ""
    functions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    outputs: Sequence[Output] = ()
    tools_called: bool = False
    files: Sequence[str] = ()
    conversation: str = ""
    run: Mapping[str, Any] = field(default_factory=dict)
    assistant: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""

    def detached(self) -> View:
        """Return the view for somebody's own code, which may do with it what it likes.

        The values of a view that the engine made are those of the store: to copy them for scripts,
        which only look, would cost a fifth of what creating a run does.
        """
        values = from_json(to_json((self.functions, self.settings, self.run, self.assistant)))
        copies = dict(zip(("functions", "settings", "run", "assistant"), values, strict=True))
        return replace(self, messages=list(self.messages), **copies)


class Brain(Protocol):
    """Answers a view with a turn."""

    def answer(self, view: View) -> Turn:
        """Return the next turn of the run `view.run`.

        Raises:
            NoTurn: there is none. Nothing was used up.
        """
