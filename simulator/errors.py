"""Every exception of the package.

    Exception
    ├─ SimulatorError            the test made a mistake; nothing was changed
    │  ├─ UsageError             an argument or option that cannot be meant       (also a TypeError)
    │  ├─ TurnError              a turn, or a part of one, that is none           (also a TypeError)
    │  ├─ StateError             a state file or an object that cannot be placed  (also a ValueError)
    │  ├─ ClockError             time cannot go there                             (also a ValueError)
    │  ├─ NoTurn                 the brain has no answer for a run
    │  ├─ IllegalTransition      an event that the table of `lifecycle` does not know
    │  └─ CheckFailed            `check()`: what the test expected did not happen (also an AssertionError)
    └─ Refusal                   what the API answers a bad request (`api/refusals.py`)

A `Refusal` is not an error of ours: it is caught in one place and becomes the envelope
that the service sends. A `SimulatorError` always says what was wrong, where, and what to do.
"""

from __future__ import annotations


class SimulatorError(Exception):
    """The test, not the program under test, made a mistake. The state is as before."""


class UsageError(SimulatorError, TypeError):
    """An argument or an option that cannot be meant."""


class TurnError(SimulatorError, TypeError):
    """Something stands where a turn or a part of a turn must stand."""


class StateError(SimulatorError, ValueError):
    """A state file that cannot be read, or an object that cannot be placed."""


class ClockError(SimulatorError, ValueError):
    """The virtual clock only goes forward, by finite amounts."""


class NoTurn(SimulatorError):
    """The brain has no answer for a run: no piece of a script is left, or the callable failed."""


class IllegalTransition(SimulatorError):
    """An event that the present status does not allow. Nothing has happened."""


class CheckFailed(SimulatorError, AssertionError):
    """What `Simulator.check` found: unused pieces, refused surprises, runs still active."""


class Refusal(Exception):
    """Base of the errors that the API itself gives; see `api/refusals.py`."""
