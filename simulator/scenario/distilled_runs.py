"""A recorded run as a step of a scenario: what the model answered, how the loop goes about it, what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..backend import turns
from ..backend.turns_json import turn_to_json
from ..recording.examining.conversation import FUNCTION, Call, Message, Round, Run
from ..recording.examining.distilled_turns import call_of, status_to_reach, turns_of
from ..recording.examining.python_source import Invoke
from .expecting import parsed_output
from .plain_replies import readable
from .schema import Loop

ASKED, EXPIRED = "requires_action", "expired"
ENDS_THAT_A_MODEL_MAKES = frozenset({"completed", "failed", "incomplete"})
GIVES_UP_AFTER = "60 seconds"
# Longer than a run lives (recorded-traffic.md 4: 600 s).
TOO_LATE_SECONDS = 601
# A run that took less tells nothing by it, and one that took longer has not answered by itself.
TELLING_SECONDS = range(10, 590)


def turns_as_json(run: Run) -> list[Any]:
    """Return the turns of a run, as a scenario has them."""
    written = [turn_to_json(turns.as_turn(_made(node))) for node in turns_of(run)]
    shown = [_shortened(one) for one in written]
    seconds = _seconds_of(run)
    if seconds is not None and shown and isinstance(shown[-1], dict):
        shown[-1] = {**shown[-1], "takes": seconds}
    return shown


def _made(node: Any) -> Any:
    """Return the turn, call or part that a piece of source makes."""
    if isinstance(node, Invoke):
        keywords = {name: _made(value) for name, value in (node.keywords or {}).items()}
        return getattr(turns, node.function)(*map(_made, node.arguments), **keywords)
    return [_made(one) for one in node] if isinstance(node, list) else node


def _shortened(turn: Any) -> Any:
    if isinstance(turn, dict) and len(turn.get("calls", ())) == 1:
        return {"call": turn["calls"][0]} | {key: value for key, value in turn.items() if key != "calls"}
    return turn


def _seconds_of(run: Run) -> int | None:
    """Return how long a run took that called nothing, where that tells something."""
    times = [run.shown.get(name) for name in ("started_at", "completed_at")]
    if run.calls or not all(isinstance(one, int) for one in times):
        return None
    seconds = times[1] - times[0]  # type: ignore[operator]  # both are numbers
    return seconds if seconds in TELLING_SECONDS else None


def loop_of(run: Run) -> dict[str, Any]:
    """Return how the loop goes about a run: as a stream, and when it gives up."""
    loop: dict[str, Any] = {"stream": True} if run.streamed else {}
    answered = len(rounds_of(run)) - bool(run.unanswered)
    if run.unanswered and status_to_reach(run) != EXPIRED:
        loop["rounds"] = answered
    elif status_to_reach(run) not in {*ENDS_THAT_A_MODEL_MAKES, EXPIRED}:
        loop["patience"] = GIVES_UP_AFTER
    elif answered > Loop().rounds:
        loop["rounds"] = answered
    return loop


def fault_of(run: Run) -> list[dict[str, Any]]:
    """Return the fault of a run that expired while it waited: its outputs come too late."""
    if not run.unanswered or status_to_reach(run) != EXPIRED:
        return []
    skipped = {"skip": len(rounds_of(run)) - 1} if len(rounds_of(run)) > 1 else {}
    return [{"delay": TOO_LATE_SECONDS, "on": "runs.submit_tool_outputs", **skipped}]


def rounds_of(run: Run) -> list[list[Call]]:
    """Return the function calls, round by round."""
    acts = (act.calls for act in run.acts if isinstance(act, Round))
    rounds = ([call for call in calls if call.kind == FUNCTION] for calls in acts)
    return [calls for calls in rounds if calls]


def calls_of(run: Run) -> list[Call]:
    """Return the function calls, in order."""
    return [call for calls in rounds_of(run) for call in calls]


def expected_of(run: Run) -> dict[str, Any]:
    """Return what must come of a run, as it was recorded."""
    end = _end_of(run)
    expected: dict[str, Any] = {}
    if calls := calls_of(run):
        expected["calls"] = [_expected_call(call) for call in calls]
        outputs = [{call.name: parsed_output(output_of(run, call))} for call in calls if call not in run.unanswered]
        expected |= {"outputs": outputs} if outputs else {}
    if end != "completed":
        expected["error"] = {"contains": f"ended as {end}"}
    elif (said := _said(run)) is not None:
        expected["reply"] = said
    return {**expected, "assistants": {"statuses": _statuses(run, end)}}


def output_of(run: Run, call: Call) -> str | None:
    """Return what was submitted for a call; of a run that completed there was something, shown or not."""
    return "" if call.output is None and call not in run.unanswered else call.output


def arguments_of(call: Call) -> Mapping[str, Any] | str:
    """Return the arguments as a scenario names them: an object, or the text that is none, or not written as usual."""
    made = call_of(call)
    return dict(made.keywords or {}) if made.function == "call" else call.arguments


def _expected_call(call: Call) -> Any:
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return call.name
    if not isinstance(arguments, dict):
        return call.name
    return {call.name: arguments} if call.name != "call" else {"call": "call", "arguments": arguments}


def _end_of(run: Run) -> str:
    """Return how the run ends when it is played: what nobody saw the end of is cancelled."""
    status = status_to_reach(run)
    return status if status in {*ENDS_THAT_A_MODEL_MAKES, EXPIRED} else "cancelled"


def _statuses(run: Run, end: str) -> list[str]:
    path = ["queued", "in_progress"]
    rounds = rounds_of(run)
    waits = bool(run.unanswered)
    for _ in rounds[: len(rounds) - waits]:
        path += [ASKED, "queued", "in_progress"]
    return [*path, *([ASKED] if waits else []), *(["cancelling"] if end == "cancelled" else []), end]


def _said(run: Run) -> str | None:
    """Return what a run wrote, as the loop joins it; None: the session does not show all of it."""
    if any(message.content is None for message in run.messages) or not run.messages:
        return None
    return "\n".join(readable(text, markers) for message in run.messages for text, markers in _cited(message))


def _cited(message: Message) -> Iterator[tuple[str, list[str]]]:
    """Yield each text of a message, and the markers in it."""
    for part, text in _spoken(message):
        given = part.get("text")
        annotations = (given.get("annotations") if isinstance(given, Mapping) else None) or ()
        yield text, [str(one["text"]) for one in annotations if one.get("type") == "file_citation"]


def texts_of(message: Message) -> Sequence[str]:
    """Return the texts of a message, refusals among them."""
    return [text for _, text in _spoken(message)]


def _spoken(message: Message) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each part of a message that has a text or a refusal, and what it says."""
    for part in message.content or ():
        kind = str(part.get("type"))
        if kind in ("text", "refusal"):
            said = part.get(kind)
            yield part, str(said.get("value", "")) if isinstance(said, Mapping) else str(said)
