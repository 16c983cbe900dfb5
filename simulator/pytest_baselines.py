"""What the pytest plugin does for a test that is kept in a baseline, or compared with one.

The hooks stand in `assistants_simulator/baselines.py`; this is imported when an option asks for a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .backend.journal import Asked
from .errors import BaselineError, TwinsDiffer
from .pytest_plugin import TextOnlyFailure, options_of
from .simulator import Simulator
from .transport.patching import Patch


class Differs(TextOnlyFailure, TwinsDiffer):
    """What came of a test is not what its baseline says."""

    __module__, __qualname__ = "builtins", "TwinsDiffer"


class Unusable(TextOnlyFailure, BaselineError):
    """A baseline that cannot be used."""

    __module__, __qualname__ = "builtins", "BaselineError"


class Made(NamedTuple):
    """A simulator that a test made for itself, under the name of its record."""

    of: str
    simulator: Simulator
    api_keys: Sequence[str]


@contextmanager
def noting(item: pytest.Item, made: list[Made]) -> Iterator[None]:
    """Note, inside the block, every simulator that is made: by `@simulated`, a scenario, or the test itself."""

    def wrap(begin: Callable[..., None]) -> Callable[..., None]:
        @wraps(begin)
        def noted(self: Simulator, *args: Any, **options: Any) -> None:
            begin(self, *args, **options)
            made.append(Made(item.nodeid, self, tuple(options.get("api_keys", ()))))

        return noted

    patch = Patch(Simulator, "__init__", wrap)
    patch.install()
    try:
        yield
    finally:
        patch.remove()


def of_the_fixture(item: pytest.Item, simulator: Simulator, base: object) -> list[Made]:
    """Return the simulator of the fixture; `base` is what `simulator_options` returned."""
    return [Made(item.nodeid, simulator, options_of(item, base).get("api_keys", ()))]


def asked(made: Iterable[Made]) -> list[Made]:
    """Return those whose model was asked, and that kept a journal; from the second on their names have a number."""
    used = [one for one in made if any(isinstance(entry, Asked) for entry in one.simulator.journal)]
    return [one._replace(of=f"{one.of}-{number}") if number > 1 else one for number, one in enumerate(used, 1)]


def keep(made: Sequence[Made], folder: Path) -> list[dict[str, Any]]:
    """Write what came of a test into the baseline; return what became of each of its simulators.

    Raises:
        BaselineError: it cannot be written.
    """
    from .migration.suite import MOST, Outcome, State, write_test

    if len(made) > MOST:
        return [Outcome(state=State.CROWDED).to_json()]
    with _naming_baseline():
        return [write_test(folder, one.of, one.simulator.journal, one.api_keys).to_json() for one in made]


def compare(made: Sequence[Made], folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Compare what came of a test with its baseline; return what became of it, and the differences as text.

    Raises:
        BaselineError: they cannot be compared.
    """
    from .migration import report
    from .migration.suite import MOST, Outcome, State, compare_test

    if len(made) > MOST:
        return [Outcome(state=State.CROWDED).to_json()], ""
    with _naming_baseline():
        outcomes = [compare_test(folder, one.of, one.simulator.journal, one.api_keys) for one in made]
    told = [one.comparison for one in outcomes if one.comparison is not None]
    return [one.to_json() for one in outcomes], "\n".join(report.text_of(one) for one in told if not one.passed)


@contextmanager
def _naming_baseline() -> Iterator[None]:
    try:
        yield
    except BaselineError as error:
        raise Unusable(str(error)) from None


def baseline_lines(folder: Path, outcomes: Iterable[Mapping[str, Any]], failed: int) -> list[str]:
    """Return what is to be said of the baseline at the end of a run."""
    from .migration.suite import Summary

    return list(Summary(folder, [*outcomes], failed).lines())
