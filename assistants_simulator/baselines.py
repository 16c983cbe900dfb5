"""What `--assistants-baseline` and `--assistants-compare` add to pytest; loaded only with one of them."""

from __future__ import annotations

from typing import Any

import pytest

from .pytest_entry import KEPT, KEPT_OF_REPORT, OPTIONS, SESSION, TAKEN, package_plugin


class Baselines:
    """Writes or compares what came of each test; there only where an option asks for it.

    Args:
        folder: of the baseline.
        compares: whether it is compared, or written.
    """

    def __init__(self, folder: Any, compares: bool) -> None:  # noqa: FBT001  # the two options
        self._folder, self._compares = folder, compares
        self._outcomes: list[dict[str, Any]] = []
        self._failed = 0

    def take(self, item: pytest.Item, active: Any) -> None:
        """Write or compare what came of a test that passed; fail it where it differs."""
        item.stash[TAKEN] = True
        if SESSION in item.stash:  # a cassette answers: nobody knows what the model was shown
            return
        if not self._compares:
            item.stash[KEPT] = package_plugin().keep(item, active, self._folder, item.stash[OPTIONS])
            return
        item.stash[KEPT], differences = package_plugin().compare(item, active, self._folder, item.stash[OPTIONS])
        if differences:
            raise package_plugin().Differs(differences)

    def sections(self, item: pytest.Item, active: Any) -> list[tuple[str, str]]:
        """Return what differs in a test that failed by itself: often that is why."""
        if not self._compares or TAKEN in item.stash or SESSION in item.stash:
            return []
        try:
            item.stash[KEPT], differences = package_plugin().compare(item, active, self._folder, item.stash[OPTIONS])
        except Exception as error:  # noqa: BLE001  # an exception out of a reporting hook ends the whole session
            differences = str(error)
        return [("assistants-simulator: compared with the baseline", differences)] if differences else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what became of a test, under xdist from the worker that ran it."""
        outcome = getattr(report, KEPT_OF_REPORT, None)
        if outcome is not None:
            self._outcomes.append(outcome)
        elif report.failed and report.when == "call":
            self._failed += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what became of the baseline."""
        for line in package_plugin().baseline_lines(self._folder, self._outcomes, self._failed):
            terminalreporter.write_line(f"assistants-simulator: {line}")
