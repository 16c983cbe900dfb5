"""Which functions were executed in a turn, so that none is executed twice for the same reason."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from .calls import Execution, FunctionCall


class Ledger:
    """The executions of a turn, over the runs that were made for it.

    A call that has been answered is not executed again, whatever happens to the answer. In a run that replaces another,
    a call with the name and the arguments of one that was executed there gets that one's output: as often as it was
    executed there, so that what was meant twice is also done twice.
    """

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self._by_id: dict[str, Execution] = {}
        self._earlier: defaultdict[tuple[str, str], list[Execution]] = defaultdict(list)
        self._open: defaultdict[tuple[str, str], list[Execution]] = defaultdict(list)
        self._of_this_run: list[Execution] = []

    def begin_run(self) -> None:
        """Begin a run that replaces the one before, if there was one."""
        for one in self._of_this_run:
            self._earlier[_key(one.call)].append(one)
        self._of_this_run = []
        self._open = defaultdict(list, {key: list(found) for key, found in self._earlier.items()})

    def kept(self, call: FunctionCall) -> Execution | None:
        """Return the answer that a call has already; None where it must be executed."""
        if call.id in self._by_id:
            return replace(self._by_id[call.id], is_kept=True)
        waiting = self._open[_key(call)]
        return replace(waiting.pop(0), call=call, is_kept=True, seconds=0.0) if waiting else None

    def keep(self, executions: Iterable[Execution]) -> None:
        """Write down what was executed."""
        for whole in executions:
            for one in whole.parts or (whole,):
                self._by_id[one.call.id] = one
                if not one.is_kept:
                    self.executions.append(one)
                    if one.attempts:
                        self._of_this_run.append(one)


def _key(call: FunctionCall) -> tuple[str, str]:
    """Return the name and the arguments of a call, however they are written."""
    try:
        arguments = json.dumps(json.loads(call.arguments or "{}"), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = call.arguments
    return call.name.removeprefix("functions."), arguments
