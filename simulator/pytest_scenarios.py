"""Scenarios under pytest: a file is a test, and a test can play one against its own app.

The hooks and fixtures stand in `assistants_simulator/pytest_entry.py`; this is imported when a scenario is collected,
or a test asks for one.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .errors import ScenarioError, UsageError
from .pytest_plugin import Finding, Misuse, give_to_test_case
from .report.scenarios import failure, passed_over
from .scenario.apps import AnApp, App, app_named
from .scenario.finding_files import SUFFIX, find
from .scenario.loading import load
from .scenario.played import Played
from .scenario.playing import LIMIT_SECONDS, perform
from .scenario.schema import Scenario

MARKER = "scenario"
APP = "assistants_app"
TOLD = "scenario"  # "Captured scenario call", says pytest
APP_OPTION = "--assistants-app"
# Real seconds that a step of an item may take where the app neither asks nor sleeps; pytest-timeout comes before it.
PATIENCE_SECONDS = 60.0
_CHOSEN: pytest.StashKey[App | None] = pytest.StashKey()


class ScenarioFile(pytest.File):
    """A file with a scenario; it is read when it is played, so that one that is none fails alone."""

    def collect(self) -> Iterator[ScenarioItem]:
        """Yield its one test."""
        yield ScenarioItem.from_parent(self, name=self.path.name.removesuffix(SUFFIX))


class ScenarioItem(pytest.Item):
    """Plays a scenario against the app that the project names, or with the plain run loop.

    Attributes:
        played: what came of it, until its teardown.
    """

    played: Played | None = None

    def runtest(self) -> None:
        """Play it."""
        scenario = load(self.path)
        self.played = played = _played(scenario, chosen_app(self.config))
        for text in played.warnings:
            self.warn(pytest.PytestWarning(text))
        _tell_what_was_passed_over(self, played)
        _fail_if_it_did(_shown_path(self.path, self.config), scenario, played)

    def teardown(self) -> None:
        """Forget what came of it: items live as long as the session."""
        self.played = None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what is wrong, without a traceback through us."""
        error = excinfo.value
        return str(error) if isinstance(error, ScenarioError | UsageError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the file and the line of the title, from 0."""
        return self.path, _line_of_title(self.path), f"{MARKER} {self.name}"


def _played(scenario: Scenario, app: App | None) -> Played:
    if scenario.invariants:
        from .checks.replaying import replay

        return replay(scenario, app, patience=PATIENCE_SECONDS)
    return perform(scenario, app, patience=PATIENCE_SECONDS)


class MarkedScenario:
    """The fixture `scenario`: that of the test's marker, to be played against an app of the test's own.

    Args:
        path: of its file.
        scenario: with the marker's parameters filled in.
        item: the test.
    """

    def __init__(self, path: Path, scenario: Scenario, item: pytest.Item) -> None:
        self.path = path
        self.scenario = scenario
        self.played: Played | None = None
        self._item, self._config = item, item.config

    def play(self, converse: AnApp | None = None, *, limit: float = LIMIT_SECONDS) -> Played:
        """Play it, and fail the test where something else happens than it expects.

        Args:
            converse: the app, `(user_id, text) -> reply`, sync or async, or a class or function without arguments that
                makes it; None: that which the project names, or a plain run loop.
            limit: how much virtual time a step may take, in seconds.

        Raises:
            CheckFailed: what was not as expected, with the timeline.
            UsageError: the app cannot be played.
        """
        __tracebackhide__ = True
        if inspect.iscoroutinefunction(converse) and _in_a_loop():
            raise Misuse("scenario.play(…) runs an async app itself: call it from a test that is not async.")
        try:
            app = converse or chosen_app(self._config)
            self.played = perform(self.scenario, app, limit=limit)
        except (ScenarioError, UsageError) as error:
            raise Misuse(str(error)) from None
        _tell_what_was_passed_over(self._item, self.played)
        _fail_if_it_did(_shown_path(self.path, self._config), self.scenario, self.played)
        return self.played


def marked(item: pytest.Item) -> MarkedScenario:
    """Return the scenario that the marker of a test names; a `unittest.TestCase` has it as `self.scenario`.

    Raises:
        UsageError: it names none; names the test.
    """
    _refuse_several(item)
    mark = item.get_closest_marker(MARKER)
    if mark is None or len(mark.args) != 1 or not isinstance(mark.args[0], str):
        raise Misuse(
            f'{item.nodeid}: the fixture takes its scenario from @pytest.mark.{MARKER}("weather", city="Paris").'
        )
    try:
        path = find(mark.args[0], item.path.parent, item.config.rootpath)
        found = MarkedScenario(path, load(path, mark.kwargs), item)
    except ScenarioError as error:
        raise Misuse(f"{item.nodeid}: {error}") from None
    give_to_test_case(item, MARKER, found)
    return found


def _refuse_several(item: pytest.Item) -> None:
    """Refuse two markers at one place: which is meant? That of a test goes over that of its class."""
    places = [place for place, _ in item.iter_markers_with_node(MARKER)]
    if len(places) > len(set(places)):
        raise Misuse(f"{item.nodeid}: it is marked with several scenarios. A test plays one: write a test for each.")


def check_played(item: pytest.Item, scenario: MarkedScenario) -> None:
    """Fail a test that has a scenario and has not played it."""
    if scenario.played is None:
        raise Finding(f"{item.nodeid}: the scenario was never played. Call scenario.play(app).")


def chosen_app(config: pytest.Config) -> App | None:
    """Return the app that the project names; None: the plain run loop.

    Raises:
        UsageError: the name is none of an app.
    """
    if _CHOSEN not in config.stash:
        name = config.getoption(APP_OPTION) or config.getini(APP)
        config.stash[_CHOSEN] = _named(name, config) if name else None
    return config.stash[_CHOSEN]


def _named(name: str, config: pytest.Config) -> App:
    folders = dict.fromkeys([str(config.invocation_params.dir), str(config.rootpath)])
    try:
        return app_named(name, folders)
    except UsageError as error:
        raise UsageError(f"{APP} = {name}: {error}") from error


def _tell_what_was_passed_over(item: pytest.Item, played: Played) -> None:
    """Put it into the report, which shows it of a test that failed, and with -rP of one that passed."""
    if played.skipped:
        item.add_report_section("call", TOLD, "\n".join(passed_over(played)))


def _fail_if_it_did(shown: Path, scenario: Scenario, played: Played) -> None:
    __tracebackhide__ = True
    if not played.passed:
        raise Finding(f"Scenario {played.title!r} failed.\n{failure(shown, scenario, played)}")


def _shown_path(path: Path, config: pytest.Config) -> Path:
    """Return a path as pytest shows it: as seen from where it was called, if it is below."""
    here = config.invocation_params.dir
    return path.relative_to(here) if path.is_relative_to(here) else path


def _line_of_title(path: Path) -> int:
    lines = path.read_bytes().splitlines()
    return next((number for number, line in enumerate(lines) if line.startswith(b"scenario:")), 0)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
