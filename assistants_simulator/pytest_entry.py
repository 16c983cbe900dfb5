"""The pytest plugin: its hooks and fixtures.

pytest loads this at every start, in projects without any test of ours too, so it imports nothing of the
package. What a test with a simulator needs stands in `simulator/pytest_plugin.py`.

PYTEST_DONT_REWRITE: there is no assert here, and pytest would warn where this was imported before it starts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import home, shadow

if TYPE_CHECKING:
    import openai

    from simulator import Simulator
    from simulator.pytest_scenarios import MarkedScenario
    from simulator.recording.session import Session

    from .baselines import Baselines

FIXTURE = "simulator"
# The simulator of a test, from the set-up of the fixture to its end.
ACTIVE: pytest.StashKey[Any] = pytest.StashKey()
OPTIONS: pytest.StashKey[Any] = pytest.StashKey()  # what `simulator_options` returned for it
# There once the check has passed: what a thread that is left running does later is reported at the end.
CHECKED: pytest.StashKey[bool] = pytest.StashKey()

GUARD = "assistants_guard"
GUARDED = ("tests", "suite")
SUITE_GUARD = "assistants_simulator_guard"

REPORT = "--assistants-report"
PAGES = "assistants_simulator_pages"

CASSETTE = "cassette"
OPTION = "--assistants"
MODES = ("simulate", "replay", "record", "live")
REACHING = ("record", "live")  # the service
# The cassette in use, likewise, and what the marker `vcr` of pytest-recording and pytest-vcr has to do with it.
SESSION: pytest.StashKey[Any] = pytest.StashKey()
# Folders of baselines, and what becomes of a test there.
BASELINE, COMPARE = "--assistants-baseline", "--assistants-compare"
BASELINES = "assistants_simulator_baselines"
KEPT: pytest.StashKey[list[dict[str, Any]]] = pytest.StashKey()
TAKEN: pytest.StashKey[bool] = pytest.StashKey()  # whatever came of it
KEPT_OF_REPORT = "assistants_baseline"  # xdist takes attributes of reports along
VCR = "vcr"
VCR_PLUGINS = ("recording", "vcr")

SCENARIO = "scenario"
SCENARIO_SUFFIX = ".scenario.yaml"
APP, APP_OPTION = "assistants_app", "--assistants-app"
# The scenario that a test is marked with, from the set-up of its fixture on.
MARKED: pytest.StashKey[Any] = pytest.StashKey()


def package_plugin() -> Any:
    """Return `simulator.pytest_plugin`, or the same under this package's name where `simulator` is somebody else's."""
    return import_module(".pytest_plugin", home())


def _scenarios() -> Any:
    """Return `simulator.pytest_scenarios`, likewise."""
    return import_module(".pytest_scenarios", home())


# Fixtures.


@pytest.fixture(scope="session")
def simulator_options() -> dict[str, Any]:
    """Options of the fixture `simulator`: those of `Simulator(…)` and `passthrough`. Override it; any scope will do."""
    return {}


@pytest.fixture
def simulator(request: pytest.FixtureRequest, simulator_options: dict[str, Any]) -> Iterator[Simulator]:
    """A simulator of the Assistants API that takes every client's requests; after the test it checks itself."""
    item = request.node
    session = request.getfixturevalue(CASSETTE) if _uses_cassette(item) else None
    with package_plugin().simulating_test(item, simulator_options, session) as active:
        item.stash[ACTIVE], item.stash[OPTIONS] = active, simulator_options
        yield active
        del item.stash[ACTIVE]  # items live as long as the session
        if item.stash.get(CHECKED, False):
            package_plugin().check_blocked(active)


@pytest.fixture(scope="session")
def cassette_options() -> dict[str, Any]:
    """Options of cassettes: those of `use_cassette(…)` but `mode`. Override it; any scope will do."""
    return {}


@pytest.fixture
def cassette(request: pytest.FixtureRequest, cassette_options: dict[str, Any]) -> Iterator[Session | None]:
    """The cassette of a test, in use, as `--assistants` says; None where the test is simulated."""
    item = request.node
    mode = _mode_of(item)
    if mode == MODES[0]:
        yield None
        return
    unguarded = _unguarded(request.config) if mode in REACHING else nullcontext()
    with unguarded, package_plugin().cassette_of_test(request, cassette_options, mode) as session:
        item.stash[SESSION] = session
        yield session
        del item.stash[SESSION]


@pytest.fixture
def openai_client(
    request: pytest.FixtureRequest, simulator: Simulator, simulator_options: dict[str, Any]
) -> Iterator[openai.OpenAI]:
    """An `openai.OpenAI` whose requests the fixture `simulator` takes."""
    plugin = package_plugin()
    with plugin.openai_client(plugin.options_of(request.node, simulator_options), _session(request)) as client:
        yield client


@pytest.fixture
def async_openai_client(
    request: pytest.FixtureRequest, simulator: Simulator, simulator_options: dict[str, Any]
) -> openai.AsyncOpenAI:
    """An `openai.AsyncOpenAI` whose requests the fixture `simulator` takes."""
    plugin = package_plugin()
    client: openai.AsyncOpenAI = plugin.async_openai_client(
        plugin.options_of(request.node, simulator_options), _session(request)
    )
    return client


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Iterator[MarkedScenario]:
    """The scenario of the marker: `scenario.play(app)` plays it, and fails the test where it goes otherwise."""
    item = request.node
    item.stash[MARKED] = _scenarios().marked(item)
    yield item.stash[MARKED]
    del item.stash[MARKED]


@contextmanager
def _unguarded(config: pytest.Config) -> Iterator[None]:
    """Lift the guard of the suite inside the block."""
    guard = config.pluginmanager.get_plugin(SUITE_GUARD)
    if guard is None:
        yield
        return
    guard.release()
    try:
        yield
    finally:
        guard.hold()


def _session(request: pytest.FixtureRequest) -> Session | None:
    session: Session | None = request.node.stash.get(SESSION, None)
    return session


# Hooks.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and the ini keys."""
    group = parser.getgroup("assistants-simulator")
    group.addoption(
        REPORT,
        metavar="DIR",
        default=None,
        help="write the timeline of each failing test that uses a simulator or a cassette as an HTML page into this "
        "folder, and an index.html that lists them; what is in the folder stays.",
    )
    group.addoption(
        OPTION,
        choices=MODES,
        default=None,
        help="who answers in tests that have a cassette: the simulator, the cassette (replay; the default), or the "
        "service (record writes the cassette, live nothing). With replay, tests marked with vcr have one too.",
    )
    group.addoption(
        BASELINE,
        metavar="DIR",
        default=None,
        help="write what the model was shown in each test that uses a simulator, and what came of it, into DIR",
    )
    group.addoption(
        COMPARE,
        metavar="DIR",
        default=None,
        help="compare that with what --assistants-baseline wrote into DIR, of older code; fail where it differs",
    )
    who_plays = "the app that scenarios are played against: a callable (user_id, text) -> reply, or what makes one"
    group.addoption(
        APP_OPTION, metavar="MODULE:CALLABLE", default=None, help=f"{who_plays}; goes over the ini key {APP}"
    )
    parser.addini(APP, f"MODULE:CALLABLE, {who_plays}; without it, a plain run loop", default="")
    parser.addini(
        GUARD,
        "where requests to the Assistants API's hosts that would reach the network are stopped: "
        "tests (those that use a simulator; default) or suite (every test)",
        default=GUARDED[0],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, for --strict-markers and --markers; guard the suite if the project wants it."""
    guarded = config.getini(GUARD)
    if guarded not in GUARDED:
        raise pytest.UsageError(f"{GUARD} is one of {', '.join(GUARDED)}, not {guarded!r}.")
    if guarded == "suite":
        config.pluginmanager.register(SuiteGuard(), SUITE_GUARD)
    if config.getoption(REPORT) is not None:
        _register_pages(config)
    if folder := _folder(config):
        from .baselines import Baselines  # with an option only

        config.pluginmanager.register(Baselines(*folder), BASELINES)
    config.addinivalue_line(
        "markers",
        "cassette(name, **options): replay the test from a recorded session, of this name or its own, with options of "
        "use_cassette(...); they go over those of the fixture cassette_options. See --assistants.",
    )
    if not any(map(config.pluginmanager.has_plugin, VCR_PLUGINS)):
        config.addinivalue_line("markers", "vcr(*paths): the test has a cassette of vcrpy; see --assistants=replay.")
    config.addinivalue_line(
        "markers",
        "scenario(name, **parameters): the fixture scenario plays the scenario of this name, beside the test or in a "
        "folder scenarios, with these parameters.",
    )
    config.addinivalue_line(
        "markers",
        "simulator(**options): run the test against a simulator of the Assistants API, with options of "
        "Simulator(...) and passthrough; they go over those of the fixture simulator_options.",
    )


def _register_pages(config: pytest.Config) -> None:
    """Write pages, into a folder that xdist's workers find too, wherever they stand."""
    folder = config.invocation_params.dir / config.getoption(REPORT)
    if folder.exists() and not folder.is_dir():
        raise pytest.UsageError(f"{REPORT} names a folder, and {folder} is a file.")
    config.option.assistants_report = str(folder)
    from .pages import Pages  # with an option only

    config.pluginmanager.register(Pages(config, folder), PAGES)


def _folder(config: pytest.Config) -> tuple[Any, bool] | None:
    """Return the folder of the baseline, and whether it is compared; None: there is none."""
    written, compared = config.getoption(BASELINE), config.getoption(COMPARE)
    if written is not None and compared is not None:
        raise pytest.UsageError(f"{BASELINE} writes and {COMPARE} compares: give one of them.")
    name, given = (BASELINE, written) if compared is None else (COMPARE, compared)
    if given is None:
        return None
    folder = config.invocation_params.dir / given
    setattr(config.option, name.lstrip("-").replace("-", "_"), str(folder))  # for xdist's workers, wherever they stand
    if compared is not None and not folder.is_dir():
        raise pytest.UsageError(f"{COMPARE}: {folder} is no folder: write it with {BASELINE}={given} and the old code.")
    return folder, compared is not None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make a scenario a test."""
    if not file_path.name.endswith(SCENARIO_SUFFIX):
        return None
    collector: pytest.Collector = _scenarios().ScenarioFile.from_parent(parent, path=file_path)
    return collector


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
    """Let a marker alone bring its fixture; who has a cassette and is simulated needs a simulator."""
    has_cassette = _uses_cassette(item)
    if item.get_closest_marker(SCENARIO) is not None:
        _bring(item, SCENARIO)
    if item.get_closest_marker(FIXTURE) is not None or (has_cassette and _mode_of(item) == MODES[0]):
        _bring(item, FIXTURE)
    if has_cassette:
        _bring(item, CASSETTE)  # later, so that it is set up first


def _uses_cassette(item: pytest.Item) -> bool:
    if item.get_closest_marker(CASSETTE) is not None or CASSETTE in getattr(item, "fixturenames", ()):
        return True
    # Without the option, such a test is what it was before this plugin was there.
    return item.get_closest_marker(VCR) is not None and item.config.getoption(OPTION) == "replay"


def _mode_of(item: pytest.Item) -> str:
    return item.config.getoption(OPTION) or "replay"


def _bring(item: pytest.Item, fixture: str) -> None:
    names = getattr(item, "fixturenames", None)
    if names is not None and fixture not in names:
        place = _first_of_function_scope(item, names)
        # A new list: that of pytest is shared by all cases of a parametrised function.
        item.fixturenames = [*names[:place], fixture, *names[place:]]  # type: ignore[attr-defined]


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
        package_plugin().check(active)
        item.stash[CHECKED] = True
        if (baselines := _baselines(item)) is not None:
            baselines.take(item, active)
    session = item.stash.get(SESSION, None)
    if session is not None:
        package_plugin().check_cassette(item, session)
    scenario = item.stash.get(MARKED, None)
    if scenario is not None:
        _scenarios().check_played(item, scenario)


def _baselines(item: pytest.Item) -> Baselines | None:
    found: Baselines | None = item.config.pluginmanager.get_plugin(BASELINES)
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Let no body run whose cassette is missing."""
    if SESSION in pyfuncitem.stash:
        package_plugin().refuse_missing(pyfuncitem)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Leave no placeholder key behind: a monkeypatch that is older than our fixture puts it back when it is undone."""
    used = ACTIVE in item.stash
    yield
    if used:
        package_plugin().forget_key()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Add the timeline to the report of a test that failed."""
    outcome = yield
    active, session = item.stash.get(ACTIVE, None), item.stash.get(SESSION, None)
    report = outcome.get_result()
    if report.failed and session is not None:
        report.sections += package_plugin().sections_of_cassette(item, session, call)
    elif report.failed and active is not None:
        report.sections += package_plugin().sections(active, call)
        if (baselines := _baselines(item)) is not None and call.when == "call":
            report.sections += baselines.sections(item, active)
    if call.when == "call" and KEPT in item.stash:
        setattr(report, KEPT_OF_REPORT, item.stash[KEPT])


class SuiteGuard:
    """Holds the guard while tests run, in their set-up and teardown too; there only where the suite asks for it."""

    def __init__(self) -> None:
        self._blocked: list[str] = []
        self._guarding: Any = None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtestloop(self) -> Generator[None]:
        """Hold the guard; under xdist each worker has its own."""
        self.hold()
        yield
        self.release()

    def hold(self) -> None:
        """Let nothing through."""
        self._guarding = package_plugin().guarding(self._blocked.append)
        self._guarding.__enter__()

    def release(self) -> None:
        """Let everything through: the service is to answer."""
        self._guarding.__exit__(None, None, None)

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
            report.outcome, report.longrepr = "failed", package_plugin().blocked_in(item, text)
