"""What `--assistants-baseline` and `--assistants-compare` add to pytest; loaded only with one of them."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module
from typing import Any

import pytest

from . import home
from .pytest_entry import ACTIVE, KEPT, KEPT_OF_REPORT, OPTIONS, SESSION, TAKEN

# The simulators that a test has made, from its set-up on.
MADE: pytest.StashKey[list[Any]] = pytest.StashKey()


def _baselines() -> Any:
    """Return `simulator.pytest_baselines`, whatever name it goes by, as `package_plugin` does."""
    return import_module(".pytest_baselines", home())


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
        self._take(item, _baselines().of_the_fixture(item, active, item.stash[OPTIONS]))

    def _take(self, item: pytest.Item, made: list[Any]) -> None:
        if not self._compares:
            item.stash[KEPT] = _baselines().keep(made, self._folder)
            return
        item.stash[KEPT], differences = _baselines().compare(made, self._folder)
        if differences:
            raise _baselines().Differs(differences)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None]:
        """Note which simulators a test makes for itself."""
        item.stash[MADE] = []
        with _baselines().noting(item, item.stash[MADE]):
            yield
        del item.stash[MADE]  # items live as long as the session

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Take what came of those, where the test passed and has no simulator from a fixture."""
        failed = getattr(item, "_excinfo", None)  # of a `unittest.TestCase`, which raises nothing
        if not failed and ACTIVE not in item.stash and SESSION not in item.stash:
            self._take(item, _baselines().asked(item.stash[MADE]))

    def sections(self, item: pytest.Item, active: Any) -> list[tuple[str, str]]:
        """Return what differs in a test that failed by itself: often that is why."""
        if not self._compares or TAKEN in item.stash or SESSION in item.stash:
            return []
        try:
            made = _baselines().of_the_fixture(item, active, item.stash[OPTIONS])
            item.stash[KEPT], differences = _baselines().compare(made, self._folder)
        except Exception as error:  # noqa: BLE001  # an exception out of a reporting hook ends the whole session
            differences = str(error)
        return [("assistants-simulator: compared with the baseline", differences)] if differences else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what became of a test, under xdist from the worker that ran it."""
        outcome = getattr(report, KEPT_OF_REPORT, None)
        if outcome is not None:
            self._outcomes += outcome
        elif report.failed and report.when == "call":
            self._failed += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what became of the baseline."""
        for line in _baselines().baseline_lines(self._folder, self._outcomes, self._failed):
            terminalreporter.write_line(f"assistants-simulator: {line}")
