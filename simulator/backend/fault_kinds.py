"""Deliberate errors: values that say what goes wrong, one class each, and the functions that make them.

A fault says only what happens; on which request, `faults.py` knows. The list of what broke people's
programs, from which these were drawn, is long: locks that outlive their run, streams that end anywhere,
answers that are lost although the effect was made, runs that never move.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias, TypeGuard, TypeVar

from ..errors import UsageError, suggestion
from .lifecycle import RunStatus
from .objects import JsonDict
from .reprs import options_needed, written_call
from .responses.event_names import EVENT_NAMES

E = TypeVar("E", bound=StrEnum)

# Requests whose run begins or goes on, and which may stream; and those after which a run is as it was left.
RUN_STARTERS = frozenset({"runs.create", "threads.create_and_run", "runs.submit_tool_outputs"})
STREAM_STARTERS = RUN_STARTERS | {"responses.create"}
CANCELS = frozenset({"runs.cancel"})
RIVALS_WORDS = "This answers somebody else."

_SERVER_FAULT = (
    "The server had an error processing your request. Sorry about that! You can retry your request, or contact us"
    " through our help center at help.openai.com if you keep seeing this error. (Please include the request ID"
    " {request_id} in your email.)"
)
_WRONG_KEY = (
    "Incorrect API key provided: sk-simulated."
    " You can find your API key at https://platform.openai.com/account/api-keys."
)
# RFC 9110, 5.1 and 5.5, without characters that no byte stands for.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_INVALID = "invalid_request_error"

# status: (message, type, code). 401, 429 and 500 as recorded or reported (assistants-api.md 5.1); for the others
# no text of these endpoints is known, theirs are the service's usual ones.
HTTP_ERRORS: Mapping[int, tuple[str, str, str | None]] = {
    400: ("The request was malformed.", _INVALID, None),
    401: (_WRONG_KEY, _INVALID, "invalid_api_key"),
    403: ("You are not allowed to make this request.", _INVALID, None),
    404: ("Not found.", _INVALID, None),
    408: ("Request timed out.", "server_error", None),
    409: ("The request conflicts with another one. Please retry.", _INVALID, None),
    429: (
        "You've exceeded the rate limit, please slow down and try again later.",
        _INVALID,
        "rate_limit_exceeded",
    ),
    500: (_SERVER_FAULT, "server_error", None),
    502: ("Bad gateway.", "server_error", None),
    503: ("The server is currently overloaded. Please try again later.", "server_error", None),
    504: ("Gateway timeout.", "server_error", None),
}


STREAM_EVENTS = (
    "thread.created",
    *(f"thread.run.{name}" for name in ("created", "queued", "in_progress", "requires_action", "completed")),
    *(f"thread.run.{name}" for name in ("incomplete", "failed", "cancelling", "cancelled", "expired")),
    *(f"thread.run.step.{name}" for name in ("created", "in_progress", "delta", "completed", "failed")),
    *(f"thread.run.step.{name}" for name in ("cancelled", "expired")),
    *(f"thread.message.{name}" for name in ("created", "in_progress", "delta", "completed", "incomplete")),
    "done",
)


class NoResponseKind(StrEnum):
    """How a request can go without an answer, or lose the rest of it."""

    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    READ_TIMEOUT = "read_timeout"
    RESET = "reset"
    CLOSED = "closed"


# The connection was never made: such a request can have had no effect.
NEVER_SENT = frozenset({NoResponseKind.CONNECT_REFUSED, NoResponseKind.CONNECT_TIMEOUT})


class StreamEnding(StrEnum):
    """How a stream that is cut ends: the connection fails, or a clean end comes too early, or an `error` event."""

    CLOSED = "closed"
    RESET = "reset"
    READ_TIMEOUT = "read_timeout"
    END = "end"
    ERROR = "error"
    WRAPPED_ERROR = "wrapped_error"


def call_of(fault: Any) -> tuple[Callable[..., Fault], Any, dict[str, Any]]:
    """Return the function that makes a fault, its first argument, and the options that are not as usual."""
    name = next(name for name, kind in FAULT_TYPES.items() if kind is type(fault))
    first, *others = ((one.name, _plain(getattr(fault, one.name))) for one in fields(fault))
    options, function = dict(others), globals()[name]
    headers = options.get("headers", {})
    if isinstance(fault, HttpError) and _is_decimal(headers.get("retry-after")):
        options["retry_after"] = float(headers["retry-after"])
        options["headers"] = {key: value for key, value in headers.items() if key != "retry-after"}
    return function, first[1], options_needed(fault, function, (first[1],), options)


def _shown(fault: Any) -> str:
    function, first, options = call_of(fault)
    return written_call(function.__name__, (first,), options)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, StrEnum) else value


def _is_decimal(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"\d+(\.\d+)?", text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpError:
    """An error answer of the service."""

    operations: ClassVar[frozenset[str] | None] = None
    streams_only: ClassVar[bool] = False
    status: int
    message: str
    type: str
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    __repr__ = _shown

    def __str__(self) -> str:
        return f"http_error({self.status})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The connection fails."""

    operations: ClassVar[frozenset[str] | None] = None
    streams_only: ClassVar[bool] = False
    kind: NoResponseKind

    __repr__ = _shown

    def __str__(self) -> str:
        return f"no_answer({str(self.kind)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutStream:
    """A stream ends early: before the `nth` event of a name, or after so many events."""

    operations: ClassVar[frozenset[str] | None] = STREAM_STARTERS
    streams_only: ClassVar[bool] = True
    before: str | int
    nth: int
    inside: bool
    ending: StreamEnding

    __repr__ = _shown

    def __str__(self) -> str:
        nth = f", nth={self.nth}" if self.nth > 1 else ""
        return f"cut_stream({self.before!r}{nth}{', inside=True' if self.inside else ''}, ending={str(self.ending)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitStream:
    """A stream arrives in pieces of so many bytes: events, and characters, in parts."""

    operations: ClassVar[frozenset[str] | None] = STREAM_STARTERS
    streams_only: ClassVar[bool] = True
    size: int

    __repr__ = _shown

    def __str__(self) -> str:
        return f"split_stream({self.size})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Time passes before the request arrives, or before its answer does."""

    operations: ClassVar[frozenset[str] | None] = None
    streams_only: ClassVar[bool] = False
    seconds: float

    __repr__ = _shown

    def __str__(self) -> str:
        return f"delay({self.seconds:g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A run stays in a status for longer; `seconds` None: until it expires."""

    streams_only: ClassVar[bool] = False
    status: RunStatus
    seconds: float | None

    @property
    def operations(self) -> frozenset[str]:
        """The requests after which a run is in that status."""
        return CANCELS if self.status == RunStatus.CANCELLING else RUN_STARTERS

    __repr__ = _shown

    def __str__(self) -> str:
        return f"stay({str(self.status)!r}{'' if self.seconds is None else f', {self.seconds:g}'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLag:
    """A thread stays locked for so long after the end of its run."""

    operations: ClassVar[frozenset[str] | None] = RUN_STARTERS
    streams_only: ClassVar[bool] = False
    seconds: float

    __repr__ = _shown

    def __str__(self) -> str:
        return f"lock_lag({self.seconds:g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRun:
    """Somebody else begins a run on the thread, just before the request arrives."""

    operations: ClassVar[frozenset[str] | None] = frozenset({"runs.create"})
    streams_only: ClassVar[bool] = False
    seconds: float
    says: str

    __repr__ = _shown

    def __str__(self) -> str:
        return f"rival_run({self.seconds:g})"


Fault: TypeAlias = HttpError | NoAnswer | CutStream | SplitStream | Delay | Stay | LockLag | RivalRun

FAULT_TYPES: Mapping[str, type[Fault]] = {
    "http_error": HttpError,
    "no_answer": NoAnswer,
    "cut_stream": CutStream,
    "split_stream": SplitStream,
    "delay": Delay,
    "stay": Stay,
    "lock_lag": LockLag,
    "rival_run": RivalRun,
}
"""By the name of the function that makes it; a saved state names them so."""

_ENUMS: Mapping[type[Fault], Mapping[str, type[StrEnum]]] = {
    NoAnswer: {"kind": NoResponseKind},
    CutStream: {"ending": StreamEnding},
    Stay: {"status": RunStatus},
}
STAYING = (RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.CANCELLING)


def http_error(
    status: int,
    message: str | None = None,
    *,
    type: str | None = None,
    code: str | None = None,
    param: str | None = None,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpError:
    """Return an error answer with the service's body for `status`.

    Args:
        status: 400 to 599.
        message: None takes the service's text. `{request_id}` in it becomes the request's id.
        retry_after: seconds for the header `retry-after`; None leaves it out, as the service may.
        headers: further response headers.

    Raises:
        UsageError: a status that is no error, a message that is no text, a `retry_after` that is no such number, or
            headers that cannot be sent.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        raise UsageError(f"http_error() takes a status from 400 to 599, not {status!r}.")
    if retry_after is not None and not _is_number(retry_after):
        raise UsageError(f"http_error(retry_after=…) is a number of seconds, zero or more, not {retry_after!r}.")
    for name, value in (headers or {}).items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise UsageError(f"http_error(headers=…): {name!r} and {value!r} are no name and value of a header.")
    if message is not None and not isinstance(message, str):
        raise UsageError(f"http_error() takes a text as message, not {message!r}.")
    usual = HTTP_ERRORS.get(status, HTTP_ERRORS[400 if status < 500 else 500])
    extra = {} if retry_after is None else {"retry-after": f"{retry_after:.15g}"}
    return HttpError(
        status=status,
        message=usual[0] if message is None else message,
        type=type or usual[1],
        code=code or (usual[2] if message is None else None),
        param=param,
        headers={**extra, **(headers or {})},
    )


def no_answer(kind: str = "reset") -> NoAnswer:
    """Return a connection that fails; the SDK raises `APIConnectionError` or `APITimeoutError`, after its retries.

    Args:
        kind: `connect_refused`, `connect_timeout` (after 5 virtual seconds, the SDK's limit), `read_timeout` (after the
            client's own limit; 600 s where it has none), `reset`, or `closed`: the service hangs up. Planned with
            `at="after"` the effect is made, and only the answer lost.

    Raises:
        UsageError: there is no such kind.
    """
    return NoAnswer(kind=_one_of(NoResponseKind, kind, "no_answer() takes a kind:"))


def cut_stream(before: str | int = "done", *, nth: int = 1, inside: bool = False, ending: str = "closed") -> CutStream:
    """Return the early end of a stream; the run itself goes on (assistants-api.md 2.1).

    Args:
        before: the stream event that does not come, such as `"thread.message.delta"` or `"response.completed"`;
            `"done"` is the last frame of a run's stream. Or a number: so many events come.
        nth: the how manieth event of that name.
        inside: half of its frame comes.
        ending: `closed` and `reset`: the connection fails; `read_timeout`: nothing more comes, until the client's own
            limit; `end`: a clean end (with `before="done"`: only `[DONE]` is missing); `error` and `wrapped_error`: an
            `error` event with a flat body, as the spec has it, or with `{"error": …}` in it, as recorded, then the end.

    Raises:
        UsageError: no such event or ending, or a number that counts nothing.
    """
    known = (*EVENT_NAMES, *STREAM_EVENTS)
    if isinstance(before, str) and before not in known:
        hint = suggestion(before, known) or f" There are: {', '.join(known)}."
        raise UsageError(f"cut_stream() knows no stream event {before!r}.{hint}")
    if not isinstance(before, str) and not is_count(before):
        raise UsageError(f"cut_stream() takes a stream event, or how many events come, not {before!r}.")
    if not is_count(nth) or nth < 1:
        raise UsageError(f"cut_stream(nth=…) is one or more, not {nth!r}.")
    found = _one_of(StreamEnding, ending, "cut_stream(ending=…) is")
    return CutStream(before=before, nth=nth, inside=bool(inside), ending=found)


def split_stream(size: int = 1) -> SplitStream:
    """Return a stream that arrives in pieces of `size` bytes: no event, and no character, need be whole in one.

    Raises:
        UsageError: `size` is no number of bytes.
    """
    if not is_count(size) or size < 1:
        raise UsageError(f"split_stream() takes a number of bytes, one or more, not {size!r}.")
    return SplitStream(size=size)


def delay(seconds: float) -> Delay:
    """Return so much virtual time that passes before a request arrives; with `at="after"`, before its answer does.

    A tool that takes too long: `faults.add(delay(600), on="runs.submit_tool_outputs")`: the run has expired. A cancel
    that loses the race: `faults.add(delay(10), on="runs.cancel")`: the run has completed.

    Raises:
        UsageError: `seconds` is no such number.
    """
    return Delay(seconds=_seconds(seconds, "delay()"))


def stay(status: str, seconds: float | None = None) -> Stay:
    """Return that a run stays where it is: slow, or stuck.

    Args:
        status: `queued` or `in_progress`, of a run that is created or goes on; `cancelling`, of one that is cancelled.
        seconds: how much longer; None: until it expires.

    Raises:
        UsageError: a run does not stay in this status by itself, or `seconds` is no such number.
    """
    found = _one_of(RunStatus, status, "stay() takes a status:", STAYING)
    return Stay(status=found, seconds=None if seconds is None else _seconds(seconds, "stay()"))


def lock_lag(seconds: float) -> LockLag:
    """Return that a thread takes no message and no run for `seconds` after its run has ended.

    Clients met the lock although they had seen the run end (hazards 2 and 8: agency-swarm#251, #268).

    Raises:
        UsageError: `seconds` is no such number.
    """
    return LockLag(seconds=_seconds(seconds, "lock_lag()"))


def rival_run(seconds: float = 5, *, says: str = RIVALS_WORDS) -> RivalRun:
    """Return that somebody else begins a run on the thread just before the request, which is refused for it.

    It is a run like any other: the refusal names it, it can be retrieved and cancelled, ends by itself, and what it
    says stands in the thread. It runs the assistant of the request. The model is not asked, and no turn of a script
    is used up. Nobody else begins anything where the request is refused anyway: another run locks the thread, or the
    assistant is unknown. Seen in TripSit/TripBot#939 and dotnet/extensions#5964.

    Args:
        seconds: how long it takes.
        says: its message, in one part.

    Raises:
        UsageError: `seconds` is no such number, or `says` no text.
    """
    if not isinstance(says, str) or not says:
        raise UsageError(f"rival_run(says=…) is a text that is not empty, not {says!r}.")
    return RivalRun(seconds=_seconds(seconds, "rival_run()"), says=says)


def fault_to_json(fault: Fault) -> JsonDict:
    """Return a fault as JSON values, under the name of its function."""
    name = next(name for name, kind in FAULT_TYPES.items() if isinstance(fault, kind))
    return {"name": name, **asdict(fault)}


def fault_from_json(saved: Mapping[str, Any]) -> Fault:
    """Return what `fault_to_json` described; one without a name is of 0.1.0, which knew HTTP errors only."""
    kind: Any = FAULT_TYPES[saved.get("name", "http_error")]  # which fields it has, only the file knows
    enums = _ENUMS.get(kind, {})
    values = {key: enums.get(key, _as_it_is)(value) for key, value in saved.items() if key != "name"}
    fault: Fault = kind(**values)
    return fault


def _as_it_is(value: Any) -> Any:
    return value


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number, zero or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _one_of(enum: type[E], value: object, what: str, allowed: Iterable[E] | None = None) -> E:
    known = tuple(enum if allowed is None else allowed)
    for one in known:
        if one == value:
            return one
    raise UsageError(f"{what} {', '.join(known)}; not {value!r}.")


def _seconds(value: float, where: str) -> float:
    if not _is_number(value):
        raise UsageError(f"{where} takes a number of virtual seconds, zero or more, not {value!r}.")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
