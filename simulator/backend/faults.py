"""The faults that wait for their request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ..errors import UsageError, suggestion
from .fault_kinds import NEVER_SENT, Delay, Fault, HttpError, NoAnswer, fault_from_json, fault_to_json, is_count

ANY_OPERATION = "*"
# The others change what follows the effect, and strike before and after alike.
HAVE_A_MOMENT = (HttpError, NoAnswer, Delay)


class Moment(StrEnum):
    """Whether a fault strikes before the request has its effect, or after."""

    BEFORE = "before"
    AFTER = "after"


class Target(NamedTuple):
    """A request, as far as faults ask: its operation, the ids in its path, and whether its answer is a stream."""

    operation: str
    thread: str | None = None
    run: str | None = None
    streams: bool = False


@dataclass(slots=True)
class Planned:
    """A fault that waits: `skip` requests pass first, then `times` are struck.

    Args:
        thread: the id in the path of the requests that it is for; None: any, or none.
        run: the same of the run.
    """

    fault: Fault
    on: str
    times: int
    skip: int
    at: Moment
    thread: str | None = None
    run: str | None = None
    struck: bool = False

    def meets(self, target: Target) -> bool:
        """Tell whether it is for a request."""
        fault = self.fault
        return (
            self.on in (target.operation, ANY_OPERATION)
            and (fault.operations is None or target.operation in fault.operations)
            and (target.streams or not fault.streams_only)
            and self.thread in (None, target.thread)
            and self.run in (None, target.run)
        )

    @property
    def effect(self) -> str:
        """What it does, for the journal."""
        return f"{self.fault} {self.at} the effect" if isinstance(self.fault, HAVE_A_MOMENT) else str(self.fault)

    def __str__(self) -> str:
        return f"{self.fault} on {self.on!r}"


class Faults:
    """What will go wrong.

    Args:
        operations: the names that `on` may have.
    """

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = tuple(operations)
        self._planned: list[Planned] = []

    def add(
        self,
        fault: Fault,
        on: str = ANY_OPERATION,
        *,
        times: int = 1,
        skip: int = 0,
        at: str = Moment.BEFORE,
        thread: str | None = None,
        run: str | None = None,
    ) -> Planned:
        """Plan a fault, and return it as planned: it tells how often it will still strike, and whether it did.

        Args:
            fault: made by `http_error`, `no_answer`, `cut_stream`, `split_stream`, `delay`, `stay`, `lock_lag`
                or `rival_run`.
            on: the name of an operation (`runs.retrieve`), or `*` for any that the fault is for. Stubs and routes
                that are not simulated are never struck.
            times: how many requests it strikes.
            skip: how many pass unharmed before the first.
            at: `before` the effect, or `after` it: the effect is made and its answer lost, or late.
            thread: only requests with this id in their path.
            run: the same of the run.

        Raises:
            UsageError: something of this cannot be meant; nothing is planned.
        """
        if not isinstance(fault, Fault):
            raise UsageError(f"faults.add() takes a fault such as http_error(429), not {fault!r}.")
        self._check_operation(fault, on)
        if not is_count(times) or times < 1 or not is_count(skip):
            raise UsageError(f"times= is one or more and skip= zero or more, not {times!r} and {skip!r}.")
        _check_moment(fault, at)
        for name, id in (("thread", thread), ("run", run)):
            if id is not None and not isinstance(id, str):
                raise UsageError(f"{name}= is an id, or None for any, not {id!r}.")
        planned = Planned(fault, on, times, skip, Moment(at), thread, run)
        self._planned.append(planned)
        return planned

    def _check_operation(self, fault: Fault, on: str) -> None:
        if on == ANY_OPERATION:
            return
        if on not in self._operations:
            raise UsageError(f"There is no operation {on!r}.{self._hint(on)} {ANY_OPERATION!r} strikes any operation.")
        if fault.operations is not None and on not in fault.operations:
            raise UsageError(f"{fault} strikes {', '.join(sorted(fault.operations))}; not {on!r}.")

    def strike(self, target: Target) -> Planned | None:
        """Return the fault for this request, if one is due, and count it."""
        for planned in self._planned:
            if not planned.meets(target):
                continue
            if planned.skip:
                planned.skip -= 1
                continue
            planned.struck = True
            planned.times -= 1
            if not planned.times:
                self._planned.remove(planned)
            return planned
        return None

    @property
    def unused(self) -> list[str]:
        """Those that struck nothing, as they were planned."""
        return [str(one) for one in self.waiting]

    @property
    def waiting(self) -> list[Planned]:
        """Those that struck nothing yet."""
        return [one for one in self._planned if not one.struck]

    def clear(self) -> None:
        """Forget all that is planned."""
        self._planned.clear()

    def __bool__(self) -> bool:
        return bool(self._planned)

    def __len__(self) -> int:
        return len(self._planned)

    def to_json(self) -> list[dict[str, Any]]:
        """Return what is planned as JSON values."""
        return [
            {
                "fault": fault_to_json(one.fault),
                "on": one.on,
                "times": one.times,
                "skip": one.skip,
                "at": str(one.at),
                "thread": one.thread,
                "run": one.run,
                "struck": one.struck,
            }
            for one in self._planned
        ]

    def restore(self, saved: Iterable[Mapping[str, Any]]) -> None:
        """Plan what `to_json` described, instead of what is planned now."""
        self._planned = [
            Planned(**{**one, "fault": fault_from_json(one["fault"]), "at": Moment(one["at"])}) for one in saved
        ]

    def _hint(self, name: object) -> str:
        # As the SDK spells it: `client.beta.threads.runs.create`.
        short = str(name).removeprefix("beta.").removeprefix("threads.")
        return (
            suggestion(short if short in self._operations else name, self._operations)
            or f" There are: {', '.join(self._operations)}."
        )


def _check_moment(fault: Fault, at: str) -> None:
    if at not in tuple(Moment):
        raise UsageError(f"at= is 'before' or 'after' the effect, not {at!r}.")
    if at == Moment.AFTER and isinstance(fault, NoAnswer) and fault.kind in NEVER_SENT:
        raise UsageError(f"{fault}: a request that was never sent has no effect; at='after' takes the other kinds.")
