"""Hypothesis strategies: what a model may answer, what may go wrong, and whole conversations of both.

They shrink towards one user, one step, one answer, no fault. What they draw has a `repr` that makes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..backend.fault_kinds import Fault, cut_stream, delay, http_error, lock_lag, no_answer, split_stream, stay
from ..backend.faults_json import Plan
from ..backend.turns import (
    INCOMPLETE_REASONS,
    CallTools,
    Part,
    ToolCall,
    Turn,
    call,
    call_tools,
    fail,
    finish,
    hang,
    image,
    incomplete,
    raw_call,
    refusal,
    run_code,
    say,
)
from .arguments import (
    NO_OBJECTS,
    SPOILERS,
    Change,
    Schema,
    arguments,
    malformed_arguments,
    misses,
    near_misses,
    spoilt,
)
from .cases import Case, CaseStep, Passes, Says, again, hurried
from .tools import KnownTools, Tools

USERS = ("anna", "ben", "chloe")
REST_SECONDS = 60.0
"""How long nothing happens before each user of a case comes back: a run that is being cancelled has ended by then."""

_USUAL, _MISS, _MALFORMED, _UNKNOWN = range(4)
_CALL_KINDS = (*[_USUAL] * 6, *[_MISS] * 2, *[_MALFORMED] * 2, _UNKNOWN)
# SDKs try a request three times: what strikes once never reaches the loop, unless the first had its effect.
_TIMES = (1, 3, 40)
# As often as it stands here.
_REQUESTS = (
    *["messages.create"] * 3,
    *["runs.submit_tool_outputs"] * 3,
    *["runs.create"] * 2,
    *["runs.retrieve"] * 2,
    "messages.list",
    "threads.create",
)


def latencies(longest: float = 8.0) -> SearchStrategy[float | None]:
    """Return a strategy of how long a turn takes, in virtual seconds; None leaves it to the seed.

    Args:
        longest: a loop that polls each second asks so many times; each costs as much as a request does.
    """
    return st.sampled_from((None, 0.0, 0.5, 2.0, longest))


def tool_calls(tools: Tools | KnownTools) -> SearchStrategy[ToolCall]:
    """Return a strategy of one call: mostly of a function that there is, with arguments that fit its schema.

    Args:
        tools: as `check_run_loop` takes them.
    """
    known = _known(tools)
    if not known.schemas:
        return st.sampled_from([call("no_such_function")])
    return st.one_of([_calls_of(name, schema) for name, schema in known.schemas.items()])


def rounds(tools: Tools | KnownTools, most: int = 3) -> SearchStrategy[CallTools]:
    """Return a strategy of turns that call functions: one, several in parallel, or the same one twice."""
    calls = st.lists(tool_calls(tools), min_size=1, max_size=most)
    return st.builds(_round, calls, st.booleans(), latencies())


def endings(text: str = "Answer.") -> SearchStrategy[Turn]:
    """Return a strategy of turns that end a run, in each status that there is.

    Args:
        text: what is said, or begun to be said.
    """
    return st.builds(
        _ending,
        st.sampled_from(_KINDS),
        st.sampled_from(_messages(text)),
        st.sampled_from((None, 3)),
        st.sampled_from(_FAILURES),
        st.sampled_from((None, f"{text} And …")),
        st.sampled_from(INCOMPLETE_REASONS),
        latencies(),
    )


def scripts(tools: Tools | KnownTools = (), text: str = "Answer.", most: int = 3) -> SearchStrategy[tuple[Turn, ...]]:
    """Return a strategy of what the model answers in one run: rounds of calls, or none, then an ending.

    Args:
        most: so many turns come before the ending, at most.
    """
    known = _known(tools)
    between: list[SearchStrategy[Turn]] = [st.just(say("Let me see.", more=True)), st.just(run_code("1 + 1", logs="2"))]
    if known.schemas:
        between.insert(0, rounds(known))
    before = st.lists(st.one_of(between), max_size=most)
    return st.builds(lambda first, last: (*first, last), before, endings(text))


def fault_schedules(most: int = 2, *, streams: bool = True) -> SearchStrategy[tuple[Plan, ...]]:
    """Return a strategy of what goes wrong while a run goes on; mostly nothing does.

    Errors of the service and lost answers, before and after the effect, once or more often than an SDK tries again;
    runs that are slow, stuck or slow to cancel; locks that outlive their run; streams that are cut and split.

    Args:
        most: faults, at most.
        streams: False leaves out what strikes streams only.
    """
    known = (*_FAULTS, *_OF_STREAMS) if streams else _FAULTS
    fault = st.builds(
        _plan,
        st.sampled_from((*[None] * (len(known) * 2 // 3), *known)),
        st.sampled_from(_REQUESTS),
        st.sampled_from(_TIMES),
        st.integers(0, 3),
        st.sampled_from(("before", "after")),
    )
    return st.tuples(*[fault] * most).map(lambda drawn: tuple(plan for plan in drawn if plan is not None))


def cases(
    tools: Tools | KnownTools = (),
    *,
    faults: SearchStrategy[tuple[Plan, ...]] | None = None,
    most_users: int = 2,
    most_steps: int = 3,
) -> SearchStrategy[Case]:
    """Return a strategy of conversations of one user or several, after which each comes back and is answered.

    Args:
        tools: as `check_run_loop` takes them.
        faults: of one step; None: `fault_schedules()`.
        most_users: how many users there are, at most.
        most_steps: how often something is said before they come back, at most.
    """
    known, schedules = _known(tools), fault_schedules() if faults is None else faults
    users = USERS[:most_users]
    numbered = [_steps(number, users, known, schedules) for number in range(1, most_steps + 1)]
    # Long ones are drawn more often: much goes wrong only where something came before.
    several = [st.tuples(*numbered[:count]) for count in range(1, most_steps + 1) for _ in range(count)]
    return st.one_of(several).map(lambda steps: Case((*steps, *_they_come_back(steps))))


def _steps(
    number: int, users: Sequence[str], known: KnownTools, schedules: SearchStrategy[tuple[Plan, ...]]
) -> SearchStrategy[Says]:
    said = scripts(known, f"Answer {number}.")
    user = st.just(users[0]) if number == 1 else st.sampled_from(users)  # who is first has the first name
    return st.builds(Says, user, st.just(f"Question {number}."), said, schedules, st.just(again(number))).map(hurried)


def _they_come_back(steps: Sequence[Says]) -> Iterable[CaseStep]:
    users = dict.fromkeys(step.user for step in steps)
    yield Passes(REST_SECONDS)
    for number, user in enumerate(users, start=len(steps) + 1):
        yield Says(user, f"Question {number}.", (say(f"Answer {number}."),), (), again(number))


# Calls.


def _known(tools: Tools | KnownTools) -> KnownTools:
    return tools if isinstance(tools, KnownTools) else KnownTools.of(tools)


def _calls_of(name: str, schema: Schema) -> SearchStrategy[ToolCall]:
    """Return a strategy of calls of one function; all of them draw the same, so that each shrinks to a usual one."""
    kinds: dict[int, list[Callable[[dict[str, Any]], ToolCall]]] = {
        _USUAL: [lambda given: call(name, **given)],
        _MISS: [partial(_missed, name, miss) for miss in misses(schema)],
        _MALFORMED: [
            *(partial(_constant, raw_call(name, text)) for text in NO_OBJECTS),
            *(partial(_spoilt, name, spoil) for spoil in SPOILERS),
        ],
        _UNKNOWN: [partial(_constant, unknown) for unknown in _unknown_calls(name)],
    }
    return st.builds(
        lambda given, kind, number: kinds[kind][number % len(kinds[kind])](given),
        arguments(schema),
        st.sampled_from(_CALL_KINDS),
        st.integers(0, 99),
    )


def _missed(name: str, miss: Change, given: dict[str, Any]) -> ToolCall:
    return call(name, **miss(given))


def _spoilt(name: str, spoil: Callable[[str], str], given: dict[str, Any]) -> ToolCall:
    return raw_call(name, spoilt(given, spoil))


def _constant(one: ToolCall, given: dict[str, Any]) -> ToolCall:
    return one


def _unknown_calls(declared: str) -> list[ToolCall]:
    """Return calls of what nobody declared, as models make them (hazards 12 and 13)."""
    uses = [{"recipient_name": f"functions.{declared}", "parameters": {}}]
    parallel = [call(name, tool_uses=uses) for name in ("multi_tool_use.parallel", "parallel")]
    return [call("no_such_function"), *parallel, call(f"functions.{declared}"), raw_call("", "{}")]


def _round(calls: list[ToolCall], twice: bool, takes: float | None) -> CallTools:  # noqa: FBT001  # drawn
    return call_tools(*calls, *calls[:twice], takes=takes)


# Endings.

_FAILURES = (
    ("server_error", None),
    ("rate_limit_exceeded", "Rate limit reached. Please try again in 12.3s."),
    ("invalid_prompt", None),
)


def _messages(text: str) -> Sequence[tuple[Part, ...]]:
    """Return the contents of messages: also such as have no text where it is looked for (hazard 17)."""
    return ((text,), (image("file-chart"), text), (refusal(text),), (text, f"{text} More."), (), ("",))


# As often as it stands here; the simplest first.
_KINDS = (*["say"] * 8, *["fail"] * 5, *["incomplete"] * 4, *["finish"] * 2, "hang")


def _ending(  # noqa: PLR0917  # drawn, in this order
    kind: str,
    parts: tuple[Part, ...],
    chunks: int | None,
    failure: tuple[str, str | None],
    partly: str | None,
    reason: str,
    takes: float | None,
) -> Turn:
    """Return an ending of one kind: all kinds draw the same, so that each shrinks to a message."""
    match kind:
        case "say":
            return say(*parts, chunks=chunks, takes=takes)
        case "fail":
            return fail(*failure, text=partly, takes=takes)
        case "incomplete":
            return incomplete(reason, partly or "", takes=takes)
        case "finish":
            return finish(takes=takes)
    return hang()


# Faults.

_ERRORS = (http_error(500), http_error(429, retry_after=2), http_error(400))
_GENERAL: tuple[Fault, ...] = (*_ERRORS, *_ERRORS, no_answer("reset"), no_answer("read_timeout"))
# Each with the operation that it is for; None: any that a run loop needs.
_FAULTS: Sequence[tuple[Fault, str | None]] = (
    *((fault, None) for fault in _GENERAL * 2),
    (stay("queued", 20), "runs.create"),
    (stay("in_progress", 40), "runs.create"),
    (stay("cancelling", 20), "runs.cancel"),
    (delay(700), "runs.submit_tool_outputs"),
    (delay(30), "runs.cancel"),
    (lock_lag(5), "runs.create"),
    (stay("in_progress"), "runs.create"),
    (stay("in_progress"), "runs.submit_tool_outputs"),
)
_OF_STREAMS: Sequence[tuple[Fault, str | None]] = (
    *((cut_stream("thread.message.delta", ending=one), "*") for one in ("closed", "read_timeout", "end", "error")),
    *((cut_stream("thread.run.completed", ending=one), "*") for one in ("reset", "end", "wrapped_error")),
    (cut_stream("thread.run.requires_action"), "*"),
    (cut_stream("done", ending="end"), "*"),
    (split_stream(7), "*"),
)


def _plan(fault: tuple[Fault, str | None] | None, on: str, times: int, skip: int, at: str) -> Plan | None:
    """Return a planned fault, or none; all kinds draw the same, so that each shrinks to a simpler one."""
    if fault is None:
        return None
    value, operation = fault
    if operation is not None:
        return Plan(value, {"on": operation})
    passed = skip if on == "runs.retrieve" else 0  # of others there is hardly a second in a step
    options = {"times": (times, 1), "skip": (passed, 0), "at": (at, "before")}
    return Plan(value, {"on": on, **{name: given for name, (given, usual) in options.items() if given != usual}})


__all__ = [
    "arguments",
    "cases",
    "endings",
    "fault_schedules",
    "latencies",
    "malformed_arguments",
    "near_misses",
    "rounds",
    "scripts",
    "tool_calls",
]
