"""`use_cassette`: a recorded session around a block or a function."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, Never, Self, TypeVar

from ..errors import CassetteError, UsageError, refuse_unknown
from ..transport.pace import TimeMode
from .forms import SUFFIXES, load
from .gate.outputs import OutputMode
from .record_session import LiveSession, recording
from .replay_session import replaying
from .scrubbing import Ids, Scrubber
from .session import Mode, Session, Settings

_Function = TypeVar("_Function", bound=Callable[..., Any])
OPTIONS = (
    "mode",
    "outputs",
    "ignore",
    "hosts",
    "time",
    "json_paths",
    "ids",
    "before_record_request",
    "before_record_response",
    "record_on_exception",
)


def use_cassette(
    path: str | os.PathLike[str],
    *,
    mode: str | None = None,
    record_on_exception: bool = False,
    **options: Any,
) -> CassetteUse:
    """Use a recorded session in a `with` or `async with` block, or as a decorator.

    Args:
        path: of the file; `.yaml` may be left out.
        mode: `"replay"`: requests to the API are answered from the file; `"record"`: they reach the service,
            and the session is written; `"live"`: they reach it, and nothing is kept. None: replay where the
            file exists, else record.
        record_on_exception: whether the session of a block that failed is written too.
        options: those of `settings_of`.

    Raises:
        UsageError: an option that there is not, or a value that it cannot have.
        CassetteError: when the block begins: there is nothing to replay, or it cannot be read or written; when it
            ends: nothing was recorded, or it cannot be written.
        CheckFailed: when the block ends: the program did something else than what was recorded.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f"use_cassette() takes the path of a file first, not {path!r}.")
    if mode is not None and mode not in tuple(Mode):
        raise UsageError(f"mode= is one of {', '.join(Mode)}, or None, not {mode!r}.")
    refuse_unknown("use_cassette()", options, OPTIONS)
    return CassetteUse(Path(path), mode, settings_of(**options), record_on_exception=record_on_exception)


def settings_of(
    *,
    outputs: str = "strict",
    ignore: Iterable[str] = (),
    hosts: Iterable[str] = (),
    time: str = TimeMode.VIRTUAL,
    json_paths: Iterable[str] = (),
    ids: str = Ids.KEEP,
    before_record_request: Callable[[Any], Any] | None = None,
    before_record_response: Callable[[Any], Any] | None = None,
    **unknown: Never,
) -> Settings:
    """Return the settings of a session.

    Args:
        outputs: of replay: tool outputs are those that were recorded (`"strict"`), of the same shape
            (`"shape"`), or anything (`"ignore"`).
        ignore: of replay: parts of bodies that are not compared, as `metadata.started_at`.
        hosts: API hosts beside the usual ones: `"host"`, `"host:port"`, `"*.domain"` or a URL. What the SDK
            sends is recorded whatever its host.
        time: of replay: as of `Simulator`; so that nobody waits, the program's sleeps are virtual, and its dates
            begin at that of the recording. To record takes the time it takes.
        json_paths: parts of bodies that are scrubbed, as `metadata.customer` or `data.*.content`.
        ids: whether ids are kept in the file (`"keep"`) or `"replace"`d. They are no secrets; a program that has
            ids of its own, such as that of an assistant, is not answered by a cassette without them.
        before_record_request: as vcrpy's: gets a copy of its request, returns it, another, or None to drop it.
        before_record_response: as vcrpy's: the same for its response, a dict.

    Raises:
        UsageError: an option that there is not, or a value that it cannot have.
    """
    refuse_unknown("use_cassette()", unknown, OPTIONS)
    if outputs not in tuple(OutputMode):
        raise UsageError(f"outputs= is one of {', '.join(OutputMode)}, not {outputs!r}.")
    if time not in tuple(TimeMode):
        raise UsageError(f"time= is one of {', '.join(TimeMode)}, not {time!r}.")
    for name, value in (("hosts", hosts), ("ignore", ignore)):
        if isinstance(value, str):
            raise UsageError(f"{name}= is a list, not one text: write [{value!r}].")
    return Settings(
        outputs=outputs,
        ignore=tuple(ignore),
        hosts=tuple(hosts),
        time=TimeMode(time),
        scrubber=Scrubber(json_paths=json_paths, ids=ids),
        before_record_request=before_record_request,
        before_record_response=before_record_response,
    )


class CassetteUse:
    """What `use_cassette` returns: a context manager for one block, a decorator for any number of calls."""

    def __init__(self, path: Path, mode: str | None, settings: Settings, *, record_on_exception: bool) -> None:
        self._path = path
        self._mode = mode
        self._settings = settings
        self._record_on_exception = record_on_exception
        self._block: AbstractContextManager[Session] | None = None
        self._session: Session

    def __enter__(self) -> Session:
        if self._block is not None:
            raise UsageError(f"the cassette {self._path} is in use already: call use_cassette() for each block.")
        path = existing(self._path)
        mode = Mode(self._mode) if self._mode else Mode.REPLAY if path.exists() else Mode.RECORD
        if mode is Mode.REPLAY and not path.exists():
            raise CassetteError(f'{path}: there is no such cassette: record it with mode="record".')
        block = _opened(path, mode, self._settings)
        self._session = block.__enter__()
        self._block = block
        return self._session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._block is None:
            return
        block, self._block = self._block, None
        block.__exit__(kind, error, traceback)
        if error is None or (self._record_on_exception and self._session.mode is Mode.RECORD):
            self._session.finish()
        elif error is not None and (remark := self._session.remark(str(error))):
            error.add_note(remark)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        """Run each call of a function, sync or async, inside a block of its own.

        Raises:
            UsageError: it is no function, or a generator.
        """
        if not callable(function) or isinstance(function, type):
            raise UsageError(f"use_cassette() stands over a function, not over {function!r}.")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise UsageError(f"use_cassette() cannot stand over {function.__qualname__}, which is a generator.")
        wrapped: Any = _in_blocks_async if inspect.iscoroutinefunction(function) else _in_blocks
        done: _Function = wrapped(function, self._again)
        return done

    def _again(self) -> Self:
        return type(self)(self._path, self._mode, self._settings, record_on_exception=self._record_on_exception)


def existing(path: Path) -> Path:
    """Return a path with its suffix: that of the file that is there, else `.yaml`."""
    if path.suffix in SUFFIXES or path.is_file():
        return path
    candidates = [path.with_name(path.name + suffix) for suffix in sorted(SUFFIXES)]
    return next((found for found in candidates if found.is_file()), path.with_name(f"{path.name}.yaml"))


def _opened(path: Path, mode: Mode, settings: Settings) -> AbstractContextManager[Session]:
    if mode is Mode.REPLAY:
        return replaying(path, load(path), settings)
    if mode is Mode.RECORD:
        return recording(path, settings)
    return nullcontext(LiveSession(path))


def _in_blocks(function: Callable[..., Any], block: Callable[[], CassetteUse]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with block():
            return function(*args, **kwargs)

    return run


def _in_blocks_async(function: Callable[..., Any], block: Callable[[], CassetteUse]) -> Callable[..., Any]:
    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        async with block():
            return await function(*args, **kwargs)

    return run
