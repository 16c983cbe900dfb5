"""Which test reaches which line of the mutated modules, and how long it takes: what says which tests try a mutant."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import pytest
from coverage import Coverage

from .mutants import Mutant
from .targets import ROOT

MAX_SECONDS = 4.0  # of tests, for each mutant


@dataclass
class Reach:
    """What one run of the tests, without any mistake, has shown.

    Args:
        seconds: by test, how long it took.
        by_line: by path, then by line, the tests that run it.
        failed: the tests that fail without any mistake; they try nothing.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    by_line: dict[str, Mapping[int, Collection[str]]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def tests(self, mutant: Mutant) -> Sequence[str]:
        """Return the tests that may notice a mutant, the fastest first.

        Those are the tests that run its line, as far as they are quick: who broke it should hear of it soon. A line
        outside of functions runs when it is imported: any test may notice it that stands in one file with a test of
        its module.
        """
        lines = self.by_line.get(mutant.path, {})
        if mutant.function is None:
            files = self._files(mutant.path)
            tests = {test for test in self.seconds if _file(test) in files}
        else:  # of a statement of several lines some have no trace of their own
            tests = {*next((lines[line] for line in range(mutant.line, mutant.line - 8, -1) if lines.get(line)), ())}
        own = f"test_{Path(mutant.path).name}"  # these know most of it
        ordered = sorted(tests - self.failed, key=lambda test: (Path(_file(test)).name != own, self.seconds[test]))
        until = accumulate(self.seconds[test] for test in ordered)
        return [test for test, seconds in zip(ordered, until, strict=True) if seconds <= MAX_SECONDS]

    def _files(self, path: str) -> set[str]:
        """Return the files with tests of a module; of one without functions, those of its neighbours."""
        tests = self.by_line.get(path, {}).values() or (
            each
            for other, lines in self.by_line.items()
            if Path(other).parent == Path(path).parent
            for each in lines.values()
        )
        return {_file(test) for each in tests for test in each}


def _file(test: str) -> str:
    return test.partition("::")[0]


class Measuring:
    """A plugin of pytest that fills a `Reach`."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._coverage = Coverage(data_file=None, config_file=False, include=[str(ROOT / path) for path in paths])
        self.reach = Reach()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        self._coverage.start()
        try:
            return (yield)
        finally:
            self._coverage.stop()
            data = self._coverage.get_data()
            for path in self._paths:
                by_line: dict[int, set[str]] = defaultdict(set)
                for line, tests in data.contexts_by_lineno(str(ROOT / path)).items():
                    by_line[line] = {test for test in tests if test}
                self.reach.by_line[path] = dict(by_line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.reach.seconds[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.reach.failed.add(report.nodeid)
