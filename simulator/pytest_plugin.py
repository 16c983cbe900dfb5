"""What the pytest plugin does for a test that uses the simulator.

The hooks and fixtures stand in `assistants_simulator/pytest_entry.py`, which pytest loads at every start;
this is imported when the first test asks for a simulator.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .decorator import INTERCEPT_OPTIONS, findings, option_names, simulating, without_deprecations
from .errors import (
    CassetteError,
    CheckFailed,
    RequestBlocked,
    SimulatorError,
    UsageError,
    refuse_unknown,
)
from .findings import PROBLEMS
from .simulator import Simulator
from .transport import guard
from .transport.clients import plain_async_client, plain_client
from .transport.environment import remove_left_over
from .transport.hosts import Hosts

if TYPE_CHECKING:
    import openai

    from .backend.journal import Entry
    from .recording.session import Session
    from .scenario.played import Played

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
        give_to_test_case(item, MARKER, simulator)
        yield simulator


def give_to_test_case(item: pytest.Item, name: str, value: object) -> None:
    """Let a `unittest.TestCase`, which cannot ask for a fixture, have it as an attribute."""
    case = getattr(item, "instance", None)
    if "unittest" in sys.modules and isinstance(case, sys.modules["unittest"].TestCase):
        setattr(case, name, value)


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
    """Fail a test that has nothing to replay, before its body runs.

    Raises:
        CheckFailed: its cassette is missing; says how to record it.
    """
    if problem := item.stash.get(MISSING, None):
        raise Finding(problem)


def check_cassette(item: pytest.Item, session: Session) -> None:
    """As `Session.check`, and note that the session may be finished once the fixtures have cleaned up."""
    refuse_missing(item)  # a `unittest.TestCase` gets here
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


def sections_of_cassette(item: pytest.Item, session: Session, call: pytest.CallInfo[None]) -> list[tuple[str, str]]:
    """Return what the report of a failed phase shows of the cassette, as pairs of title and text."""
    failure = call.excinfo.value if call.excinfo is not None else None
    if isinstance(failure, Finding):  # it says it itself
        return []
    remark = item.stash.get(MISSING, None) or session.remark(str(failure))
    return [(SECTION, remark)] if remark else []


class TextOnlyFailure(pytest.fail.Exception):  # type: ignore[misc, name-defined]  # a class, kept as an attribute
    """pytest shows the text alone, without a traceback through this plugin."""

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


class Finding(TextOnlyFailure, CheckFailed):
    """What `Simulator.check` found."""

    __module__, __qualname__ = "builtins", "CheckFailed"  # a report says no more than that, as of pytest's own


class Blocked(TextOnlyFailure):
    """What the guard of a whole suite stopped, where no test failed by it."""

    __module__, __qualname__ = "builtins", "RequestBlocked"


class Misuse(TextOnlyFailure, UsageError):
    """An option that cannot be meant."""

    __module__, __qualname__ = "builtins", "UsageError"


def check(simulator: Simulator) -> None:
    """As `Simulator.check`.

    Raises:
        CheckFailed: what was found.
    """
    if found := findings(simulator):
        raise Finding(str(found))


def check_blocked(simulator: Simulator) -> None:
    """As `check`, but only for requests that were stopped.

    Raises:
        CheckFailed: there were such.
    """
    found = findings(simulator, set(PROBLEMS) - {"blocked_request"})
    if found:
        raise Finding(str(found))


@contextmanager
def guarding(blocked: Callable[[str], None]) -> Iterator[None]:
    """Guard the whole suite inside the block.

    Args:
        blocked: told of each request that was stopped.
    """
    suite = guard.Suite(hosts=Hosts.of(), blocked=blocked)
    guard.hold(suite)
    try:
        yield
    finally:
        guard.release(suite)


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
        shown = [] if _explains_itself(simulator, call) else [(SECTION, _timeline(simulator))]
        found = findings(simulator) if call.when == "call" else None
    except Exception as error:  # noqa: BLE001  # an exception out of a reporting hook ends the whole session
        return [(SECTION, f"The timeline cannot be shown: {type(error).__name__}: {error}")]
    if found and call.excinfo and str(found) != str(call.excinfo.value):  # else it is the failure
        shown.insert(0, (f"{SECTION}: check() found as well", str(found)))
    return shown


def _explains_itself(simulator: Simulator, call: pytest.CallInfo[None]) -> bool:
    """Tell whether the failure says all. That no request came would lead away from a mistake of the test's own."""
    error = call.excinfo.value if call.excinfo else None
    is_mistake = isinstance(error, (SimulatorError, RequestBlocked)) and not isinstance(error, CheckFailed)
    return is_mistake and not simulator.journal


def _timeline(simulator: Simulator) -> str:
    from .report.timeline import render

    return render(simulator.journal, limit=TIMELINE_LINES)


# Pages (`--assistants-report`).


def write_page_of(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    folder: Path,
    *,
    simulator: Simulator | None,
    session: Session | None,
    played: Played | None = None,
) -> list[str]:
    """Write the page of a test that failed, and return what the index says of it: test, file, failure.

    Raises:
        OSError: it cannot be written.
    """
    from .report.page import write_page
    from .report.pages import file_name

    failures = _failures(report, call, simulator if session is None and played is None else None)
    file = file_name(item.nodeid)
    journal = _journal(simulator, session) if played is None else played.journal
    write_page(folder / file, journal, title=item.nodeid, findings=failures)
    return [item.nodeid, file, failures[0].partition("\n")[0]]


def _journal(simulator: Simulator | None, session: Session | None) -> Sequence[Entry]:
    """Return what happened: where a cassette or the service answers, what went by."""
    if session is not None:
        from .report.recorded import journal_of

        return journal_of(session.seen())
    return () if simulator is None else simulator.journal


def _failures(report: pytest.TestReport, call: pytest.CallInfo[None], simulator: Simulator | None) -> list[str]:
    """Return what failed: the exception with its traceback, and what the simulator found beside it."""
    traceback = report.longreprtext
    said = call.excinfo.exconly() if call.excinfo is not None else traceback
    told = said if traceback in said else f"{said}\n\n{traceback}"
    found = findings(simulator) if simulator is not None and call.when == "call" else None
    also = str(found).splitlines() if found and str(found) not in said else []
    return [told, *also]


def write_index(folder: Path, pages: Iterable[Sequence[str]]) -> Path:
    """Write the list of the pages of a run, each as `write_page_of` returned it; return where.

    Raises:
        OSError: it cannot be written.
    """
    from .report import pages as of_tests

    listed = {of_tests.ListedPage(*page) for page in pages}
    heading = f"{len(listed)} failing test{'' if len(listed) == 1 else 's'}" if listed else "No test failed"
    return of_tests.write_index(folder, listed, heading=heading)


def stand_in(session: Session, options: Mapping[str, Any]) -> Simulator:
    """Return what the fixture `simulator` is where a cassette or the service answers."""
    from .recording.stand_in import StandIn

    return StandIn(session, **{name: value for name, value in options.items() if name not in INTERCEPT_OPTIONS})


def openai_client(options: Mapping[str, Any], session: Session | None = None) -> openai.OpenAI:
    """Return a plain SDK client.

    Args:
        options: those of the test.
        session: where the service answers, address and key are those of the environment.
    """
    if _is_of_the_service(session):
        import openai

        return openai.OpenAI()
    return plain_client(_api_key(options))


def async_openai_client(options: Mapping[str, Any], session: Session | None = None) -> openai.AsyncOpenAI:
    """Return a plain async SDK client, as `openai_client`."""
    if _is_of_the_service(session):
        import openai

        return openai.AsyncOpenAI()
    return plain_async_client(_api_key(options))


def _is_of_the_service(session: Session | None) -> bool:
    return session is not None and session.mode != REPLAY


def _api_key(options: Mapping[str, Any]) -> str | None:
    return next(iter(options.get("api_keys", ())), None)
