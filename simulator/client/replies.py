"""What an assistant said in a run: its own messages, and not whatever stands last on the thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import pydantic

from .calls import Execution
from .errors import ReplyInvalid
from .usage import Usage

Model = TypeVar("Model", bound=pydantic.BaseModel)


@dataclass(frozen=True, slots=True)
class Text:
    """Words, with the citations and files that stand in them, as the SDK has them."""

    text: str
    annotations: tuple[Any, ...] = ()

    @property
    def readable(self) -> str:
        """The words without the markers of citations, such as `【4:0†handbook.txt】`; other brackets stay."""
        text = self.text
        for one in self.annotations:
            if one.type == "file_citation":
                text = text.replace(one.text, "")
        return text


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `file_id` for one that is a file of the service, `url` for one that stands elsewhere."""

    file_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words by which the model refuses to answer."""

    text: str


Part: TypeAlias = Text | Image | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a message.

    Args:
        text: the texts of all messages that the run wrote, joined by line ends; empty where it wrote none.
        parts: what the messages are made of, in order.
        messages: the messages themselves, as the SDK has them.
        run: the run, as the SDK has it.
        executions: the functions that were executed, in order.
        usage: the tokens of this run, and of those that it replaced.
        parsed: the reply as the model that was asked for; else None.
    """

    text: str
    parts: tuple[Part, ...] = ()
    messages: tuple[Any, ...] = ()
    run: Any = None
    executions: tuple[Execution, ...] = ()
    usage: Usage = field(default_factory=Usage)
    parsed: Any = None

    def __str__(self) -> str:
        """What one shows to the user: the text without the markers of citations, or the refusal."""
        return self.readable or self.refusal or ""

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return str(self.run.id)

    @property
    def thread_id(self) -> str:
        """The thread that it is on."""
        return str(self.run.thread_id)

    @property
    def readable(self) -> str:
        """`text` without the markers of citations, to be shown to people."""
        return "\n".join(one.readable for one in self.parts if isinstance(one, Text))

    @property
    def refusal(self) -> str | None:
        """The words by which the model refused; None where it did not."""
        refusals = [one.text for one in self.parts if isinstance(one, Refusal)]
        return "\n".join(refusals) if refusals else None

    @property
    def images(self) -> list[Image]:
        """The pictures."""
        return [one for one in self.parts if isinstance(one, Image)]

    @property
    def annotations(self) -> list[Any]:
        """The citations and files of all texts, in order."""
        return [annotation for one in self.parts if isinstance(one, Text) for annotation in one.annotations]

    @property
    def cited_files(self) -> list[str]:
        """The ids of the files that are cited, each once, in order."""
        citations = (getattr(one, "file_citation", None) for one in self.annotations)
        return list(dict.fromkeys(one.file_id for one in citations if one is not None))

    def parse(self, model: type[Model]) -> Model:
        """Return the text, which is JSON, as a pydantic model.

        Raises:
            ReplyInvalid: it does not fit, or the model refused to answer.
        """
        return parsed(self, model)


def parts_of(messages: Sequence[Any]) -> tuple[Part, ...]:
    """Return what messages are made of; a kind of part that is not known is left out."""
    return tuple(part for message in messages for block in message.content or () if (part := _part(block)) is not None)


def text_of(parts: Sequence[Part]) -> str:
    """Return the texts among parts, joined by line ends."""
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def parsed(reply: Reply, model: type[Model]) -> Model:
    """Return the text of a reply, which is JSON, as a pydantic model.

    Raises:
        ReplyInvalid: it does not fit, or the model refused to answer.
    """
    if reply.refusal is not None and not reply.text:
        raise ReplyInvalid(f"The model refused to answer: {reply.refusal}", reply.refusal)
    try:
        return model.model_validate_json(reply.text)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ReplyInvalid(
            f"The reply is no {model.__name__}: {place}: {first['msg']} ({error.error_count()} problems). See `text`.",
            reply.text,
        ) from error


def _part(block: Any) -> Part | None:
    if block.type == "text":
        return Text(block.text.value, tuple(block.text.annotations or ()))
    if block.type == "refusal":
        return Refusal(block.refusal)
    if block.type == "image_file":
        return Image(file_id=block.image_file.file_id)
    if block.type == "image_url":
        return Image(url=block.image_url.url)
    return None
