"""The conversation of a session as values: threads, messages, runs, and what the model did in each.

`gathering` makes them from interactions. The words are those of the Assistants API; a session of the
Responses API is told in the same: a conversation is a thread, a response is a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from ..cassette import Head

TERMINAL = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})
FUNCTION = "function"


class Seen(NamedTuple):
    """A status, when it was first seen.

    Args:
        after: seconds since the run was created; None where nothing says so.
    """

    status: str
    after: float | None


@dataclass(kw_only=True, slots=True)
class Call:
    """A call of a tool.

    Args:
        kind: `function`, or the name of a built-in tool.
        name: of the function, or of the tool.
        arguments: the text that the model wrote; of code, the code.
        output: what was answered; None: nothing, as far as the session shows.
        details: of a built-in tool, as on the wire.
    """

    id: str
    name: str
    arguments: str
    kind: str = FUNCTION
    output: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Message:
    """A message.

    Args:
        id: None: the session never shows it.
        content: the parts, as on the wire; None: the session never shows what it says.
        run_id: of the run that wrote it.
        made_at: place of the interaction that made it; None: it was there before, or a run made it.
        extras: `attachments` and `file_ids`, where it has any.
    """

    id: str | None
    role: str
    content: Sequence[Mapping[str, Any]] | None
    run_id: str | None = None
    made_at: int | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What it says; a part that is no text as its type in brackets."""
        return " ".join(map(_text_of, self.content or ()))


@dataclass(kw_only=True, slots=True)
class Round:
    """Calls that the model made at once."""

    calls: list[Call]


Act: TypeAlias = Round | Message


@dataclass(kw_only=True, slots=True)
class Run:
    """A run, and what the model did in it.

    Args:
        made_at: place of the interaction that made it; None: it was there before.
        settings: the body of that request.
        streamed: whether it was read as a stream.
        statuses: those that the client saw, in order.
        shown: the newest of its objects.
        first: the oldest.
        acts: rounds of calls and messages, in order.
    """

    id: str
    thread_id: str
    made_at: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    streamed: bool = False
    statuses: list[Seen] = field(default_factory=list)
    shown: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The last that was seen."""
        return self.statuses[-1].status if self.statuses else "unknown"

    @property
    def ended(self) -> bool:
        """Whether the session shows how it ended."""
        return self.status in TERMINAL

    @property
    def calls(self) -> list[Call]:
        """All calls of tools, in order."""
        return [call for act in self.acts if isinstance(act, Round) for call in act.calls]

    @property
    def unanswered(self) -> list[Call]:
        """The function calls whose output was never submitted.

        A run of the Assistants API that completed had them all, in the session or not; a response has none.
        """
        if self.status == "completed" and self.first.get("object") != "response":
            return []
        return [call for call in self.calls if call.kind == FUNCTION and call.output is None]

    @property
    def messages(self) -> list[Message]:
        """What it wrote."""
        return [act for act in self.acts if isinstance(act, Message)]


@dataclass(kw_only=True, slots=True)
class Thread:
    """A thread with its messages (those of its runs stand in these) and runs."""

    id: str
    made_at: int | None = None
    messages: list[Message] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def entries(self) -> Iterator[Message | Run]:
        """Yield what was there before, then messages and runs as the session made them."""
        both: list[Message | Run] = [*self.messages, *self.runs]
        yield from sorted(both, key=lambda one: -1 if one.made_at is None else one.made_at)


@dataclass(kw_only=True, slots=True)
class Assistant:
    """An assistant.

    Args:
        shown: the newest of its objects; of one that only runs name, what these say.
    """

    id: str
    made_at: int | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)


class Refused(NamedTuple):
    """A request that was answered by an error.

    Args:
        made_at: place of its interaction.
    """

    made_at: int
    label: str
    status: int
    message: str


class NotUnderstood(NamedTuple):
    """Something in a body that has not the shape that the API gives it, and was left out.

    Args:
        made_at: place of its interaction.
        problem: where it stands in the body, and what was expected there.
    """

    made_at: int
    label: str
    problem: str


@dataclass(kw_only=True, slots=True)
class Conversation:
    """What a session holds."""

    head: Head
    requests: int
    operations: Mapping[str, int]
    assistants: Sequence[Assistant]
    threads: Sequence[Thread]
    refused: Sequence[Refused]
    odd: Sequence[NotUnderstood]

    @property
    def runs(self) -> list[Run]:
        """All runs, thread by thread."""
        return [run for thread in self.threads for run in thread.runs]


def _text_of(part: Mapping[str, Any]) -> str:
    kind = str(part.get("type", "part"))
    value = part.get(kind)
    if isinstance(value, Mapping) and isinstance(value.get("value"), str):
        return str(value["value"])
    if isinstance(value, Mapping) and ("file_id" in value or "url" in value):
        return f"[{kind} {value.get('file_id') or value.get('url')}]"
    # `text` and `refusal` of a request, `output_text` and `input_text` of Responses
    bare = value if isinstance(value, str) else part.get("text")
    return bare if isinstance(bare, str) else f"[{kind}]"
