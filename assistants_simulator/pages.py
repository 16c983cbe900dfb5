"""What `--assistants-report` adds to pytest; loaded only with it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from .pytest_entry import ACTIVE, MARKED, SESSION, package_plugin


def _played_in(item: pytest.Item) -> Any:
    """Return what came of the scenario that a test is or has played; None where there is none."""
    return getattr(item.stash.get(MARKED, item), "played", None)


class Pages:
    """Writes the page of each test that fails; under xdist the workers do, and the one that has none lists them."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._folder = folder
        self._lists = not hasattr(config, "workerinput") and not config.getoption("collectonly")
        self._written: list[list[str]] = []
        self._told = ""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """Write the page, once all others have said what they have to say; an error of ours ends no session."""
        outcome = yield
        report = outcome.get_result()
        active, session = item.stash.get(ACTIVE, None), item.stash.get(SESSION, None)
        played = _played_in(item)
        if not report.failed or (active is None and session is None and played is None):
            return
        try:
            source = {"simulator": active, "session": session, "played": played}
            page = package_plugin().write_page_of(item, call, report, self._folder, **source)
            report.assistants_page = page  # goes with the report to whoever lists it
            told = str(self._folder / page[1])
        except Exception as error:  # noqa: BLE001
            told = f"It cannot be written: {type(error).__name__}: {error}"
        report.sections.append(("assistants-simulator: page", told))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the page that comes with a report; a failure that is tried again is none yet."""
        page = getattr(report, "assistants_page", None)
        if page is not None and report.failed:
            self._written.append(page)

    def pytest_sessionfinish(self) -> None:
        """List the pages, or say that there is none."""
        if not self._lists:
            return
        try:
            index = package_plugin().write_index(self._folder, self._written)
            number = len({page[1] for page in self._written})
            self._told = f"timelines of {number} failing test{'' if number == 1 else 's'}: {index}"
        except OSError as error:
            self._told = f"the index of the timelines cannot be written: {error}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the pages are."""
        if self._told:
            terminalreporter.write_line(f"assistants-simulator: {self._told}")
