"""Tries mutants: each in a process of its own, forked from one that has loaded everything already.

A mistake in the body of a function is made in the loaded module, by giving the function the code of its mutant; the
tests are collected once, before the fork. A mistake outside of functions is there before anything has imported the
module; the fork is made when only third parties are loaded, and collects for itself.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import wait
from types import CodeType, FunctionType
from typing import Any

import pytest
from hypothesis import Phase, settings

from .mutants import Mutant
from .reach import Measuring, Reach
from .targets import ROOT

# No plugin that starts processes, measures, or keeps files.
ARGUMENTS = [
    "-qq",
    "--no-header",
    "--capture=no",
    "--assert=plain",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-W",
    "ignore::DeprecationWarning",
]
ARGUMENTS += [f"-pno:{name}" for name in ("xdist", "cov", "cacheprovider", "randomly")]
# What the tests load of others, which takes longer than all of ours.
THIRD_PARTIES = "aiohttp anyio httpx httpx2 jsonschema openai openai.resources.beta openai.types.beta pydantic"
THIRD_PARTIES += (
    " rich.console respx starlette.applications trio typer uvicorn vcr yaml pytest_asyncio pytest_recording"
)
KILLED = 17  # the code with which a trial leaves; pytest has none so high
MEMORY = 6 << 30

Attempt = Callable[[Mutant, Sequence[str], Reach], None]
Tell = Callable[[Mutant, "Outcome"], None]

_fork = multiprocessing.get_context("fork")


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"


def measured(files: Sequence[str], paths: Sequence[str]) -> Reach:
    """Run the tests without any mistake, in a fork."""
    receiver, sender = _fork.Pipe(duplex=False)

    def measure() -> None:
        measuring = Measuring(paths)
        _pytest(files, measuring)
        sender.send(measuring.reach)

    process = _started(measure)
    sender.close()
    reach: Reach = receiver.recv()
    process.join()
    return reach


def preload() -> None:
    """Load what mutants and tests have in common."""
    for name in THIRD_PARTIES.split():
        importlib.import_module(name)


def tried(mutants: Sequence[Mutant], files: Sequence[str], reach: Reach, jobs: int, tell: Tell) -> None:
    """Try each mutant, and tell what became of it."""
    inside = [each for each in mutants if each.function is not None]
    outside = [each for each in mutants if each.function is None]
    _outcomes(outside, reach, jobs, tell, _try_from_scratch)  # first: what follows loads our modules
    if inside:
        _pytest(files, _Collected(lambda attempt: _outcomes(inside, reach, jobs, tell, attempt)))


def _outcomes(mutants: Sequence[Mutant], reach: Reach, jobs: int, tell: Tell, attempt: Attempt) -> None:
    running: dict[Any, tuple[Any, Mutant]] = {}
    for mutant in mutants:
        tests = reach.tests(mutant)
        if not tests:
            tell(mutant, Outcome.UNREACHED)
            continue
        if len(running) == jobs:
            _await_one(running, tell)
        process = _started(attempt, mutant, tests, reach)
        running[process.sentinel] = process, mutant
    while running:
        _await_one(running, tell)


def _await_one(running: dict[Any, tuple[Any, Mutant]], tell: Tell) -> None:
    for sentinel in wait(list(running)):
        process, mutant = running.pop(sentinel)
        process.join()
        tell(mutant, _outcome(process.exitcode, mutant))


def _outcome(code: int, mutant: Mutant) -> Outcome:
    if code in {-signal.SIGPROF, -signal.SIGALRM}:
        return Outcome.TIMED_OUT
    if code in {0, KILLED}:
        return Outcome.KILLED if code else Outcome.SURVIVED
    raise RuntimeError(f"The trial of a mutant ended with {code}, and said nothing of it:\n{mutant}")


def _started(target: Callable[..., None], *args: Any) -> Any:
    def run() -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(null, stream)
        target(*args)

    process = _fork.Process(target=run)
    process.start()
    return process


# ── a mistake outside of functions: it is there when the module is loaded ────────────────────────────────────────────


def _try_from_scratch(mutant: Mutant, tests: Sequence[str], reach: Reach) -> None:
    sys.meta_path.insert(0, _Finder(mutant))
    # File by file: to collect all of them takes longer than most mutants live.
    for file in dict.fromkeys(test.partition("::")[0] for test in tests):
        if _pytest([file], _FirstFailure(reach, tests)) != 0:  # it could not be collected
            os._exit(KILLED)
    os._exit(0)


class _Finder:
    """Finds one module, with its mistake."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != _module_name(self._mutant):
            return None
        file = str(ROOT / self._mutant.path)
        return spec_from_file_location(name, file, loader=_Loader(name, file, self._mutant.source))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec", dont_inherit=True)


# ── a mistake in a function: it gets other code ──────────────────────────────────────────────────────────────────────


class _Collected:
    """A plugin of pytest that forks where the tests would run.

    Args:
        work: is given what runs in each fork.
    """

    def __init__(self, work: Callable[[Attempt], None]) -> None:
        self._work = work

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}

        def attempt(mutant: Mutant, tests: Sequence[str], reach: Reach) -> None:
            swap(mutant)
            session.config.pluginmanager.register(_FirstFailure(reach))
            _run([items[test] for test in tests])
            os._exit(0)

        gc.freeze()  # what is here stays: no fork looks through it
        self._work(attempt)
        return True


def swap(mutant: Mutant) -> None:
    """Give a function the code that it has in a mutant."""
    codes = {code.co_qualname: code for code in _codes(compile(mutant.source, str(ROOT / mutant.path), "exec"))}
    _function(mutant).__code__ = codes[str(mutant.function)]


def _function(mutant: Mutant) -> FunctionType:
    owner: Any = sys.modules[_module_name(mutant)]
    *classes, name = str(mutant.function).split(".")
    for each in classes:
        owner = getattr(owner, each)
    found = vars(owner)[name]
    match found:
        case property():
            found = found.fget
        case cached_property():
            found = found.func
        case staticmethod() | classmethod():
            found = found.__func__
    return inspect.unwrap(found)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


# ── running tests ────────────────────────────────────────────────────────────────────────────────────────────────────


class _FirstFailure:
    """A plugin of pytest that leaves the process when a test fails, or takes far longer than it did."""

    def __init__(self, reach: Reach, tests: Sequence[str] | None = None) -> None:
        self._reach = reach
        self._tests = tests

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._tests is not None:
            place = {test: number for number, test in enumerate(self._tests)}
            items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Of what the process computes, so that a busy machine times nobody out; and by the clock, for what waits."""
        seconds = self._reach.seconds.get(item.nodeid, 1.0)
        signal.setitimer(signal.ITIMER_PROF, 2 + 5 * seconds)
        signal.setitimer(signal.ITIMER_REAL, 60 + 50 * seconds)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Leave before anybody writes down what went wrong, which takes longer than most tests."""
        if call.excinfo is not None and not call.excinfo.errisinstance((pytest.skip.Exception, pytest.xfail.Exception)):
            os._exit(KILLED)


class _Examples:
    """A plugin of pytest: examples are the same each time, and not made smaller."""

    def pytest_sessionstart(self) -> None:
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutation", deadline=None, derandomize=True, database=None, max_examples=25, phases=phases
        )
        settings.load_profile("mutation")


def _run(items: Sequence[pytest.Item]) -> None:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _pytest(files: Iterable[str], plugin: object) -> int:
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return int(pytest.main([*ARGUMENTS, *files], plugins=[_Examples(), plugin]))


def _module_name(mutant: Mutant) -> str:
    return mutant.path.removesuffix(".py").replace("/", ".")
