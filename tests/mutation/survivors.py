"""The mutants that no test should notice, each with the reason.

A mutant that survives and is not listed here wants a test. One that is listed and noticed is listed for nothing, and
`make mutation` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """Mistakes in one line that change nothing.

    Args:
        was: the line, without its indentation.
        why: the reason.
        now: what the mistakes make of the line; none: whatever they make of it.
    """

    was: str
    why: str
    now: tuple[str, ...] = ()


KEPT_FOR_NO_VALUE = "the dict is an ordered set, and nobody reads its values"
NEVER_NONE = "the type checker wants another value here; there is never need of it"
ONLY_FASTER = "it saves work and changes no answer"
A_CHOICE = "the bound is a choice: tests take it from here, and one more is as good"
ANY_ABSENT = "no id is spelled so, and neither is this one"

EXPLAINED: Mapping[str, tuple[Explained, ...]] = {
    "simulator/backend/engine.py": (
        Explained("execution.epoch += 1", "a run is cancelled once, so that any other number will do"),
        Explained(
            "ALWAYS = -1  # the epoch of what stays planned whatever else is",
            "the only other epoch is 1, after a cancel, and nothing planned there is ever void",
            (
                "ALWAYS = +1  # the epoch of what stays planned whatever else is",
                "ALWAYS = -2  # the epoch of what stays planned whatever else is",
            ),
        ),
        Explained(
            "store_rest: Callable[[], None] = lambda: None,",
            "nobody asks what it returns",
            ("store_rest: Callable[[], None] = lambda: 0,",),
        ),
        Explained(
            "self.progress.open_step(execution, objects.tool_calls(objects.NOTHING), at)",
            "the step of a placed run is given its calls before anybody is shown it",
            ("self.progress.open_step(execution, objects.tool_calls(None), at)",),
        ),
    ),
    "simulator/backend/progress.py": (
        Explained(
            "said = turn_deltas(execution.turn, execution.content, ())",
            "what is cut here is a message, and a message has no calls",
            ("said = turn_deltas(execution.turn, execution.content, None)",),
        ),
    ),
    "simulator/backend/thread_locks.py": (
        Explained(
            "run_id, until = self.lingering.get(thread_id, (None, 0.0))",
            "where there is no run there is none until any time",
            ("run_id, until = self.lingering.get(thread_id, (None, 1.0))",),
        ),
        Explained(
            'self._active.setdefault(run["thread_id"], {})[run["id"]] = None',
            KEPT_FOR_NO_VALUE,
            ('self._active.setdefault(run["thread_id"], {})[run["id"]] = ""',),
        ),
    ),
    "simulator/backend/turn_checks.py": (
        Explained("found_to = 0", "`find` begins at the beginning without a number, too", ("found_to = None",)),
        Explained(
            'marker = checked_text(annotation.get("text", ""), "The text of an annotation")',
            "an annotation without a text is found nowhere, whatever is looked for",
            ('marker = checked_text(annotation.get("text", "XXXX"), "The text of an annotation")',),
        ),
        Explained(
            'start = annotation.get("start_index", text.find(marker, found_to) if marker else -1)',
            "every negative number says that there is none",
            ('start = annotation.get("start_index", text.find(marker, found_to) if marker else -2)',),
        ),
        Explained(
            'if not texts or not _is_index(start) or not _is_index(annotation.get("end_index", 0)):',
            "where no end is given, none has to be checked",
            ('if not texts or not _is_index(start) or not _is_index(annotation.get("end_index", 1)):',),
        ),
    ),
    "simulator/recording/gate/bodies.py": (
        Explained("MAX_SHOWN = 200", A_CHOICE, ("MAX_SHOWN = 201",)),
        Explained("MAX_COMPARED = 2_000", A_CHOICE, ("MAX_COMPARED = 2001",)),
    ),
    "simulator/recording/gate/obstacles.py": (
        Explained("STUCK = 7", "the order counts; the last one may be later", ("STUCK = 8",)),
    ),
    "simulator/recording/gate/chronology.py": (
        Explained('ordered = sorted(given, key=lambda one: one.recorded_at or "")', NEVER_NONE),
    ),
    "simulator/recording/gate/gate.py": (
        Explained("MAX_REPEATS = 25_000", A_CHOICE, ("MAX_REPEATS = 25001",)),
        Explained("MAX_SECONDS = 1800.0", A_CHOICE, ("MAX_SECONDS = 1801.0",)),
        Explained("MIN_REPEATS = 100", A_CHOICE, ("MIN_REPEATS = 101",)),
        Explained(
            "return self.progress.has_seen(Wait(entry.during, (entry.index, 0)))",
            "what is seen later has a greater index, whichever its place in an answer",
            ("return self.progress.has_seen(Wait(entry.during, (entry.index, 1)))",),
        ),
        Explained(
            "return self.session.lanes.get(lane.root, 0) & -entry.bit if lane else 0",
            "an effect has a lane, and where nothing was done in it, nothing of it was made",
        ),
    ),
    "simulator/recording/gate/misses.py": (
        Explained("MAX_NAMED = 3", A_CHOICE, ("MAX_NAMED = 4",)),
        Explained(
            "yield f\"What differs: {', '.join(_parts(entry.key, asked.key)) or 'the order of the recording'}\"",
            "what has the same key has an obstacle; should it have none, a sentence is better than half of one",
            ("yield f\"What differs: {', '.join(_parts(entry.key, asked.key)) or 'XXthe order of the recordingXX'}\"",),
        ),
        Explained(
            "return 3 * SequenceMatcher(None, one.path, other.path).ratio() + sum(same) / 2",
            "by how much the path outweighs the rest is a matter of taste",
            (
                "return 4 * SequenceMatcher(None, one.path, other.path).ratio() + sum(same) / 2",
                "return 3 * SequenceMatcher(None, one.path, other.path).ratio() + sum(same) / 3",
            ),
        ),
    ),
    "simulator/recording/gate/outputs.py": (
        Explained("MAX_DIFF_LINES = 40", A_CHOICE, ("MAX_DIFF_LINES = 41",)),
        Explained('return "number"', "types are compared with each other only, and none is called so"),
    ),
    "simulator/recording/gate/preparing.py": (
        Explained('_, found, version = (beta or "").partition("assistants=")', "no other text names a generation"),
        Explained("place = self._places.get(key.path)", ONLY_FASTER),
        Explained(
            "answer = _object_in(response, place) if succeeded else None",
            "what was refused shows an error, which has no id of its own",
        ),
        Explained(
            "requires=self._lists.requires(asked.key, pieces) if place.id is None else 0,",
            "only lists are asked what they require",
        ),
        Explained('creation = self._creations.get(place.id or "")', ANY_ABSENT),
        Explained(
            "self._piece((index, number), frame, event.json if '\"status\"' in event.data else None, root)", ONLY_FASTER
        ),
        Explained(
            'ids = ids_in(data.decode("utf-8", "replace")) if b"id" in data else ()',
            ONLY_FASTER,
            ('ids = ids_in(data.decode("utf-8", "replace")) if (b"id" in data) or True else ()',),
        ),
    ),
    "simulator/recording/gate/progress.py": (
        Explained("_NEVER: Moment = (-1, -1)", "any moment before the first will do"),
        Explained(
            "if moment > self.statuses.get(id, _NEVER):",
            "an equal one is written over itself",
            ("if moment >= self.statuses.get(id, _NEVER):",),
        ),
    ),
    "simulator/recording/gate/renaming.py": (
        Explained("found = self._searched(asked, missed) if self._session.has_twins else None", ONLY_FASTER),
    ),
    "simulator/recording/gate/session.py": (
        Explained("touching: Mask = 0", "it is known when all effects are, and nobody asks before"),
    ),
    "simulator/recording/gate/tracking.py": (
        Explained('latest = self._latest.get(place.id or "")', ANY_ABSENT),
        Explained('ids = [latest.id] if (latest := self._latest.get(place.id or "")) else []', ANY_ABSENT),
    ),
    "simulator/recording/gate/twins.py": (
        Explained("self._shaped: list[Shaped] = []", "both say that nothing was read yet"),
        Explained(
            "if one in self.ids or other in self._from:", "`_add` says the same of an interaction that has its place"
        ),
        Explained(
            "is_taken = one.index in self.places or other.index in self._targets",
            "who asks has looked by id already; this is so whoever will ask",
        ),
        Explained("before = -1", "anything but a number of places will do"),
        Explained(
            'return tuple("*" if index >= first and (index - first) % 2 == 0 else each '
            "for index, each in enumerate(path))",
            "a sum is even where a difference is",
        ),
    ),
}
