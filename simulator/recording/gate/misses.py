"""A miss in words: what was asked, the nearest interaction, and what is missing or differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from .bodies import likeness
from .gate import Asked
from .ids import statuses_in
from .obstacles import Kind, Missed, Obstacle
from .paths import Key
from .renaming import MAX_CANDIDATES
from .session import Entry, Session
from .twins import MAX_PAIRS

MAX_NAMED = 3
_BOUND = (
    "Identical creations were taken in the order in which the code made them. The search for another order ended at "
    f"its bound: {MAX_CANDIDATES} candidates, {MAX_PAIRS} pairs, and nothing is taken back that the code has read. "
    "Give what is created alike something to tell it by, such as metadata."
)


def told(asked: Asked, missed: Missed, session: Session) -> str:
    """Return the message for a request that no recorded answer fits; `asked` is in the ids of the recording."""
    cassette = session.cassette
    problem = "does not fit what was recorded" if missed.obstacles else "was not recorded"
    lines = [f"{asked.key} {problem} in {cassette.name}."]
    nearest = _nearest(asked, missed.obstacles)
    if nearest is not None:
        lines += [f"Nearest: {_named(nearest.entry, session)}", *_WORDS[nearest.kind](nearest, session)]
    else:
        lines += _without_obstacle(asked, session)
    if missed.is_bounded:
        lines.append(_BOUND)
    return "\n".join(lines)


def never_made(session: Session, made: int) -> list[str]:
    """Return a line for each recorded effect that was not made."""
    return [
        f"never made: {_named(entry, session)}"
        for entry in session.entries
        if entry.lane is not None and not entry.bit & made
    ]


def _nearest(asked: Asked, obstacles: Sequence[Obstacle]) -> Obstacle | None:
    """Return the obstacle that is overcome most easily; of other bodies, that of the one most alike."""
    if not obstacles:
        return None
    kind = min(obstacle.kind for obstacle in obstacles)
    nearest = [obstacle for obstacle in obstacles if obstacle.kind is kind]
    if kind is not Kind.BODY:
        return nearest[0]
    return max(nearest, key=lambda obstacle: likeness(obstacle.entry.body, asked.body))


def _named(entry: Entry, session: Session) -> str:
    return f"{session.cassette.where(entry.interaction)} {entry.interaction.label}"


def _several(entries: Sequence[Entry], session: Session) -> Iterator[str]:
    for entry in entries[:MAX_NAMED]:
        statuses = [shown.status for shown in statuses_in(entry.interaction.response.json)]
        yield f"  {_named(entry, session)}{f' (answered {statuses[0]})' if len(statuses) == 1 else ''}"
    if len(entries) > MAX_NAMED:
        yield f"  and {len(entries) - MAX_NAMED} more"


def _not_seen(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield "It was recorded only after a status which the code has not been shown yet; shown by:"
    yield from _several(obstacle.missing, session)


def _not_shown(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield f"It uses {', '.join(obstacle.details)}, which the code has not been shown yet; shown by:"
    yield from _several(obstacle.missing, session)


def _not_done(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield "It was recorded only after these, which the code has not done:"
    yield from _several(obstacle.missing, session)


def _passed_by(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield "It was recorded before these, which the code has done, and never after them:"
    yield from _several(obstacle.missing, session)


def _made(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield "The code has made it already, as often as it was recorded."


def _differs(obstacle: Obstacle, session: Session) -> Iterator[str]:
    yield "What differs:"
    yield from (f"  {line}" for line in obstacle.details)


def _stuck(obstacle: Obstacle, session: Session) -> Iterator[str]:
    statuses = [shown.status for shown in statuses_in(obstacle.entry.interaction.response.json)]
    answer = f"this answer ({statuses[0]})" if len(statuses) == 1 else "this answer"
    if obstacle.missing:
        yield f"The code was given {answer} again and again. It changes only after these, which the code has not done:"
        yield from _several(obstacle.missing, session)
    else:
        yield f"The code was given {answer} again and again. It is the last one: nothing recorded changes it."


_WORDS: Mapping[Kind, Callable[[Obstacle, Session], Iterator[str]]] = {
    Kind.OUTPUTS: _differs,
    Kind.NOT_SEEN: _not_seen,
    Kind.NOT_SHOWN: _not_shown,
    Kind.NOT_DONE: _not_done,
    Kind.PASSED_BY: _passed_by,
    Kind.BODY: _differs,
    Kind.MADE: _made,
    Kind.STUCK: _stuck,
}


def _without_obstacle(asked: Asked, session: Session) -> Iterator[str]:
    """Yield what comes nearest where nothing has the same method, path and query."""
    if not session.entries:
        path = session.cassette.path
        yield (
            "Nothing is recorded in it."
            if path is None or path.is_file()
            else "There is no such file: record it first."
        )
        return
    entry = max(session.entries, key=lambda each: _alike(each.key, asked.key))
    yield f"Nearest: {_named(entry, session)}"
    yield f"What differs: {', '.join(_parts(entry.key, asked.key)) or 'the order of the recording'}"


def _alike(one: Key, other: Key) -> float:
    same = [one.method == other.method, one.query == other.query, one.generation == other.generation]
    return 3 * SequenceMatcher(None, one.path, other.path).ratio() + sum(same) / 2


def _parts(then: Key, now: Key) -> Iterator[str]:
    for name, one, other in zip(("method", "path", "query", "OpenAI-Beta"), then, now, strict=True):
        if one != other:
            yield f"{name} ({_part(one)} then, {_part(other)} now)"


def _part(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return "/".join(value) if value and isinstance(value[0], str) else str(dict(value))
