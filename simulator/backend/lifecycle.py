"""Runs, run steps and vector stores: statuses, events, and the one table of what leads where.

Everything that decides about a status lives in this file, and every change of status passes through
`apply`: it asks the table first, then stamps the times that go with the transition. An event that
the table does not know raises, and nothing has happened.

Two transitions happen by themselves when their time comes, `EXPIRE` and `CONFIRM_CANCEL`; the
engine puts them on the calendar. Sources: assistants-api.md 1.1, 1.4, 1.8; recorded-traffic.md 4, 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from ..errors import IllegalTransition


class RunStatus(StrEnum):
    """The `status` of a run, spelled as on the wire."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"


class StepStatus(StrEnum):
    """The `status` of a run step, spelled as on the wire."""

    IN_PROGRESS = "in_progress"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    EXPIRED = "expired"


class FileStatus(StrEnum):
    """The `status` of a file in a vector store, and of a batch of such files, spelled as on the wire."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VectorStoreStatus(StrEnum):
    """The `status` of a vector store, spelled as on the wire."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    EXPIRED = "expired"


class Event(StrEnum):
    """Why a status changes."""

    PICK_UP = "pick_up"
    CALL_TOOLS = "call_tools"
    SUBMIT = "submit"
    COMPLETE = "complete"
    STOP_SHORT = "stop_short"
    FAIL = "fail"
    CANCEL = "cancel"
    CONFIRM_CANCEL = "confirm_cancel"
    EXPIRE = "expire"
    ADD_FILES = "add_files"


Status: TypeAlias = RunStatus | StepStatus | FileStatus | VectorStoreStatus


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table.

    Args:
        to: the new status.
        stamps: the keys that become the time of the event, in whole seconds.
        clears: the keys that become null.
    """

    to: Status
    stamps: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()


Table: TypeAlias = Mapping[Status, Mapping[Event, Transition]]

# `started_at` is written anew at each resume, `expires_at` never is (recorded-traffic.md 4).
_PICK_UP = Transition(RunStatus.IN_PROGRESS, stamps=("started_at",))
# Every cancel that was accepted answered `cancelling`, from queued too. From requires_action nothing
# is recorded (assistants-api.md 11): taken to be the same.
_CANCEL = Transition(RunStatus.CANCELLING, clears=("required_action",))
# `completed_at` stays null: both recorded expired runs have one, early in their lives, but are v1 runs of 2023.
_EXPIRE = Transition(RunStatus.EXPIRED, clears=("expires_at", "required_action"))

RUN_TABLE: Table = {
    RunStatus.QUEUED: {Event.PICK_UP: _PICK_UP, Event.CANCEL: _CANCEL, Event.EXPIRE: _EXPIRE},
    RunStatus.IN_PROGRESS: {
        Event.CALL_TOOLS: Transition(RunStatus.REQUIRES_ACTION),
        Event.COMPLETE: Transition(RunStatus.COMPLETED, stamps=("completed_at",), clears=("expires_at",)),
        Event.STOP_SHORT: Transition(RunStatus.INCOMPLETE, stamps=("completed_at",), clears=("expires_at",)),
        Event.FAIL: Transition(RunStatus.FAILED, stamps=("failed_at",), clears=("expires_at",)),
        Event.CANCEL: _CANCEL,
        Event.EXPIRE: _EXPIRE,
    },
    RunStatus.REQUIRES_ACTION: {
        Event.SUBMIT: Transition(RunStatus.QUEUED, clears=("required_action",)),
        Event.CANCEL: _CANCEL,
        Event.EXPIRE: _EXPIRE,
    },
    RunStatus.CANCELLING: {
        Event.CONFIRM_CANCEL: Transition(RunStatus.CANCELLED, stamps=("cancelled_at",), clears=("expires_at",)),
        Event.EXPIRE: _EXPIRE,
    },
    RunStatus.CANCELLED: {},
    RunStatus.FAILED: {},
    RunStatus.COMPLETED: {},
    RunStatus.INCOMPLETE: {},
    RunStatus.EXPIRED: {},
}

# A step keeps its `expires_at` while the run is active (recorded-traffic.md 1): the engine clears it at the end.
STEP_TABLE: Table = {
    StepStatus.IN_PROGRESS: {
        Event.COMPLETE: Transition(StepStatus.COMPLETED, stamps=("completed_at",)),
        Event.FAIL: Transition(StepStatus.FAILED, stamps=("failed_at",)),
        Event.CANCEL: Transition(StepStatus.CANCELLED, stamps=("cancelled_at",)),
        Event.EXPIRE: Transition(StepStatus.EXPIRED),
    },
    StepStatus.CANCELLED: {},
    StepStatus.FAILED: {},
    StepStatus.COMPLETED: {},
    StepStatus.EXPIRED: {},
}

FILE_TABLE: Table = {
    FileStatus.IN_PROGRESS: {
        Event.COMPLETE: Transition(FileStatus.COMPLETED),
        Event.FAIL: Transition(FileStatus.FAILED),
        Event.CANCEL: Transition(FileStatus.CANCELLED),
    },
    FileStatus.COMPLETED: {},
    FileStatus.FAILED: {},
    FileStatus.CANCELLED: {},
}

# Without files a store is born `completed` (recorded-traffic.md 1). Nothing brings an expired one back.
VECTOR_STORE_TABLE: Table = {
    VectorStoreStatus.IN_PROGRESS: {
        Event.COMPLETE: Transition(VectorStoreStatus.COMPLETED),
        Event.EXPIRE: Transition(VectorStoreStatus.EXPIRED),
    },
    VectorStoreStatus.COMPLETED: {
        Event.ADD_FILES: Transition(VectorStoreStatus.IN_PROGRESS),
        Event.EXPIRE: Transition(VectorStoreStatus.EXPIRED),
    },
    VectorStoreStatus.EXPIRED: {},
}

TABLES: Mapping[str, Table] = {
    "thread.run": RUN_TABLE,
    "thread.run.step": STEP_TABLE,
    "vector_store": VECTOR_STORE_TABLE,
    "vector_store.file": FILE_TABLE,
    "vector_store.file_batch": FILE_TABLE,
}

TERMINAL = frozenset(status for table in (RUN_TABLE, STEP_TABLE) for status, row in table.items() if not row)
"""The statuses that nothing leaves."""

ACTIVE = frozenset(RUN_TABLE) - TERMINAL
"""The statuses in which a run locks its thread."""

CANCELLABLE = frozenset(status for status, row in RUN_TABLE.items() if Event.CANCEL in row)
"""The statuses in which a run can be cancelled."""


def apply(target: dict[str, Any], event: Event, at: float, **fields: object) -> Status:
    """Move a run, a step, or what belongs to vector stores: the only place where a status changes.

    Args:
        target: the object, changed in place.
        event: why it moves.
        at: the virtual time of the event, in seconds.
        fields: what else the event writes (`required_action`, `last_error`, `usage`…).

    Returns:
        The new status.

    Raises:
        IllegalTransition: the present status knows no such event. `target` is untouched.
    """
    status, table = target["status"], TABLES[target["object"]]
    transition = table.get(status, {}).get(event)
    if transition is None:
        raise IllegalTransition(f"{target['object']} {target['id']} is {status}: {event} leads nowhere from there.")
    target["status"] = str(transition.to)
    for key in transition.stamps:
        target[key] = int(at)
    for key in transition.clears:
        target[key] = None
    target.update(fields)
    return transition.to
