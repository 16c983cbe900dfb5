"""What the plain loop hears in streams: the texts as they grow, and the run as it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from .plain_replies import annotations_of

_ASKED, _DONE = "requires_action", "completed"


class Heard:
    """What came of one run in streams; a stream that breaks is no failure of the run, which goes on.

    Args:
        run: as it was last shown; None: it was not, by the last stream.
        is_whole: whether `said` is all that the run wrote: each stream came to where the run asked or completed.
    """

    def __init__(self) -> None:
        self.run: Any = None
        self.is_whole = False
        self._broke = False
        self._parts: dict[tuple[str, int], str] = {}
        self._annotations: dict[tuple[str, int], list[Any]] = {}

    @property
    def said(self) -> list[tuple[str, list[Any]]]:
        """What was said, part by part: the text, and its annotations."""
        return [(text, self._annotations.get(place, [])) for place, text in self._parts.items()]

    def read(self, events: Iterable[Any]) -> None:
        """Hear a stream out, as far as it goes."""
        self.run = None
        with suppress(Exception):  # httpx's before openai 3, openai's, or json's: the run itself tells how it went
            for event in events:
                if event.event == "error":  # a flat one: the SDK raises for the wrapped one only
                    break
                self._hear(event)
        status = None if self.run is None else self.run.status
        self._broke |= status not in (_ASKED, _DONE)
        self.is_whole = status == _DONE and not self._broke

    def _hear(self, event: Any) -> None:
        if event.event == "thread.message.delta":
            for part in event.data.delta.content or ():
                self._add((event.data.id, part.index), part)
        elif getattr(event.data, "object", "") == "thread.run":
            self.run = event.data

    def _add(self, place: tuple[str, int], part: Any) -> None:
        said = part.text.value if part.type == "text" and part.text else getattr(part, "refusal", None)
        if said is not None:
            self._parts[place] = self._parts.get(place, "") + said
            self._annotations.setdefault(place, []).extend(annotations_of(part))
