"""The pytest plugin: its hooks and fixtures.

pytest loads this at every start, in projects without any test of ours too, so it imports nothing of the
package. What a test with a simulator needs stands in `simulator/pytest_plugin.py`.

PYTEST_DONT_REWRITE: there is no assert here, and pytest would warn where this was imported before it starts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from . import home, shadow

if TYPE_CHECKING:
    import openai

    from simulator import Simulator

FIXTURE = "simulator"
# The simulator of a test, from the set-up of the fixture to its end.
ACTIVE: pytest.StashKey[Any] = pytest.StashKey()
# There once the check has passed: what a thread that is left running does later is reported at the end.
CHECKED: pytest.StashKey[bool] = pytest.StashKey()

GUARD = "assistants_guard"
GUARDED = ("tests", "suite")


def _plugin() -> Any:
    """Return `simulator.pytest_plugin`, or the same under this package's name where `simulator` is somebody else's."""
    return import_module(".pytest_plugin", home())


# Fixtures.


@pytest.fixture(scope="session")
def simulator_options() -> dict[str, Any]:
    """Options of the fixture `simulator`: those of `Simulator(…)` and `passthrough`. Override it; any scope will do."""
    return {}


@pytest.fixture
def simulator(request: pytest.FixtureRequest, simulator_options: dict[str, Any]) -> Iterator[Simulator]:
    """A simulator of the Assistants API that takes every client's requests; after the test it checks itself."""
    item = request.node
    with _plugin().simulating_test(item, simulator_options) as active:
        item.stash[ACTIVE] = active
        yield active
        del item.stash[ACTIVE]  # items live as long as the session
        if item.stash.get(CHECKED, False):
            _plugin().check_blocked(active)


@pytest.fixture
def openai_client(
    request: pytest.FixtureRequest, simulator: Simulator, simulator_options: dict[str, Any]
) -> Iterator[openai.OpenAI]:
    """An `openai.OpenAI` whose requests the fixture `simulator` takes."""
    plugin = _plugin()
    with plugin.openai_client(plugin.options_of(request.node, simulator_options)) as client:
        yield client


@pytest.fixture
def async_openai_client(
    request: pytest.FixtureRequest, simulator: Simulator, simulator_options: dict[str, Any]
) -> openai.AsyncOpenAI:
    """An `openai.AsyncOpenAI` whose requests the fixture `simulator` takes."""
    plugin = _plugin()
    client: openai.AsyncOpenAI = plugin.async_openai_client(plugin.options_of(request.node, simulator_options))
    return client


# Hooks.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini key of the guard."""
    parser.addini(
        GUARD,
        "where requests to the Assistants API's hosts that would reach the network are stopped: "
        "tests (those that use a simulator; default) or suite (every test)",
        default=GUARDED[0],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, for --strict-markers and --markers; guard the suite if the project wants it."""
    guarded = config.getini(GUARD)
    if guarded not in GUARDED:
        raise pytest.UsageError(f"{GUARD} is one of {', '.join(GUARDED)}, not {guarded!r}.")
    if guarded == "suite":
        config.pluginmanager.register(SuiteGuard(), "assistants_simulator_guard")
    config.addinivalue_line(
        "markers",
        "simulator(**options): run the test against a simulator of the Assistants API, with options of "
        "Simulator(...) and passthrough; they go over those of the fixture simulator_options.",
    )


def pytest_report_header() -> str | None:
    """Say so where somebody else's `simulator` hides ours."""
    return _shadow_notice()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Say it again where something failed: an import may have, and with -q there is no header."""
    if exitstatus and (notice := _shadow_notice()):
        terminalreporter.write_line(notice)


def _shadow_notice() -> str | None:
    place = shadow()
    if place is None:
        return None
    return (
        f"assistants-simulator: `import simulator` finds {place}, not this package: "
        "import it as `assistants_simulator` (fixtures and marker work as they are)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the marker alone bring the fixture."""
    if item.get_closest_marker(FIXTURE) is not None:
        names = getattr(item, "fixturenames", None)
        if names is not None and FIXTURE not in names:
            place = _first_of_function_scope(item, names)
            # A new list: that of pytest is shared by all cases of a parametrised function.
            item.fixturenames = [*names[:place], FIXTURE, *names[place:]]  # type: ignore[attr-defined]


def _first_of_function_scope(item: pytest.Item, names: list[str]) -> int:
    """Return where the fixture goes: before `setup_method` and all else that is made anew for each test."""
    info = getattr(item, "_fixtureinfo", None)  # not public; without it, first of all
    definitions = getattr(info, "name2fixturedefs", {})
    for place, name in enumerate(names):
        if name in definitions and definitions[name][-1].scope == "function":
            return place
    return len(names) if definitions else 0


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check in the call phase, so that a test fails and does not err. Comes after the body, if that passed."""
    active = item.stash.get(ACTIVE, None)
    if active is not None:
        _plugin().check(active)
        item.stash[CHECKED] = True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Leave no placeholder key behind: a monkeypatch that is older than our fixture puts it back when it is undone."""
    used = ACTIVE in item.stash
    yield
    if used:
        _plugin().forget_key()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Add the timeline to the report of a test that failed."""
    outcome = yield
    active = item.stash.get(ACTIVE, None)
    if active is not None:
        report = outcome.get_result()
        if report.failed:
            report.sections += _plugin().sections(active, call)


class SuiteGuard:
    """Holds the guard while tests run, in their set-up and teardown too; there only where the suite asks for it."""

    def __init__(self) -> None:
        self._blocked: list[str] = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtestloop(self) -> Generator[None]:
        """Hold the guard; under xdist each worker has its own."""
        with _plugin().guarding(self._blocked.append):
            yield

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """Fail a phase in which a thread was stopped, or the test let nobody see it."""
        outcome = yield
        blocked, self._blocked[:] = list(dict.fromkeys(self._blocked)), []
        report = outcome.get_result()
        seen = str(call.excinfo.value) if call.excinfo else ""
        text = "\n".join(one for one in blocked if one not in seen)
        if text and report.failed:
            report.sections.append(("assistants-simulator: blocked as well", text))
        elif text:
            report.outcome, report.longrepr = "failed", _plugin().blocked_in(item, text)
