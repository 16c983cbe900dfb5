"""The gate: gives the recorded answer that a request may have now, or says what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .bodies import Body
from .obstacles import Kind, Missed, Obstacle
from .paths import Key
from .progress import Progress
from .session import Answer, Entry, Mask, Reads, Session, Wait

# A client that polls what will not move again ends here, and not never. Nothing waits, so this many polls are what
# some ten seconds of a busy loop make: a tool that works meanwhile in another thread has time.
MAX_REPEATS = 25_000
# One that sleeps between its polls ends sooner: at three times what a run lives, on the program's clock.
MAX_SECONDS = 1800.0
# Two long sleeps are no loop.
MIN_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, in the ids of the recording.

    Args:
        at: when it came, in seconds of the program's clock.
    """

    key: Key
    body: Body
    at: float


class Gate:
    """Decides by the session and the progress; keeps nothing itself.

    Args:
        progress: may be replaced by a copy that a search tries out.
    """

    def __init__(self, session: Session, progress: Progress) -> None:
        self.session = session
        self.progress = progress

    def find(self, asked: Asked) -> Entry:
        """Return the interaction that answers a request, and note it.

        Raises:
            Missed: none does; the progress is as before.
        """
        return self._effect(asked) if asked.key.is_effect else self._read(asked)

    # Effects: once each, when what stood before them is done.

    def _effect(self, asked: Asked) -> Entry:
        obstacles: list[Obstacle] = []
        outlived: Entry | None = None
        for entry in self.session.effects.get(asked.key, ()):
            obstacle = next(self._before_effect(entry, asked.body), None)
            if obstacle is not None:
                obstacles.append(obstacle)
            elif not self._is_outlived(entry):
                return self._make(entry)
            elif outlived is None:
                outlived = entry
        if outlived is None:
            raise Missed(obstacles)
        return self._make(outlived)

    def _make(self, entry: Entry) -> Entry:
        self.progress.make(entry)
        return entry

    def _before_effect(self, entry: Entry, body: Body) -> Iterator[Obstacle]:
        """Yield what stands in the way of an effect."""
        made = self.progress.made
        if not entry.body.same_rest(body):
            yield Obstacle(kind=Kind.BODY, entry=entry, details=tuple(entry.body.differences(body)))
        if entry.bit & made:
            yield Obstacle(kind=Kind.MADE, entry=entry)
        details = entry.body.output_differences(body)
        if details:
            yield Obstacle(kind=Kind.OUTPUTS, entry=entry, details=tuple(details))
        missing = entry.past & ~made
        if missing:
            yield self._obstacle(Kind.NOT_DONE, entry, missing)
        if not entry.is_success and (passed := made & self._later_in_lane(entry)):
            yield self._obstacle(Kind.PASSED_BY, entry, passed)
        yield from self._unseen(entry)

    def _is_outlived(self, entry: Entry) -> bool:
        """Tell whether an effect was refused during something that has moved on: it would now be done."""
        if entry.during is None:
            return False
        return self.progress.has_seen(Wait(entry.during, (entry.index, 0)))

    def _later_in_lane(self, entry: Entry) -> Mask:
        lane = entry.lane
        return self.session.lanes.get(lane.root, 0) & -entry.bit if lane else 0

    # Reads: what was recorded after the same effects, in order; the last answer as often as it is asked for.

    def _read(self, asked: Asked) -> Entry:
        reads = self.session.reads.get(asked.key)
        if reads is None:
            raise Missed
        past, answers = self._window(reads)
        before = self.progress.positions.get((asked.key, past), -1)
        position = self._position(answers, before)
        if position < 0:
            raise Missed(self._before_read(reads, answers))
        entry = answers[position].first
        self._note(asked, past, position, entry)
        if entry.settles:
            self.progress.settled.update(entry.place.ids)
        return entry

    def _window(self, reads: Reads) -> tuple[Mask, Sequence[Answer]]:
        made = self.progress.made
        past = made & reads.touching
        answers = reads.windows.get(past)
        if answers is None and reads.is_list:
            # Others make and delete things in an account too, in no order: the newest list that shows nothing
            # which is not done.
            fitting = [mask for mask, listed in reads.windows.items() if not listed[0].first.requires & ~made]
            past = fitting[-1] if fitting else past
            answers = reads.windows.get(past)
        return past, answers or ()

    def _position(self, answers: Sequence[Answer], before: int) -> int:
        """Return which answer is next; -1: none may be given."""
        last = len(answers) - 1
        position = min(before + 1, last)
        while position < last and self._is_old(answers[position], answers[position + 1]):
            position += 1
        while position > before and next(self._unseen(answers[position].first), None) is not None:
            position -= 1
        return position

    def _is_old(self, answer: Answer, following: Answer) -> bool:
        """Tell whether the client knows of a change that an answer was recorded before, and the following behind."""
        seen = self.progress.statuses
        if any(seen.get(id, moment) > moment for id, moment in answer.last.statuses):
            return True
        waits = following.first.waits
        return waits != answer.last.waits and bool(waits) and all(map(self.progress.has_seen, waits))

    def _note(self, asked: Asked, past: Mask, position: int, entry: Entry) -> None:
        """Note which answer is given.

        Raises:
            Missed: nothing else was given for so long that the client would ask for ever.
        """
        progress, key = self.progress, asked.key
        if progress.positions.get((key, past)) != position:
            progress.positions[key, past] = position
            progress.repeats = 0
            return
        if not progress.repeats:
            progress.unchanged_since = asked.at
        progress.repeats += 1
        if self._is_stuck(asked.at):
            awaited = self.session.reads[key].touching & ~progress.made
            raise Missed([self._obstacle(Kind.STUCK, entry, awaited)])

    def _is_stuck(self, now: float) -> bool:
        progress = self.progress
        if progress.repeats >= MAX_REPEATS:
            return True
        return progress.repeats >= MIN_REPEATS and now - progress.unchanged_since >= MAX_SECONDS

    def _before_read(self, reads: Reads, answers: Sequence[Answer]) -> list[Obstacle]:
        """Return what stands in the way of each answer of a read."""
        made = self.progress.made
        found = [obstacle for answer in answers for obstacle in self._unseen(answer.first)]
        if found:
            return found
        for answer in reads:
            entry = answer.first
            missing, passed = entry.past & ~made, made & reads.touching & ~entry.past
            if missing or passed:
                kind = Kind.NOT_DONE if missing else Kind.PASSED_BY
                found.append(self._obstacle(kind, entry, missing or passed))
        return found

    # Both.

    def _unseen(self, entry: Entry) -> Iterator[Obstacle]:
        """Yield what the client has to be shown first."""
        progress, session = self.progress, self.session
        unseen = [wait for wait in entry.waits if not progress.has_seen(wait)]
        if unseen:
            missing = tuple(session.entries[wait.moment[0]] for wait in unseen)
            yield Obstacle(kind=Kind.NOT_SEEN, entry=entry, missing=missing)
        unknown = entry.needs - progress.shown
        if unknown:
            missing = tuple(session.shown_first[id] for id in sorted(unknown))
            yield Obstacle(kind=Kind.NOT_SHOWN, entry=entry, missing=missing, details=tuple(sorted(unknown)))

    def _obstacle(self, kind: Kind, entry: Entry, mask: Mask) -> Obstacle:
        return Obstacle(kind=kind, entry=entry, missing=tuple(self.session.of_mask(mask)))
