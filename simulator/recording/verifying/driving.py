"""Asks the simulator what was asked of the service, in the same order, with the recorded model and times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, cast

from ...api.service import Service
from ...api.wire import Frame, Request, Response
from ...backend.brain import View
from ...backend.course import Span
from ...backend.fault_kinds import http_error
from ...backend.tokens import Tokens
from ...backend.turns import Turn
from ...simulator import Simulator
from ..events import events_of
from .comparing import Answer, Comparison
from .differences import Tally, total
from .history import RunHistory, answered_step, continued, histories_of
from .identities import Identities
from .ingestion import Ingestion
from .model import Act, acts_of, tokens_of
from .moments import Moment, Move, moments_of, seconds_of_submits
from .older import Older, put_answered
from .reading import Exchange, Session, headers_of
from .timeline import FAR, assign

_VALID_KEY = "sk-valid"


@dataclass(kw_only=True)
class Plan:
    """A run as it went, to be given to the simulator move by move.

    Args:
        submits: the seconds in which outputs were taken, by the exchange.
        answered: what the step cost that was waiting when the session began.
    """

    acts: Sequence[Act]
    moments: Sequence[Moment]
    submits: Mapping[int, int]
    answered: Tokens | None = None
    asked: int = 0
    picked_up: int = 0

    def next_turn(self) -> Turn:
        """Return what the model does next."""
        act = self.acts[min(self.asked, len(self.acts) - 1)]
        self.asked += 1
        return act.turn

    def next_pick_up(self) -> float:
        """Return when the run is picked up next."""
        times = [one.time for one in self.moments if one.move is Move.PICK_UP]
        self.picked_up += 1
        return times[self.picked_up - 1] if self.picked_up <= len(times) else FAR

    def span(self) -> Span:
        """Return when the turn opens and closes that was asked for last."""
        act = self.asked - 1
        opens, closes = (self._time(move, act) for move in (Move.OPEN, Move.CLOSE))
        return Span(opens, closes)

    def cancelled(self) -> float:
        """Return when a cancel is confirmed."""
        return self._time(Move.CONFIRM_CANCEL, -1)

    def tokens(self, turn: Turn | None) -> Tokens | None:
        """Return what a turn cost."""
        return self.answered if turn is None else next((act.tokens for act in self.acts if act.turn is turn), None)

    def _time(self, move: Move, act: int) -> float:
        return next((one.time for one in self.moments if one.move is move and one.act == act), FAR)


class RecordedCourse:
    """The times and costs of a session.

    Args:
        plans: the runs, by their ids here.
        ready_at: when a file of a vector store was ready, by its id here.
    """

    def __init__(self, plans: Mapping[str, Plan], ready_at: Callable[[str], float]) -> None:
        self._plans, self._ready_at = plans, ready_at

    def request(self, seconds: float) -> float:
        """Return 0: the clock is set before each request."""
        return 0.0

    def pick_up(self, run: Mapping[str, Any], at: float) -> float:
        """Return when a queued run was picked up."""
        return self._plans[run["id"]].next_pick_up()

    def turn(self, run: Mapping[str, Any], turn: Turn, at: float) -> Span:
        """Return when a turn opened and closed."""
        return self._plans[run["id"]].span()

    def confirm_cancel(self, run: Mapping[str, Any], at: float) -> float:
        """Return when a cancel was confirmed."""
        plan = self._plans.get(run["id"])
        return FAR if plan is None else plan.cancelled()

    def ingest(self, file: Mapping[str, Any], at: float) -> float:
        """Return when a file of a vector store was ready."""
        return self._ready_at(file["id"])

    def tokens(self, run: Mapping[str, Any], turn: Turn | None) -> Tokens | None:
        """Return what a turn cost."""
        plan = self._plans.get(run["id"])
        return None if plan is None else plan.tokens(turn)


class Stage(Simulator):
    """A simulator in which runs go as they were recorded.

    Args:
        session: gives the date.
        plans: the runs, by recorded id.
        ready_at: when a file of a vector store was ready, by its id here.
    """

    def __init__(
        self,
        session: Session,
        plans: Mapping[str, Plan],
        ready_at: Callable[[str], float],
        *,
        api_keys: Collection[str],
    ) -> None:
        super().__init__(brain=self._answer, as_of=session.date, poll_after_ms=None, journal=False, api_keys=api_keys)
        self._recorded_plans = plans
        self._plans = dict(plans)  # a run that was placed has its recorded id
        self._backend.engine.course = RecordedCourse(self._plans, ready_at)
        self.next_run: str | None = None

    def go_to(self, day: str | None) -> None:
        """Serve the API as of a day: a part of a session may have been recorded anew much later."""
        if day is not None and day != self._options.as_of:
            self._options = replace(self._options, as_of=day)
            self._backend.ids.take_forms(day)
            self._service = Service(self._backend, self._stubs, self._options.service_settings())

    def _answer(self, view: View) -> Turn:
        """Answer as the recorded model did; a run that is new is the one that the present exchange made."""
        id = view.run["id"]
        if id not in self._plans:
            self._plans[id] = self._recorded_plans[str(self.next_run)]
        return self._plans[id].next_turn()


@dataclass(kw_only=True)
class Driven:
    """What came of a session.

    Args:
        tallies: by the places of exchanges.
        unknown: the exchanges whose request is not recorded.
    """

    session: Session
    tallies: dict[int, Tally] = field(default_factory=dict)
    unknown: list[Exchange] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        """All exchanges in one."""
        return total(self.tallies.values())


def drive(session: Session) -> Driven:
    """Ask the simulator what was asked in a session, and compare."""
    if not session.is_made_up:
        return _Driver(session).drive()
    driven = Driven(session=session)
    for exchange in session.exchanges:
        alone = _Driver(replace(session, exchanges=[exchange], made={})).drive()
        driven.tallies |= alone.tallies
        driven.unknown += alone.unknown
    return driven


class _Driver:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._runs = histories_of(session)
        plans = dict(_plans(self._runs))
        moments = [moment for plan in plans.values() for moment in plan.moments]
        submits = [plan.submits for plan in plans.values()]
        self._times = assign(session, moments, {place: second for one in submits for place, second in one.items()})
        refused = any(one.status == 401 for one in session.exchanges)
        self._identities = Identities()
        self._ingestion, self._now = Ingestion(session), -1
        self._stage = Stage(session, plans, self._ready_at, api_keys=(_VALID_KEY,) if refused else ())
        self._comparison = Comparison(session, self._identities)

    def drive(self) -> Driven:
        driven = Driven(session=self._session)
        older = Older(self._session, self._runs)
        older.place(self._stage, self._identities)
        for exchange, time in zip(self._session.exchanges, self._times, strict=True):
            self._stage.clock.advance_to(time)
            self._now = exchange.index
            self._stage.go_to(exchange.day)
            older.follow(exchange, self._stage, self._identities)
            if exchange.is_known:
                driven.tallies[exchange.index] = self._comparison.compare(exchange, self._answer(exchange))
            else:
                driven.unknown.append(exchange)
                put_answered(self._stage, self._identities, exchange)
        return driven

    def _ready_at(self, file_id: str) -> float:
        place = self._ingestion.ready_by(self._identities.theirs.get(file_id, file_id), self._now)
        return FAR if place == inf else self._times[int(place)]

    def _answer(self, exchange: Exchange) -> Answer:
        """Return what the simulator answers; that it fails is a difference, too."""
        try:
            return self._ask(exchange)
        except Exception as error:  # noqa: BLE001  # whatever it raises, the other answers are still compared
            return Answer(status=0, headers={}, body=repr(error).encode())

    def _ask(self, exchange: Exchange) -> Answer:
        stage, recorded = self._stage, exchange.interaction.request
        made = next((id for id, run in self._runs.items() if run.made_at == exchange.index), None)
        stage.next_run = made
        if exchange.status >= 500:
            stage.faults.add(http_error(exchange.status))
        request = Request(
            recorded.method,
            self._identities.translated(recorded.path),
            self._identities.translated(recorded.query),
            self._headers(exchange),
            self._body(recorded.body),
        )
        response = cast("Response", stage.handle(request))  # no connection fails unless a fault is planned
        if isinstance(response.body, bytes):
            return Answer(status=response.status, headers=response.headers, body=response.body)
        body = b"".join(self._frames(response.body))
        events = [(one.event, one.data if one.json is None else one.json) for one in events_of(body)]
        return Answer(status=response.status, headers=response.headers, body=body, events=events, is_stream=True)

    def _headers(self, exchange: Exchange) -> dict[str, str]:
        headers = headers_of(exchange, self._session.cassette.head.api_version)
        key = "<OPENAI_ACCESS_TOKEN>" if exchange.status == 401 else _VALID_KEY
        return {**headers, "authorization": f"Bearer {key}"}

    def _body(self, body: bytes) -> bytes:
        try:
            return self._identities.translated(body.decode()).encode()
        except UnicodeDecodeError:
            return body

    def _frames(self, frames: Iterator[Frame]) -> Iterator[bytes]:
        for frame in frames:
            self._stage.wait_until(frame.due)
            yield frame.data


def _plans(runs: Mapping[str, RunHistory]) -> Iterator[tuple[str, Plan]]:
    for id, run in runs.items():
        if run.made_at is not None:
            yield id, _plan(run)
        elif run.submits:
            plan = _plan(continued(run))
            step = run.steps.get(answered_step(run) or "")
            plan.answered = tokens_of(step[-1].shown.get("usage")) if step else None
            yield id, plan
        elif run.cancels:
            yield id, _plan(run)


def _plan(run: RunHistory) -> Plan:
    acts = acts_of(run)
    return Plan(acts=acts, moments=moments_of(run, acts), submits=seconds_of_submits(run, acts))
