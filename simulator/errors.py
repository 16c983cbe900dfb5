"""Every exception of the package.

    Exception
    ├─ SimulatorError            the test made a mistake; nothing was changed
    │  ├─ UsageError             an argument or option that cannot be meant       (also a TypeError)
    │  ├─ TurnError              a turn, or a part of one, that is none           (also a TypeError)
    │  ├─ StateError             a state file or an object that cannot be placed  (also a ValueError)
    │  ├─ CassetteError          a cassette that cannot be read or written        (also a ValueError)
    │  │  └─ NoCassette          a file that is none, whatever else it is
    │  ├─ ScenarioError          a file that is no scenario, or a scenario that cannot be played  (also a ValueError)
    │  ├─ BaselineError          a baseline that cannot be used, or compared           (also a ValueError)
    │  ├─ ClockError             time cannot go there                             (also a ValueError)
    │  ├─ MissingExtra           something needs an extra that is not installed   (also an ImportError)
    │  ├─ NoTurn                 the brain has no answer for a run
    │  ├─ IllegalTransition      an event that the table of `lifecycle` does not know
    │  └─ CheckFailed            `check()`: what the test expected did not happen (also an AssertionError)
    │     ├─ ScenarioFailed      something else happened than a scenario expects
    │     ├─ TwinsDiffer         new code shows the model, or does with its answers, something else
    │     └─ RunLoopFailed       a run loop breaks an invariant (`checks`)
    └─ Refusal                   what the API answers a bad request (`api/refusals/`)
    BaseException
    └─ RequestBlocked            a request to the API was about to reach the network

A `Refusal` is not an error of ours: it is caught in one place and becomes the envelope
that the service sends. A `SimulatorError` always says what was wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


class SimulatorError(Exception):
    """The test, not the program under test, made a mistake. The state is as before."""


class UsageError(SimulatorError, TypeError):
    """An argument or an option that cannot be meant."""


class TurnError(SimulatorError, TypeError):
    """Something stands where a turn or a part of a turn must stand."""


class StateError(SimulatorError, ValueError):
    """A state file that cannot be read, or an object that cannot be placed."""


class CassetteError(SimulatorError, ValueError):
    """A cassette that cannot be read or written: says file and line. No file was changed."""


class NoCassette(CassetteError):
    """A file that is no cassette: it is well-formed and holds something else."""


class ScenarioError(SimulatorError, ValueError):
    """A file that is no scenario: says file and line. Or a scenario that cannot be played as it is."""


class BaselineError(SimulatorError, ValueError):
    """A file of a baseline that cannot be read or written: says file and line. Or sides that had different scripts."""


class ClockError(SimulatorError, ValueError):
    """The virtual clock only goes forward, by finite amounts."""


class MissingExtra(SimulatorError, ImportError):
    """Something needs packages that come with an extra only.

    Args:
        what: needs it; begins the message.
        extra: its name.
        missing: the module that was not found.
    """

    def __init__(self, what: str, extra: str, missing: str | None) -> None:
        super().__init__(f"{what} needs {missing}, which is not installed: pip install 'assistants-simulator[{extra}]'")


class NoTurn(SimulatorError):
    """The brain has no answer for a run: no piece of a script is left, or the callable failed."""


class IllegalTransition(SimulatorError):
    """An event that the present status does not allow. Nothing has happened."""


class CheckFailed(SimulatorError, AssertionError):
    """What `Simulator.check` found: unused pieces, refused surprises, runs still active."""


class Refusal(Exception):
    """Base of the errors that the API itself gives; see `api/refusals/`."""


class RequestBlocked(BaseException):
    """A request to an API host was about to reach the network, and was stopped before a socket opened for it.

    No `Exception`: a program catches those, and the SDKs before 3.x try again after them, with real sleeps, and
    then raise an error of their own (feasibility.md A: three tries, 1.3 s). asyncio stores this one in its
    task as it stores any other, and pytest fails the test with it.
    """


def suggestion(name: object, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` with the known name nearest to `name`; empty where none is near."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class ScenarioFailed(CheckFailed):
    """Something else happened than a scenario expects; the text says at which step, and shows the timeline."""


class TwinsDiffer(CheckFailed):
    """New code shows the model something else than old code, or does something else; says where, and why it matters."""


class RunLoopFailed(CheckFailed):
    """A run loop breaks an invariant; the text says which, and shows the smallest conversation in which it does."""


def refuse_unknown(where: str, given: Iterable[str], known: Collection[str]) -> None:
    """Refuse the first option that is not known.

    Args:
        where: begins the message, such as "Simulator()".

    Raises:
        UsageError: with the nearest option and all that there are.
    """
    for name in given:
        if name not in known:
            options = ", ".join(known)
            raise UsageError(f"{where} has no option {name!r}.{suggestion(name, known)} The options are {options}.")


def refuse_text(name: str, value: object, shown: str | None = None) -> None:
    """Refuse one text where a list of them is meant: it would count as a list of letters.

    Args:
        shown: what stands for a value that is nobody's to read.

    Raises:
        UsageError: it is one.
    """
    if isinstance(value, str):
        raise UsageError(f"{name}= is a list, not one text: write [{shown or value!r}].")


def told(error: BaseException) -> str:
    """Return type and text of somebody's exception, whatever its text is: it goes into answers and reports."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # an exception may even fail to say what it is
        text = "(its text cannot be had)"
    words = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return words.encode(errors="backslashreplace").decode()
