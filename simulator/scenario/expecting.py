"""Compares what happened in a step with what was expected of it: one function a kind of expectation.

Each yields what is wrong, a line each, in words that somebody understands who has read the scenario only.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema

from ..backend.records import ToolCallRecord
from .durations import seconds_of
from .schema import ANY_FAILURE, CallExpectation, CallMatcher, Expectations, TextMatcher, call_matcher

SHOWN = 200  # characters of a text
ALIKE = 20  # of them, before the first that differs
_PIECES = ": an app that yields pieces needs a callable around it that joins them"


@dataclass(slots=True, kw_only=True)
class Happened:
    """What came of a step, or of a whole conversation.

    Args:
        reply: what the app returned; None where it failed.
        error: how it failed.
        calls: the functions that the model called, in order, with what was submitted.
        statuses: those of the runs, in order.
        requests: how many the app made.
        tokens: how many the runs used.
        seconds: how much virtual time passed.
        heard: what the model was shown of what the user said, when it was last asked; None where it was not.
    """

    reply: Any = None
    error: BaseException | None = None
    calls: Sequence[ToolCallRecord] = ()
    statuses: Sequence[str] = ()
    requests: int = 0
    tokens: int = 0
    seconds: float = 0.0
    heard: Sequence[str] | None = None


def complaints(expected: Expectations, happened: Happened) -> Iterator[str]:
    """Yield what is not as expected."""
    for name, check in _CHECKS.items():
        wanted = getattr(expected, name)
        if wanted is not None:
            yield from check(wanted, happened)


def failure_is_expected(expected: Expectations | None) -> bool:
    """Tell whether the app is to report a failure."""
    return expected is not None and expected.error is not None


# Texts.


def _reply(wanted: str | TextMatcher, happened: Happened) -> Iterator[str]:
    if happened.error is not None:
        return  # that it failed is told by itself
    if not isinstance(happened.reply, str):
        hint = _PIECES if inspect.isgenerator(happened.reply) or inspect.isasyncgen(happened.reply) else ""
        yield f"the reply is {happened.reply!r:.{SHOWN}}, and not a text{hint}"
    elif not _fits(wanted, happened.reply):
        yield f"the reply is {_excerpt(happened.reply, wanted)}, and not {_described(wanted, happened.reply)}"


def _error(wanted: str | TextMatcher, happened: Happened) -> Iterator[str]:
    if happened.error is None:
        yield f"a failure was expected, and the reply is {happened.reply!r:.{SHOWN}}"
        return
    text = str(happened.error)
    if wanted != ANY_FAILURE and not _fits(wanted, text):
        yield f"the failure says {_excerpt(text, wanted)}, and not {_described(wanted, text)}"


def _fits(wanted: str | TextMatcher, text: str) -> bool:
    if isinstance(wanted, str):
        return text == wanted
    return (wanted.contains is None or wanted.contains in text) and (
        wanted.matches is None or re.search(wanted.matches, text) is not None
    )


def _described(wanted: str | TextMatcher, text: str) -> str:
    if isinstance(wanted, str):
        return _excerpt(wanted, text)
    parts = ((one, getattr(wanted, one)) for one in ("contains", "matches"))
    return "what " + " and ".join(f"{name} {value!r:.{SHOWN}}" for name, value in parts if value is not None)


def _excerpt(text: str, other: str | TextMatcher) -> str:
    """Return a text as it is shown; of a long one the piece in which it begins to differ from another."""
    alike = len(os.path.commonprefix([text, other])) if isinstance(other, str) else 0  # noqa: RUF071  # texts, not paths
    begin = alike - ALIKE if alike > SHOWN // 2 else 0
    return f"{'…' if begin else ''}{text[begin:]!r:.{SHOWN}}"


# Calls.


def _calls(wanted: Sequence[CallExpectation], happened: Happened) -> Iterator[str]:
    matchers = [call_matcher(one) for one in wanted]
    for number, (matcher, record) in enumerate(zip(matchers, happened.calls, strict=False), start=1):
        problem = _problem_of(matcher, record)
        if problem:
            yield f"call {number}: {problem}"
    for matcher in matchers[len(happened.calls) :]:
        yield f"{matcher.call} was not called"
    for record in happened.calls[len(matchers) :]:
        yield f"{_shown_call(record)} was called, and no more calls were expected"


def _calls_in_any_order(wanted: Sequence[CallExpectation], happened: Happened) -> Iterator[str]:
    left = list(happened.calls)
    for matcher in map(call_matcher, wanted):
        found = next((record for record in left if _problem_of(matcher, record) is None), None)
        if found is None:
            near = next((record for record in left if record.name == matcher.call), None)
            yield f"{matcher.call} was not called" if near is None else str(_problem_of(matcher, near))
        else:
            left.remove(found)
    for record in left:
        if not any(record.name == call_matcher(one).call for one in wanted):
            yield f"{_shown_call(record)} was called, and was not expected"


def _problem_of(wanted: CallMatcher, record: ToolCallRecord) -> str | None:
    """Return how a call differs from what was expected; None: it does not."""
    if record.name != wanted.call:
        return f"{_shown_call(record)} was called, and not {wanted.call}"
    arguments = record.arguments
    if arguments is None:
        return (
            None
            if _asks_nothing(wanted)
            else f"{record.name}: its arguments {record.raw!r:.{SHOWN}} are no JSON object"
        )
    if wanted.arguments is not None and arguments != wanted.arguments:
        return f"{_shown_call(record)} was called, and not with {_json(wanted.arguments)}"
    if wanted.subset is not None and not _holds(arguments, wanted.subset):
        return f"{_shown_call(record)} was called, without {_json(wanted.subset)}"
    if wanted.schema_ is not None and (problem := _schema_problem(arguments, wanted.schema_)):
        return f"{_shown_call(record)} was called: {problem}"
    for name, pattern in (wanted.matches or {}).items():
        if re.search(pattern, str(arguments.get(name, ""))) is None:
            return f"{_shown_call(record)} was called: {name} does not match {pattern!r}"
    return None


def _asks_nothing(wanted: CallMatcher) -> bool:
    return all(one is None for one in (wanted.arguments, wanted.subset, wanted.schema_, wanted.matches))


def _holds(value: Any, part: Any) -> bool:
    """Tell whether a value holds another: mappings may have more keys, at any depth."""
    if isinstance(part, Mapping) and isinstance(value, Mapping):
        return all(key in value and _holds(value[key], one) for key, one in part.items())
    return bool(value == part)


def _schema_problem(value: Any, schema: Mapping[str, Any]) -> str | None:
    problem = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(value)), None)
    return None if problem is None else problem.message


def _shown_call(record: ToolCallRecord) -> str:
    return f"{record.name}({record.raw:.{SHOWN}})"


# Outputs, numbers, statuses.


def _outputs(wanted: Sequence[Mapping[str, Any]], happened: Happened) -> Iterator[str]:
    submitted = [{record.name: parsed_output(record.output)} for record in happened.calls if record.output is not None]
    expected = [dict(one) for one in wanted]
    if submitted != expected:
        yield f"the outputs are {_json(submitted)}, and not {_json(expected)}"


def parsed_output(output: str | None) -> Any:
    """Return an output as an expectation writes it: what its JSON says, or the text."""
    try:
        return json.loads(output or "null")
    except ValueError:
        return output


def _at_most_seconds(wanted: float | str, happened: Happened) -> Iterator[str]:
    if happened.seconds > seconds_of(wanted):
        yield f"{happened.seconds:.0f} virtual seconds passed, and at most {seconds_of(wanted):g} were expected"


def _heard(wanted: Sequence[str], happened: Happened) -> Iterator[str]:
    if happened.heard is None:
        yield "the model was not asked, and was to hear what the user says"
    elif list(happened.heard) != list(wanted):
        yield f"the model heard {_json(list(happened.heard))}, and not {_json(list(wanted))}"


def _at_most(name: str) -> Callable[[int, Happened], Iterator[str]]:
    def check(wanted: int, happened: Happened) -> Iterator[str]:
        if getattr(happened, name) > wanted:
            yield f"{getattr(happened, name)} {name}, and at most {wanted} were expected"

    return check


def _assistants(wanted: Any, happened: Happened) -> Iterator[str]:
    statuses = [str(one) for one in wanted.statuses]
    if list(happened.statuses) != statuses:
        yield f"the runs were {' → '.join(happened.statuses) or 'none'}, and not {' → '.join(statuses)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)[:SHOWN]


_CHECKS: Mapping[str, Callable[[Any, Happened], Iterator[str]]] = {
    "error": _error,
    "calls": _calls,
    "calls_in_any_order": _calls_in_any_order,
    "outputs": _outputs,
    "reply": _reply,
    "at_most_requests": _at_most("requests"),
    "at_most_tokens": _at_most("tokens"),
    "at_most_seconds": _at_most_seconds,
    "heard": _heard,
    "assistants": _assistants,
}
