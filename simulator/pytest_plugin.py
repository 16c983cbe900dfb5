"""What the pytest plugin does for a test that uses the simulator.

The hooks and fixtures stand in `assistants_simulator/pytest_entry.py`, which pytest loads at every start;
this is imported when the first test asks for a simulator.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .decorator import findings, option_names, simulating
from .errors import CheckFailed, RequestBlocked, SimulatorError, UsageError, refuse_unknown
from .simulator import PROBLEMS, Simulator
from .transport import guard
from .transport.clients import plain_async_client, plain_client
from .transport.environment import remove_left_over
from .transport.hosts import Hosts

if TYPE_CHECKING:
    import openai

# For those who register this module by hand: the hooks are there.
pytest_plugins = ["assistants_simulator.pytest_entry"]

MARKER = "simulator"
SECTION = "assistants-simulator"
TIMELINE_LINES = 40


@contextmanager
def simulating_test(item: pytest.Item, base: object) -> Iterator[Simulator]:
    """Give a test its simulator, which intercepts inside the block.

    A `unittest.TestCase`, which cannot ask for a fixture, has it as `self.simulator`.

    Args:
        base: what the fixture `simulator_options` returned; the markers of the test go over it.

    Raises:
        UsageError: an option that there is not, or a value that it cannot have; names the test.
    """
    options = options_of(item, base)
    with ExitStack() as stack:
        try:
            simulator = stack.enter_context(simulating(options))
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


def openai_client(options: Mapping[str, Any]) -> openai.OpenAI:
    """Return a plain SDK client; `options` are those of the test."""
    return plain_client(_api_key(options))


def async_openai_client(options: Mapping[str, Any]) -> openai.AsyncOpenAI:
    """Return a plain async SDK client, as `openai_client`."""
    return plain_async_client(_api_key(options))


def _api_key(options: Mapping[str, Any]) -> str | None:
    return next(iter(options.get("api_keys", ())), None)
