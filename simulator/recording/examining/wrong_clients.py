"""Wrong clients, played against replay by order: which of them would keep a test green.

Each is the recorded client with one mistake. A mistake is a row of the table.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..cassette import Cassette, RecordedRequest
from ..shown import said_in
from .clients import Kind, Loops, Missed, Sight, Step, play, recorded_sight, right_client
from .conversation import TERMINAL, Conversation, Run
from .operations import operation_of
from .order_replay import OrderReplay, Rule

Program: TypeAlias = Sequence[Step]


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One thing that a client does wrong.

    Args:
        name: completes "a client that …".
        needs: what the session must hold for it.
        make: from the right client to the wrong one.
        never_submits: it counts only where no output was sent at all.
    """

    name: str
    needs: frozenset[Kind]
    make: Callable[[Program], Program]
    never_submits: bool = False


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of a mistake.

    Args:
        passes: the rules under which the test stays green.
        status: the last that the client saw, where it passes.
        answer: what it read, where it passes.
    """

    mistake: str
    passes: Sequence[Rule]
    status: str | None = None
    answer: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunTrials:
    """All trials of one run.

    Args:
        untried: why nothing could be tried; None: it was.
        trials: one for each mistake that can be made here.
        loops: whether with `allow_playback_repeats` even a right client polls for ever.
        breaks: whether a right client that polls once more than the recorded one fails.
    """

    run_id: str
    untried: str | None = None
    trials: Sequence[Trial] = ()
    loops: bool = False
    breaks: bool = False

    @property
    def false_greens(self) -> list[Trial]:
        """The mistakes that pass by the default rule or with bodies matched."""
        return [one for one in self.trials if one.passes]


def try_clients(cassette: Cassette, conversation: Conversation, run: Run) -> RunTrials:
    """Play every wrong client of a run."""
    program = right_client(cassette, conversation, run)
    right = recorded_sight(cassette, run)
    untried = _untried(run, program, right)
    if untried:
        return RunTrials(run_id=run.id, untried=untried)
    kinds = {step.kind for step in program}
    mistakes = [one for one in MISTAKES if one.needs <= kinds]
    return RunTrials(
        run_id=run.id,
        trials=[_trial(cassette, run, program, one, right) for one in mistakes],
        loops=_loops(cassette, program, run),
        breaks=Kind.POLL in kinds and not _holds(cassette, _polling_once_more(program), run, right),
    )


def _untried(run: Run, program: Program, right: Sight) -> str | None:
    if run.first.get("object") == "response":
        return "it is a response, which one request asks for"
    if not {Kind.START, Kind.POLL, Kind.SUBMIT}.intersection(step.kind for step in program):
        return "the session only lists it"
    if not right.answer and right.status not in TERMINAL:
        return f"the session ends while it is {run.status}"
    return None


def _trial(cassette: Cassette, run: Run, program: Program, mistake: Mistake, right: Sight) -> Trial:
    passes, seen = [], None
    for rule in (Rule.DEFAULT, Rule.BODY):
        sight = _played(cassette, mistake.make(program), run, rule)
        if sight is not None and sight.same_as(right) and not (mistake.never_submits and sight.submitted):
            passes.append(rule)
            seen = sight
    if seen is None:
        return Trial(mistake=mistake.name, passes=passes)
    return Trial(mistake=mistake.name, passes=passes, status=seen.status, answer=_first(seen.answer))


def _first(answer: Mapping[str, str]) -> str | None:
    return next(iter(answer.values()), None)


def _played(cassette: Cassette, program: Program, run: Run, rule: Rule) -> Sight | None:
    """Return what a client saw; None: its test fails or never ends."""
    try:
        return play(program, run, OrderReplay(cassette.interactions, rule))
    except (Missed, Loops):
        return None


def _holds(cassette: Cassette, program: Program, run: Run, right: Sight) -> bool:
    sight = _played(cassette, program, run, Rule.DEFAULT)
    return sight is not None and sight.same_as(right)


def _loops(cassette: Cassette, program: Program, run: Run) -> bool:
    """Tell whether a program that polls never sees the end, because the first answer is repeated."""
    try:
        sight = play(program, run, OrderReplay(cassette.interactions, Rule.REPEATS))
    except Loops:
        return True
    return sight.status not in TERMINAL and any(step.kind is Kind.POLL for step in program)


# The mistakes.


def _without(*kinds: Kind) -> Callable[[Program], Program]:
    return lambda program: [step for step in program if step.kind not in kinds]


def _until_the_end(program: Program) -> Program:
    """Poll until the run has ended, whatever it asks for."""
    return [replace(step, until=TERMINAL) if step.kind is Kind.POLL else step for step in program]


def _never_submits(program: Program) -> Program:
    return _until_the_end(_without(Kind.SUBMIT)(program))


def _submits_unasked(program: Program) -> Program:
    """Send the first outputs right after the start."""
    first = next(step for step in program if step.kind is Kind.SUBMIT)
    rest = _until_the_end([step for step in program if step is not first])
    start = next(place for place, step in enumerate(rest) if step.kind is Kind.START)
    return [*rest[: start + 1], replace(first, only_if_asked=False), *rest[start + 1 :]]


def _missing(answers: int) -> Callable[[Program], Program]:
    """Poll so that some answers go by before each that is looked at."""
    return lambda program: [replace(step, misses=answers) if step.kind is Kind.POLL else step for step in program]


def _polling_once_more(program: Program) -> Program:
    """Ask once more than the recorded client did, after the run has ended."""
    last = max(place for place, step in enumerate(program) if step.kind is Kind.POLL)
    again = replace(program[last], kind=Kind.OTHER)
    return [*program[: last + 1], again, *program[last + 1 :]]


def _twice(program: Program) -> Program:
    return [
        one
        for step in program
        for one in ([step, replace(step, only_if_asked=False)] if step.kind is Kind.SUBMIT else [step])
    ]


def _posts_late(program: Program) -> Program:
    message = next(step for step in program if step.kind is Kind.MESSAGE)
    rest = [step for step in program if step is not message]
    start = next(place for place, step in enumerate(rest) if step.kind is Kind.START)
    return [*rest[: start + 1], message, *rest[start + 1 :]]


def _cancels(program: Program) -> Program:
    return [
        replace(step, kind=Kind.OTHER, request=_cancel(step.request)) if step.kind is Kind.SUBMIT else step
        for step in _until_the_end(program)
    ]


def _cancel(request: RecordedRequest) -> RecordedRequest:
    return replace(request, uri=request.uri.replace("/submit_tool_outputs", "/cancel"), body=b"")


def _sending(kind: Kind, change: Callable[[dict[str, Any]], object]) -> Callable[[Program], Program]:
    """Send something else than was recorded, at the first request of a kind."""

    def make(program: Program) -> Program:
        first = next(step for step in program if step.kind is kind)
        return [replace(step, request=_changed(step.request, change)) if step is first else step for step in program]

    return make


def _changed(request: RecordedRequest, change: Callable[[dict[str, Any]], object]) -> RecordedRequest:
    body = copy.deepcopy(said_in(operation_of(request).name, request.json).value)
    change(body)
    return replace(request, body=json.dumps(body).encode())


def _other_outputs(body: dict[str, Any]) -> None:
    for one in body.get("tool_outputs") or []:
        one["output"] = "something else"


def _other_calls(body: dict[str, Any]) -> None:
    for one in body.get("tool_outputs") or []:
        one["tool_call_id"] = "call_of_another_run"


def _without_the_last(body: dict[str, Any]) -> None:
    body["tool_outputs"] = (body.get("tool_outputs") or [])[:-1]


_RUN = frozenset({Kind.START})
_TOOLS = frozenset({Kind.SUBMIT})

MISTAKES: Sequence[Mistake] = (
    Mistake(name="never submits the tool outputs", needs=_TOOLS, make=_never_submits),
    *(
        Mistake(
            name=f"polls {pace} as often, and so is never asked for outputs",
            needs=_TOOLS | {Kind.POLL},
            make=_missing(answers),
            never_submits=True,
        )
        for answers, pace in enumerate(("half", "a third", "a quarter"), start=1)
    ),
    Mistake(name="submits outputs before it is asked", needs=_TOOLS | _RUN, make=_submits_unasked),
    Mistake(name="submits other outputs", needs=_TOOLS, make=_sending(Kind.SUBMIT, _other_outputs)),
    Mistake(name="submits for the wrong call", needs=_TOOLS, make=_sending(Kind.SUBMIT, _other_calls)),
    Mistake(name="leaves out an output", needs=_TOOLS, make=_sending(Kind.SUBMIT, _without_the_last)),
    Mistake(name="submits twice", needs=_TOOLS, make=_twice),
    Mistake(name="cancels instead of submitting", needs=_TOOLS, make=_cancels),
    Mistake(
        name="reads the answer without waiting for the run",
        needs=_RUN | {Kind.POLL, Kind.READ},
        make=_without(Kind.POLL, Kind.SUBMIT),
    ),
    Mistake(
        name="never starts the run",
        needs=_RUN | {Kind.READ},
        make=_without(Kind.START, Kind.POLL, Kind.SUBMIT),
    ),
    Mistake(name="never posts the user's message", needs=_RUN | {Kind.MESSAGE}, make=_without(Kind.MESSAGE)),
    Mistake(
        name="posts another message",
        needs=_RUN | {Kind.MESSAGE},
        make=_sending(Kind.MESSAGE, lambda body: body.update(content="something else")),
    ),
    Mistake(name="posts the message after starting the run", needs=_RUN | {Kind.MESSAGE}, make=_posts_late),
    Mistake(
        name="runs another assistant",
        needs=_RUN,
        make=_sending(Kind.START, lambda body: body.update(assistant_id="asst_another")),
    ),
)
