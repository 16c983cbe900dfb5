"""Reading the events of a run as they are streamed. Whatever breaks a stream, the run goes on: one polls from there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from .events import RunChanged, TextDelta
from .ground import each, resolved

_RUN, _STEP, _DELTA, _ERROR = "thread.run.", "thread.run.step.", "thread.message.delta", "error"


class Reading:
    """What was read of the streams of one run."""

    def __init__(self) -> None:
        self._text = ""
        self._part: tuple[str, int] | None = None
        self._stream: Any = None

    async def close(self) -> None:
        """Close the stream that is read, if there is one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(Exception):
                await resolved(stream.close())

    def rest_of(self, text: str) -> str:
        """Return what a stream did not show of a text; nothing where it showed another one."""
        return text[len(self._text) :] if text.startswith(self._text) else ""

    async def events(self, stream: Any) -> AsyncIterator[RunChanged | TextDelta]:
        """Yield what a stream tells, and close it. Where it breaks, it just ends."""
        self._stream = stream
        try:
            # Not only errors of the SDK: those of the HTTP library come through as they are, and there are two of them.
            with contextlib.suppress(Exception):
                async for event in each(stream):
                    if event.event == _ERROR:
                        return
                    for told in self._told(event):
                        yield told
        finally:
            await self.close()

    def _told(self, event: Any) -> list[RunChanged | TextDelta]:
        if event.event == _DELTA:
            return [one for block in event.data.delta.content or () if (one := self._delta(event.data.id, block))]
        if event.event.startswith(_RUN) and not event.event.startswith(_STEP):
            return [RunChanged(event.data)]
        return []

    def _delta(self, message_id: str, block: Any) -> TextDelta | None:
        value = block.text.value if block.type == "text" and block.text is not None else None
        if not value:
            return None
        part = (message_id, block.index)
        if self._part not in (None, part):
            value = f"\n{value}"
        self._part = part
        self._text += value
        return TextDelta(value)
