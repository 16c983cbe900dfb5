"""A stream that is read bit by bit beside what the reference expects of it."""

from __future__ import annotations

import json

from tests.reference.days import event_on, shown_on
from tests.reference.matching import equal


class Reading:
    """A streamed body, what was read of it, and the events that are expected, which grow as time passes.

    Args:
        day: on which it is read; None: today.
    """

    def __init__(self, frames, expected, day=None):
        self.frames, self.expected, self.day = frames, expected, day
        self.events, self.compared, self.pieces = [], 0, {}
        self.last_due, self.ended, self.done = 0.0, False, False

    def read(self, count, wait_until):
        """Read so many frames, waiting for each as a door does."""
        for _ in range(count):
            frame = next(self.frames, None)
            if frame is None:
                self.ended = True
                return
            assert frame.due >= self.last_due
            self.last_due = frame.due
            wait_until(frame.due)
            if frame.data:
                self.take(frame.data)

    def take(self, data):
        assert data.startswith(b"event: ")
        assert data.endswith(b"\n\n")
        name, text = data.decode().removesuffix("\n\n").removeprefix("event: ").split("\ndata: ")
        assert not self.done
        if name == "done":
            self.done = True
            assert text == "[DONE]"
        elif name.endswith(".delta"):
            self.take_delta(json.loads(text))
        else:
            self.events.append((name, json.loads(text)))

    def take_delta(self, event):
        delta = event["delta"]
        parts = delta["content"] if "content" in delta else delta["step_details"]["tool_calls"]
        for part in parts:
            merge(self.pieces.setdefault(event["id"], {}), {part["index"]: part})

    def compare(self):
        """Compare what came since the last time."""
        new = self.events[self.compared :]
        for number, (name, data) in enumerate(new, self.compared):
            assert number < len(self.expected), f"{name} was not expected"
            event, item = self.expected[number]
            equal([event_on(self.day, event), shown_on(self.day, item)], [name, data], f"event {number}")
            self.compare_pieces(name, data)
        self.compared = len(self.events)
        if self.ended:
            assert len(self.events) == len(self.expected)

    def compare_pieces(self, name, data):
        """The pieces of a message make up the message."""
        pieces = [self.pieces.get(data["id"], {})[index] for index in sorted(self.pieces.get(data["id"], {}))]
        if name in {"thread.message.completed", "thread.message.incomplete"}:
            assert [said(part) for part in data["content"]] == [said(part) for part in pieces]


def merge(into, part):
    """Add a piece to what came before: texts are put together, everything else is kept."""
    for key, value in part.items():
        if isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        elif isinstance(value, str) and key in {"value", "arguments", "input"}:
            into[key] = into.get(key, "") + value
        else:
            into[key] = value


def said(part):
    """What a part says: a piece has an index, and not always annotations (recorded-traffic.md 7)."""
    return part["text"]["value"] if part["type"] == "text" else part[part["type"]]
