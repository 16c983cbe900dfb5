"""Turns: what the scripted model answers, one value each, and the functions that make them.

A turn knows nothing of runs, threads or any wire form, so that the same script answers on every
surface. The functions check what they are given at once: a mistake in a script is found on the
line that made it and not in the middle of a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from ..errors import TurnError
from .reprs import call_that_makes, written_call
from .turn_checks import (
    Chunks,
    JsonObject,
    checked_chunks,
    checked_name,
    checked_object,
    checked_seconds,
    checked_text,
    placed_annotations,
)

# What codes look like. A message that is given in a code's place does not.
_CODE = re.compile(r"[A-Za-z][\w.-]*")
# The codes of the official spec; the service also sent others, so any name is taken
# (assistants-api.md 1.6: "treat the enum as open").
FAIL_MESSAGES = {
    "server_error": "Sorry, something went wrong.",
    "rate_limit_exceeded": (
        "You exceeded your current quota, please check your plan and billing details. For more information on this"
        " error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    ),
    "invalid_prompt": "The prompt was rejected.",
}
INCOMPLETE_REASONS = ("max_completion_tokens", "max_prompt_tokens", "content_filter")


def _shown(value: Any) -> str:
    """Return a value as the call that makes it; its first field stands first."""
    function = _MADE_BY[type(value)]
    names = [one.name for one in fields(value)]
    first = 0 if names == ["takes"] else 1
    given = [getattr(value, name) for name in names[:first]]
    positional = value.parts if isinstance(value, Say) else given
    return call_that_makes(value, function, positional, {name: getattr(value, name) for name in names[first:]})


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a message: the id of a file, or the bytes of a PNG that becomes one."""

    source: str | bytes
    __repr__ = _shown


@dataclass(frozen=True, slots=True)
class RefusedText:
    """A part in which the model declines to answer."""

    text: str
    __repr__ = _shown


Part: TypeAlias = str | Image | RefusedText


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One function call; `text` is the exact argument text and need not be JSON.

    `arguments` are those of `call`, whose text may still be widened; `raw_call` has none.
    """

    name: str
    text: str
    arguments: JsonObject | None = field(default=None, compare=False)
    id: str | None = None
    chunks: Chunks = None

    def __repr__(self) -> str:
        if self.arguments is not None and self == call(self.name, **self.arguments):
            return written_call("call", (self.name,), self.arguments)
        return call_that_makes(self, raw_call, (self.name, self.text), {"id": self.id, "chunks": self.chunks})


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A message, and with `more` a turn that goes on."""

    parts: tuple[Part, ...]
    annotations: tuple[JsonObject, ...] = ()
    chunks: Chunks = None
    more: bool = False
    off_format: bool = False
    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTools:
    """Function calls in parallel: the run waits in `requires_action` for their outputs."""

    calls: tuple[ToolCall, ...]
    takes: float | None = None

    def __repr__(self) -> str:
        plain = tuple(one if one.arguments is None else call(one.name, **one.arguments) for one in self.calls)
        calls = plain if self == call_tools(*plain, takes=self.takes) else self.calls
        return call_that_makes(self, call_tools, calls, {"takes": self.takes})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCode:
    """A code interpreter call, with what it printed and drew."""

    input: str
    logs: str | None = None
    images: tuple[Image, ...] = ()
    chunks: Chunks = None
    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFiles:
    """A file search call and what it found; `results` None: what the vector stores of assistant and thread have."""

    query: str
    results: tuple[JsonObject, ...] | None = None
    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """The run fails, perhaps after `text` was said."""

    code: str
    message: str
    text: str | None = None
    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """The run stops short of its end, after `text`."""

    reason: str
    text: str = ""
    chunks: Chunks = None
    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The run completes without a message."""

    takes: float | None = None
    __repr__ = _shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """The run stays `in_progress` until it expires or is cancelled."""

    takes: float | None = None
    __repr__ = _shown


Turn: TypeAlias = Say | CallTools | RunCode | SearchFiles | Fail | Incomplete | Finish | Hang

TURN_TYPES = (Say, CallTools, RunCode, SearchFiles, Fail, Incomplete, Finish, Hang)


def ends_run(turn: Turn) -> bool:
    """Return whether no further turn follows in the same run."""
    if isinstance(turn, Say):
        return not turn.more
    return isinstance(turn, Fail | Incomplete | Finish | Hang)


def as_turn(value: object) -> Turn:
    """Return `value` as a turn; a bare call is a round of one call, a bare string is said.

    Raises:
        TurnError: `value` is nothing that a model could answer.
    """
    if isinstance(value, TURN_TYPES):
        return value
    if isinstance(value, ToolCall):
        return CallTools(calls=(value,))
    if isinstance(value, str):
        return say(value)
    hint = " Give the turns of a list one by one: script(*turns)." if isinstance(value, list | tuple) else ""
    raise TurnError(
        f"{value!r} is not a turn. A turn is made by say, call, call_tools, raw_call, run_code, search_files, fail,"
        " incomplete, finish or hang; a string is short for say(string)."
        f"{hint}"
    )


def say(
    *parts: Part,
    annotations: Iterable[JsonObject] = (),
    chunks: Chunks = None,
    more: bool = False,
    off_format: bool = False,
    takes: float | None = None,
) -> Say:
    """Answer with a message; without parts its content is empty.

    Args:
        parts: texts, `image(…)` and `refusal(…)`, in order.
        annotations: as on the wire, on the first text; indices are computed where absent.
        chunks: the deltas of a stream: their number in each text, or the pieces, which together give the only text.
        more: True if the model goes on after this message, in the same run.
        off_format: True if the text breaks the run's `response_format` on purpose, as models without strict schemas do.
        takes: virtual seconds; None leaves it to the seed.

    Raises:
        TurnError: a part of another type, or chunks that do not make up the text.
    """
    for part in parts:
        if not isinstance(part, str | Image | RefusedText):
            raise TurnError(f"say() takes texts, image(…) and refusal(…), not {part!r}.")
    texts = [checked_text(part, "say()") for part in parts if isinstance(part, str)]
    placed = placed_annotations(annotations, texts)
    if len(texts) != 1 and isinstance(chunks, Sequence):
        raise TurnError(f"chunks=[…] are the pieces of one text, and here are {len(texts)}: give a number instead.")
    return Say(
        parts=parts,
        annotations=placed,
        chunks=checked_chunks(chunks, "".join(texts)),
        more=more,
        off_format=off_format,
        takes=checked_seconds(takes),
    )


def image(source: str | bytes) -> Image:
    """Return an image part: `source` is the id of a file, or the bytes of a PNG.

    Raises:
        TurnError: it is neither.
    """
    if isinstance(source, bytes) and not source.startswith(b"\x89PNG"):
        raise TurnError("image() takes a file id or the bytes of a PNG; these bytes do not begin as a PNG does.")
    if not isinstance(source, str | bytes) or not source:
        raise TurnError(f"image() takes a file id or the bytes of a PNG, not {source!r}.")
    return Image(source)


def refusal(text: str) -> RefusedText:
    """Return a part in which the model declines.

    Raises:
        TurnError: `text` is none.
    """
    return RefusedText(checked_text(text, "refusal()"))


def call(name: str, /, **arguments: Any) -> ToolCall:
    """Ask for one function call. Alone in a script it is a round of its own.

    Args:
        name: the function; models also call functions that nobody declared, so any name is taken.
        arguments: JSON values.

    Raises:
        TurnError: an empty name, or arguments that JSON cannot hold.
    """
    checked = checked_object(arguments, f"the arguments of {name!r}")
    # A model's single call is compact JSON (recorded-traffic.md 7); `call_tools` widens parallel ones.
    return ToolCall(checked_name(name), json.dumps(checked, ensure_ascii=False, separators=(",", ":")), checked)


def raw_call(name: str, text: str, *, id: str | None = None, chunks: Chunks = None) -> ToolCall:
    """Ask for a function call whose argument text is exactly `text`, be it JSON or not.

    Args:
        id: of the call; None: a new one.
        chunks: the deltas of the arguments in a stream: their number, or the pieces.

    Raises:
        TurnError: a name, a text or an id that is none, or chunks that do not make up the text.
    """
    if id is not None and (not isinstance(id, str) or not id):
        raise TurnError(f"raw_call(id=…) takes a text that is not empty, not {id!r}.")
    checked_text(name, "raw_call()")
    checked_text(text, "raw_call()")
    return ToolCall(name, text, None, id, checked_chunks(chunks, text))


def call_tools(*calls: ToolCall, takes: float | None = None) -> CallTools:
    """Ask for several function calls at once; the run waits until all are answered.

    Raises:
        TurnError: nothing given, or something that `call` and `raw_call` did not make.
    """
    if not calls:
        raise TurnError('call_tools() takes at least one call, for example call("get_weather", location="Paris").')
    for one in calls:
        if not isinstance(one, ToolCall):
            raise TurnError(f"call_tools() takes call(…) and raw_call(…), not {one!r}.")
    ids = [one.id for one in calls if one.id is not None]
    if len(set(ids)) != len(ids):
        raise TurnError(f"call_tools(): the calls of one round have ids of their own, not {ids!r}.")
    widened = tuple(_widened(one) for one in calls) if len(calls) > 1 else calls
    return CallTools(calls=widened, takes=checked_seconds(takes))


def run_code(
    input: str,
    *,
    logs: str | None = None,
    images: Iterable[str | bytes | Image] = (),
    chunks: Chunks = None,
    takes: float | None = None,
) -> RunCode:
    """Run code in the code interpreter, then go on.

    Args:
        input: the code.
        logs: what it printed. Recorded calls that returned a value had no logs (assistants-api.md 1.8).
        images: ids of files, or PNG bytes.
        chunks: the deltas of the code in a stream: their number, or the pieces.
        takes: virtual seconds; None leaves it to the seed.

    Raises:
        TurnError: code or logs that are no text, an image that is none, or chunks that do not make up the code.
    """
    drawn = tuple(one if isinstance(one, Image) else image(one) for one in images)
    logs = None if logs is None else checked_text(logs, "run_code(logs=…)")
    code = checked_text(input, "run_code()")
    return RunCode(
        input=code, logs=logs, images=drawn, chunks=checked_chunks(chunks, code), takes=checked_seconds(takes)
    )


def search_files(query: str, *, results: Iterable[JsonObject] | None = None, takes: float | None = None) -> SearchFiles:
    """Search files, then go on.

    Args:
        results: what is found, as on the wire; None searches the vector stores of assistant and thread.
        takes: virtual seconds; None leaves it to the seed.

    Raises:
        TurnError: a query that is no text, or results that JSON cannot hold.
    """
    found = None if results is None else tuple(checked_object(one, "a search result") for one in results)
    return SearchFiles(query=checked_text(query, "search_files()"), results=found, takes=checked_seconds(takes))


def fail(code: str, message: str | None = None, *, text: str | None = None, takes: float | None = None) -> Fail:
    """Fail the run with `last_error.code` = `code`.

    Args:
        code: `server_error`, `rate_limit_exceeded`, `invalid_prompt`, or another word: the specification names these
            three, but runs were seen to fail with others (`invalid_image_url`, June 2025), so the list stays open.
        message: None takes the service's own text for the code.
        text: what was said before it failed.

    Raises:
        TurnError: `code` is no word, as when only a message is given.
    """
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise TurnError(
            f"fail() takes a code first, such as {', '.join(FAIL_MESSAGES)}, not {code!r}; a message goes second."
        )
    text = None if text is None else checked_text(text, "fail(text=…)")
    said = FAIL_MESSAGES.get(code, FAIL_MESSAGES["server_error"]) if message is None else message
    return Fail(code=code, message=checked_text(said, "fail()"), text=text, takes=checked_seconds(takes))


def incomplete(reason: str, text: str = "", *, chunks: Chunks = None, takes: float | None = None) -> Incomplete:
    """End the run as `incomplete` after `text`; `reason` is a limit or `content_filter`.

    Raises:
        TurnError: another reason, or chunks that do not make up the text.
    """
    if reason not in INCOMPLETE_REASONS:
        raise TurnError(f"incomplete() takes one of {', '.join(INCOMPLETE_REASONS)}, not {reason!r}.")
    checked_text(text, "incomplete()")
    return Incomplete(reason=reason, text=text, chunks=checked_chunks(chunks, text), takes=checked_seconds(takes))


def finish(*, takes: float | None = None) -> Finish:
    """Complete the run without a message.

    Raises:
        TurnError: `takes` is no number of seconds.
    """
    return Finish(takes=checked_seconds(takes))


def hang(*, takes: float | None = None) -> Hang:
    """Never end: only expiry and cancel do. `takes` is there as on every turn, and changes nothing.

    Raises:
        TurnError: `takes` is no number of seconds.
    """
    return Hang(takes=checked_seconds(takes))


def _widened(one: ToolCall) -> ToolCall:
    # Parallel calls have spaces after colons and commas (recorded-traffic.md 7, simple-openai/runsteps_2024-05-07).
    if (
        one.arguments is None
        or one.chunks is not None
        or one.text != json.dumps(one.arguments, ensure_ascii=False, separators=(",", ":"))
    ):
        return one
    return ToolCall(one.name, json.dumps(one.arguments, ensure_ascii=False), one.arguments, one.id)


_MADE_BY: Mapping[type, Callable[..., object]] = {
    Image: image,
    RefusedText: refusal,
    Say: say,
    RunCode: run_code,
    SearchFiles: search_files,
    Fail: fail,
    Incomplete: incomplete,
    Finish: finish,
    Hang: hang,
}

__all__ = [
    "call",
    "call_tools",
    "fail",
    "finish",
    "hang",
    "image",
    "incomplete",
    "raw_call",
    "refusal",
    "run_code",
    "say",
    "search_files",
]
