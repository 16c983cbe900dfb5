"""What the model did in a recorded run, as turns to give again: text, calls, pieces, tokens; and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ...backend.tokens import Tokens
from ...backend.turns import (
    CallTools,
    Fail,
    Finish,
    Hang,
    Image,
    Incomplete,
    Part,
    RefusedText,
    RunCode,
    Say,
    SearchFiles,
    ToolCall,
    Turn,
)
from .history import RunHistory
from .reading import Json


@dataclass(kw_only=True)
class Act:
    """One turn of a recorded run.

    Args:
        asks: whether the run then waits for outputs.
        step, message: their ids; None where they were not seen.
        calls: the ids of its calls.
    """

    turn: Turn
    asks: bool = False
    step: str | None = None
    message: str | None = None
    calls: Sequence[str] = ()
    tokens: Tokens | None = None


def acts_of(run: RunHistory) -> list[Act]:
    """Return what a run did, in order; the last is how it ended, or a turn that does not end.

    One that must have ended, as its thread was free again, is taken to have completed.
    """
    acts = [act for step in _steps_in_order(run) for act in _of_step(run, step)]
    stepped = {call for act in acts for call in act.calls}
    asked = [act for act in _asked(run) if stepped.isdisjoint(act.calls)]
    told = {act.message for act in acts}
    said = [_say(run, None, id) for id in run.messages if id not in told]
    acts = [*asked, *acts, *said]
    _end(run, acts)
    _share_tokens(run, acts)
    return acts


def _steps_in_order(run: RunHistory) -> list[Json]:
    firsts = [
        (sightings[0].shown["created_at"], number, id) for number, (id, sightings) in enumerate(run.steps.items())
    ]
    return [_fullest(run, id) for _, _, id in sorted(firsts)]


def _fullest(run: RunHistory, id: str) -> Json:
    """Return a step as last seen; what a search found, as it was seen with the most of it."""
    return max(
        (one.shown for one in run.steps[id]), key=lambda shown: (shown["status"] != "in_progress", _found(shown))
    )


def _found(step: Json) -> int:
    return len(str(step["step_details"]))


def _of_step(run: RunHistory, step: Json) -> list[Act]:
    details = step["step_details"]
    tokens = tokens_of(step.get("usage"))
    if details["type"] == "message_creation":
        act = _say(run, step["id"], details["message_creation"]["message_id"])
        act.tokens = tokens
        return [act]
    calls = details["tool_calls"]
    functions = [(index, call) for index, call in enumerate(calls) if call["type"] == "function"]
    acts = [_built_in(run, step, index, call) for index, call in enumerate(calls) if call["type"] != "function"]
    if functions:
        acts.append(_call_tools(run, step["id"], functions))
    for act in acts[:1]:
        act.tokens = tokens
    return acts


def _call_tools(run: RunHistory, step: str | None, calls: Sequence[tuple[int, Json]]) -> Act:
    made = [
        ToolCall(
            call["function"]["name"],
            call["function"]["arguments"],
            chunks=_pieces(run, f"{step}/{index}", call["function"]["arguments"]),
        )
        for index, call in calls
    ]
    ids = [call["id"] for _, call in calls]
    return Act(turn=CallTools(calls=tuple(made)), asks=True, step=step, calls=ids)


def _asked(run: RunHistory) -> list[Act]:
    """Return the rounds of calls that a run waited for, each once."""
    rounds: dict[str, Act] = {}
    for sighting in run.sightings:
        action = sighting.shown.get("required_action")
        if action:
            calls = action["submit_tool_outputs"]["tool_calls"]
            rounds.setdefault(calls[0]["id"], _call_tools(run, None, list(enumerate(calls))))
    return list(rounds.values())


def _built_in(run: RunHistory, step: Json, index: int, call: Json) -> Act:
    details = call.get(call["type"]) or {}
    if call["type"] == "code_interpreter":
        outputs = details.get("outputs") or ()
        logs = "".join(one["logs"] for one in outputs if one["type"] == "logs")
        drawn = [Image(one["image"]["file_id"]) for one in outputs if one["type"] == "image"]
        has_logs = any(one["type"] == "logs" for one in outputs)
        pieces = _pieces(run, f"{step['id']}/{index}", details["input"])
        turn: Turn = RunCode(
            input=details["input"], logs=logs if has_logs else None, images=tuple(drawn), chunks=pieces
        )
    else:
        turn = SearchFiles(query="", results=tuple(details.get("results") or ()))
    return Act(turn=turn, step=step["id"], calls=[call["id"]])


def _say(run: RunHistory, step: str | None, message_id: str) -> Act:
    seen = run.messages.get(message_id)
    content: list[Json] = next((one.shown["content"] for one in reversed(seen or ()) if one.shown["content"]), [])
    pieces = run.pieces.get(message_id)
    if not content and pieces:
        content = [{"type": "text", "text": {"value": "".join(pieces), "annotations": []}}]
    texts = [part["text"] for part in content if part["type"] == "text"]
    turn = Say(
        parts=tuple(map(_part, content)) if seen else ("",),
        annotations=tuple(note for text in texts[:1] for note in text.get("annotations") or ()),
        chunks=_pieces(run, message_id, texts[0]["value"]) if len(texts) == 1 else None,
        more=True,
    )
    return Act(turn=turn, step=step, message=message_id)


def _pieces(run: RunHistory, key: str, text: str) -> Sequence[str] | None:
    """Return the pieces in which a text came; an empty one at the start is not a piece but how each begins."""
    pieces = run.pieces.get(key)
    return tuple(pieces) if pieces and "".join(pieces) == text else None


def _part(part: Mapping[str, Any]) -> Part:
    if part["type"] == "text":
        return str(part["text"]["value"])
    if part["type"] == "refusal":
        return RefusedText(part["refusal"])
    return Image(part["image_file"]["file_id"])


def _end(run: RunHistory, acts: list[Act]) -> None:
    """Let the last act end the run as it ended, or let a last one be that nobody sees the end of."""
    end = run.end or {}
    last = acts[-1] if acts else None
    says = last.turn if last is not None and isinstance(last.turn, Say) else None
    status = end.get("status") or ("completed" if run.freed < inf else None)
    if status == "completed" and (end.get("incomplete_details") or {}).get("reason"):
        status = "incomplete"  # as a stream of 2024-04-27 has it (recorded-traffic.md 6d)
    if status == "completed":
        if says is None:
            acts.append(Act(turn=Finish() if acts else Say(parts=("",))))
        elif last is not None:
            last.turn = Say(parts=says.parts, annotations=says.annotations, chunks=says.chunks)
    elif status in {"incomplete", "failed"}:
        turn = _stopped(end, says)
        if says is None or last is None:
            acts.append(Act(turn=turn))
        else:
            last.turn = turn
    elif last is None or not last.asks:
        acts.append(Act(turn=Hang()))


def _stopped(end: Json, says: Say | None) -> Turn:
    text = "".join(part for part in says.parts if isinstance(part, str)) if says else ""
    if end["status"] == "failed":
        error = end["last_error"]
        return Fail(code=error["code"], message=error["message"], text=text or None)
    return Incomplete(reason=end["incomplete_details"]["reason"], text=text, chunks=says.chunks if says else None)


def tokens_of(usage: Mapping[str, Any] | None) -> Tokens | None:
    """Return a usage object as tokens."""
    if usage is None:
        return None
    cached = (usage.get("prompt_token_details") or {}).get("cached_tokens", 0)
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens", 0)
    return Tokens(usage["prompt_tokens"], usage["completion_tokens"], cached, reasoning)


def _share_tokens(run: RunHistory, acts: Sequence[Act]) -> None:
    """Give what the run cost beyond the steps that were seen to the last that were not."""
    whole = tokens_of((run.end or {}).get("usage"))
    untold = [act for act in acts if act.tokens is None and not isinstance(act.turn, Hang | Finish)]
    for act in untold:
        act.tokens = Tokens()
    if whole is None or not untold:
        return
    known = [act.tokens for act in acts if act.tokens is not None]
    untold[-1].tokens = Tokens(*(max(0, all_ - sum(one)) for all_, *one in zip(whole, *known, strict=True)))
