"""What the messages of a conversation say, kept from one view of it to the next.

A view shows a whole conversation, and each turn has one. Gathered anew each time, a thread of 2,000 turns took ten
seconds and 300 MB. So the views of a conversation share one transcript, of which each shows a stretch. It grows at
its end only: when what stands there is not what the store has, another one is begun, and older views keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias, overload

Spoken: TypeAlias = tuple[str, str]
"""Who says something, and the text."""
TextOf: TypeAlias = Callable[[Mapping[str, Any]], str]
Count: TypeAlias = Callable[[str, str], int]


class Transcript:
    """Messages as (role, text) pairs, with the contents that these were read from and what they cost."""

    __slots__ = ("_contents", "_costs", "_model", "_roles", "spoken")

    def __init__(self) -> None:
        self.spoken: list[Spoken] = []
        self._roles: list[str] = []
        self._contents: list[Any] = []
        self._model = ""
        self._costs: list[int] = []

    def begins(self, roles: Sequence[str], contents: Sequence[Any]) -> bool:
        """Return whether messages with these roles and contents begin with all that is here."""
        end = len(self.spoken)
        return self._contents == contents[:end] and self._roles == roles[:end]

    def add(self, role: str, content: Any, text: str) -> None:
        """Put a message at the end."""
        self._roles.append(role)
        self._contents.append(content)
        self.spoken.append((role, text))

    def costs(self, start: int, stop: int, model: str, count: Count) -> list[int]:
        """Return the tokens of the texts of a stretch; those of the model that was asked for last are kept."""
        if model != self._model:
            self._model, self._costs = model, []
        counted = len(self._costs)
        self._costs += [count(text, model) for _, text in self.spoken[counted:stop]]
        return self._costs[start:stop]


class Stretch(Sequence[Spoken]):
    """Messages of a transcript in a row. They stay what they are while it grows."""

    __slots__ = ("_start", "_stop", "_transcript")
    __hash__ = None  # type: ignore[assignment]  # it equals any sequence of the same messages

    def __init__(self, transcript: Transcript, start: int, stop: int) -> None:
        self._transcript, self._start, self._stop = transcript, start, stop

    def costs(self, model: str, count: Count) -> list[int]:
        """Return the tokens of each text."""
        return self._transcript.costs(self._start, self._stop, model, count)

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> Spoken: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Spoken]: ...
    def __getitem__(self, index: int | slice) -> Spoken | Sequence[Spoken]:
        if isinstance(index, slice):
            return list(self)[index]
        return self._transcript.spoken[range(self._start, self._stop)[index]]

    def __iter__(self) -> Iterator[Spoken]:
        return islice(self._transcript.spoken, self._start, self._stop)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __repr__(self) -> str:
        return repr(list(self))


class Transcripts:
    """The transcript of each conversation, as its last view left it."""

    def __init__(self) -> None:
        self._kept: dict[str, Transcript] = {}

    def show(
        self, conversation: str, messages: Sequence[Mapping[str, Any]], text_of: TextOf, *, start: int = 0
    ) -> Stretch:
        """Return what the messages of a conversation say; only what is new since its last view is read.

        Args:
            messages: all, the oldest first. A content is replaced when it changes, and never changed in place.
            text_of: reads a message.
            start: how many of the oldest are not shown.
        """
        roles = [message["role"] for message in messages]
        contents = [message["content"] for message in messages]
        transcript = self._kept.get(conversation)
        if transcript is None or not transcript.begins(roles, contents):
            transcript = self._kept[conversation] = Transcript()
        for message in messages[len(transcript.spoken) :]:
            transcript.add(message["role"], message["content"], text_of(message))
        return Stretch(transcript, start, len(messages))

    def drop(self, conversation: str) -> None:
        """Forget a conversation that is deleted; its views keep what they show."""
        self._kept.pop(conversation, None)
