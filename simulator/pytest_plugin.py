"""What the pytest plugin does for a test that uses the simulator.

The hooks and fixtures stand in `assistants_simulator/pytest_entry.py`, which pytest loads at every start;
this is imported when the first test asks for a simulator.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

import pytest

from .decorator import INTERCEPT_OPTIONS, findings, option_names, simulating, without_deprecations
from .errors import CassetteError, CheckFailed, UsageError, refuse_unknown
from .simulator import PROBLEMS, Simulator
from .transport.clients import BASE_URL
from .transport.environment import KEY, PLACEHOLDER_KEY, remove_left_over
from .transport.libraries import sdk_library

if TYPE_CHECKING:
    import openai

    from .recording.session import Session

# For those who register this module by hand: the hooks are there.
pytest_plugins = ["assistants_simulator.pytest_entry"]

MARKER = "simulator"
SECTION = "assistants-simulator"
TIMELINE_LINES = 40
# Modes of `--assistants`, as `recording.session.Mode` has them.
REPLAY, RECORD = "replay", "record"
# Of a test: what to say if its cassette is missing; whether its session ended well. Of a run: who recorded what.
MISSING: pytest.StashKey[str | None] = pytest.StashKey()
FINISHED: pytest.StashKey[bool] = pytest.StashKey()
RECORDED_BY: pytest.StashKey[dict[Path, str]] = pytest.StashKey()


@contextmanager
def simulating_test(item: pytest.Item, base: object, session: Session | None = None) -> Iterator[Simulator]:
    """Give a test its simulator, which intercepts inside the block.

    A `unittest.TestCase`, which cannot ask for a fixture, has it as `self.simulator`.

    Args:
        base: what the fixture `simulator_options` returned; the markers of the test go over it.
        session: the cassette that answers instead, or from whose service the answers come.

    Raises:
        UsageError: an option that there is not, or a value that it cannot have; names the test.
    """
    options = options_of(item, base)
    with ExitStack() as stack:
        try:
            simulator = stand_in(session, options) if session else stack.enter_context(simulating(options))
        except UsageError as error:
            raise Misuse(f"{item.nodeid}: {error}") from None
        case = getattr(item, "instance", None)
        if "unittest" in sys.modules and isinstance(case, sys.modules["unittest"].TestCase):
            case.simulator = simulator
        yield simulator


def options_of(item: pytest.Item, base: object) -> dict[str, Any]:
    """Return the options of a test: `base`, and over it those of its markers, the closest on top.

    Raises:
        UsageError: an option that there is not, or one that is not given by name; names the test.
    """
    if not isinstance(base, Mapping):
        raise Misuse(f"{item.nodeid}: simulator_options must return a dict of options, not {base!r}.")
    sources = [("simulator_options", base)]
    for mark in reversed(list(item.iter_markers(MARKER))):  # pytest gives the closest first
        if mark.args:
            raise Misuse(
                f"{item.nodeid}: @pytest.mark.{MARKER} takes options by name, such as seed=1, not {mark.args[0]!r}."
            )
        sources.append((f"@pytest.mark.{MARKER}", mark.kwargs))
    return _merged(item, sources)


def _merged(item: pytest.Item, sources: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the options of all sources, the last on top."""
    options: dict[str, Any] = {}
    for source, more in sources:
        try:
            refuse_unknown(f"{item.nodeid}: {source}", more, option_names())
        except UsageError as error:
            raise Misuse(str(error)) from None
        options |= more
    return options


@contextmanager
def cassette_of_test(request: pytest.FixtureRequest, base: object, mode: str) -> Iterator[Session]:
    """Use the cassette of a test inside the block: replay, record or let through, as `mode` says.

    Args:
        base: what the fixture `cassette_options` returned; the marker of the test goes over it.

    Raises:
        UsageError: an option or a marker that cannot be meant; names the test.
        CassetteError: the cassette cannot be read or written.
    """
    from .recording.marked import choice_of, in_use, missing

    item = request.node
    with ExitStack() as stack:
        stack.enter_context(without_deprecations())
        try:
            choice = choice_of(request, base)
            if mode == RECORD:
                _claim(item, choice.path)
            session = stack.enter_context(in_use(choice, mode))
        except (UsageError, CassetteError) as error:
            raise Misuse(f"{item.nodeid}: {error}") from None
        item.stash[MISSING] = missing(choice, item.nodeid) if mode == REPLAY else None
        yield session
        if item.stash.get(FINISHED, choice.records_failures and mode == RECORD):
            finish(session)


def _claim(item: pytest.Item, path: Path) -> None:
    """Let one test of a run record a cassette: the next would overwrite it."""
    owners = item.config.stash.setdefault(RECORDED_BY, {})
    owner = owners.setdefault(path, item.nodeid)
    if owner != item.nodeid:
        raise UsageError(f"the cassette {path} was recorded by {owner} in this run: give each test one of its own.")


def refuse_missing(item: pytest.Item) -> None:
    """Fail a test that has nothing to replay, before its body runs."""
    if problem := item.stash.get(MISSING, None):
        raise Finding(problem)


def check_cassette(item: pytest.Item, session: Session) -> None:
    """As `Session.check`, and note that the session may be finished once the fixtures have cleaned up."""
    _failing(session.check)
    item.stash[FINISHED] = True


def finish(session: Session) -> None:
    """As `Session.finish`."""
    _failing(session.finish)


def _failing(check: Callable[[], None]) -> None:
    try:
        check()
    except (CheckFailed, CassetteError) as found:
        raise Finding(str(found)) from None


def sections_of_cassette(session: Session, call: pytest.CallInfo[None]) -> list[tuple[str, str]]:
    """Return what the report of a failed phase shows of the cassette, as pairs of title and text."""
    if call.excinfo is not None and isinstance(call.excinfo.value, Finding):  # it says it itself
        return []
    remark = session.remark()
    return [(SECTION, remark)] if remark else []


class _Told(pytest.fail.Exception):  # type: ignore[misc, name-defined]  # a class, kept as an attribute
    """pytest shows the text alone, without a traceback through this plugin."""

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


class Finding(_Told, CheckFailed):
    """What `Simulator.check` found."""

    __module__, __qualname__ = "builtins", "CheckFailed"  # a report says no more than that, as of pytest's own


class Blocked(_Told):
    """What the guard of a whole suite stopped, where no test failed by it."""

    __module__, __qualname__ = "builtins", "RequestBlocked"


class Misuse(_Told, UsageError):
    """An option that cannot be meant."""

    __module__, __qualname__ = "builtins", "UsageError"


def check(simulator: Simulator) -> None:
    """As `Simulator.check`."""
    if found := findings(simulator):
        raise Finding(str(found))


def check_blocked(simulator: Simulator) -> None:
    """As `check`, but only for requests that were stopped."""
    found = findings(simulator, set(PROBLEMS) - {"blocked_request"})
    if found:
        raise Finding(str(found))


def blocked_in(item: pytest.Item, text: str) -> object:
    """Return what the report of a test shows for requests that were stopped without failing it."""
    try:
        raise Blocked(text)  # noqa: TRY301  # pytest renders what was raised
    except Blocked:
        return item.repr_failure(pytest.ExceptionInfo.from_current())


def forget_key() -> None:
    """Remove a placeholder key that an undone monkeypatch has put back."""
    remove_left_over()


def sections(simulator: Simulator, call: pytest.CallInfo[None]) -> list[tuple[str, str]]:
    """Return what the report of a failed phase shows beside the failure, as pairs of title and text."""
    try:
        shown = [(SECTION, _timeline(simulator))]
        found = findings(simulator) if call.when == "call" else None
    except Exception as error:  # noqa: BLE001  # an exception out of a reporting hook ends the whole session
        return [(SECTION, f"The timeline cannot be shown: {type(error).__name__}: {error}")]
    if found and call.excinfo and str(found) != str(call.excinfo.value):  # else it is the failure
        shown.insert(0, (f"{SECTION}: check() found as well", str(found)))
    return shown


def _timeline(simulator: Simulator) -> str:
    from .report.timeline import render

    return render(simulator.journal, limit=TIMELINE_LINES)


def stand_in(session: Session, options: Mapping[str, Any]) -> Simulator:
    """Return what the fixture `simulator` is where a cassette or the service answers."""
    from .recording.stand_in import StandIn

    return StandIn(session, **{name: value for name, value in options.items() if name not in INTERCEPT_OPTIONS})


def openai_client(options: Mapping[str, Any], session: Session | None = None) -> openai.OpenAI:
    """Return a plain SDK client, as a program builds its own; it needs an active interception.

    Args:
        options: those of the test; the first of `api_keys` is the client's.
        session: where the service answers, address and key are those of the environment.
    """
    import openai

    if _is_of_the_service(session):
        return openai.OpenAI()
    library = getattr(openai, "DefaultHttpxClient", sdk_library().Client)  # the SDK's is younger than 1.3.9
    return openai.OpenAI(api_key=_api_key(options), base_url=BASE_URL, http_client=library(verify=_ssl_context()))


def async_openai_client(options: Mapping[str, Any], session: Session | None = None) -> openai.AsyncOpenAI:
    """Return a plain async SDK client, as `openai_client`."""
    import openai

    if _is_of_the_service(session):
        return openai.AsyncOpenAI()
    library = getattr(openai, "DefaultAsyncHttpxClient", sdk_library().AsyncClient)
    return openai.AsyncOpenAI(api_key=_api_key(options), base_url=BASE_URL, http_client=library(verify=_ssl_context()))


def _is_of_the_service(session: Session | None) -> bool:
    return session is not None and session.mode != REPLAY


def _api_key(options: Mapping[str, Any]) -> str:
    keys = list(options.get("api_keys", ()))
    return str(keys[0]) if keys else os.environ.get(KEY) or PLACEHOLDER_KEY


@cache
def _ssl_context() -> SSLContext:
    """Return one context for all clients: to read the certificates takes 18 ms, the rest of a client 0.1 ms."""
    context: SSLContext = sdk_library().create_ssl_context()
    return context
