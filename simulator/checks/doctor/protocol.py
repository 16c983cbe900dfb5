"""What the doctor and the process of the app say to each other: a JSON object a line.

The doctor asks one thing after the other. Each is answered by any number of lines, the last of which is `done`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .card import Examined, Learnt, Seen

GRACE_SECONDS = 2.0
"""How much longer than a step may take the process is given, before it is taken for one that hangs in C."""


IMPORT_SECONDS = 60.0
"""Of real time, for the module of an app and its first step: some load a model."""
REQUEST, STACK = "request", "stack"
"""Files in the folder that the process is given: its last request, and where it was when it had to be ended."""


class Message(BaseModel):
    """A line."""

    model_config = ConfigDict(frozen=True)


class Open(Message):
    """Import the app, and learn what it does.

    Args:
        app: `MODULE:CALLABLE`.
        tools, prepare: likewise, or empty.
        folders: where to look first.
        timeout: how much real time a step may take, in seconds.
    """

    ask: Literal["open"] = "open"
    app: str
    tools: str = ""
    prepare: str = ""
    folders: tuple[str, ...] = ("",)
    timeout: float
    with_pages: bool = False


class PlayHazard(Message):
    """Play a hazard."""

    ask: Literal["hazard"] = "hazard"
    id: str


class PlayDrawn(Message):
    """Play drawn conversations."""

    ask: Literal["drawn"] = "drawn"
    examples: int


Ask: TypeAlias = Annotated[Open | PlayHazard | PlayDrawn, Field(discriminator="ask")]


class Opened(Message):
    """What the app does where nothing is wrong."""

    tell: Literal["opened"] = "opened"
    learnt: Learnt


class Unusable(Message):
    """The app is none, or cannot be played; nothing more will come."""

    tell: Literal["unusable"] = "unusable"
    text: str


class Playing(Message):
    """The conversation that begins now, as the YAML of its scenario."""

    tell: Literal["playing"] = "playing"
    scenario: str


class Told(Message):
    """A diagnosis."""

    tell: Literal["told"] = "told"
    examined: Examined


class Done(Message):
    """All that was asked for has been told.

    Args:
        seen: what the app was seen to do since its process began.
    """

    tell: Literal["done"] = "done"
    seen: Seen = Seen()


Tell: TypeAlias = Annotated[Opened | Unusable | Playing | Told | Done, Field(discriminator="tell")]

ASK: TypeAdapter[Ask] = TypeAdapter(Ask)
TELL: TypeAdapter[Tell] = TypeAdapter(Tell)
