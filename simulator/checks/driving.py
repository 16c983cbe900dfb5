"""Plays cases against an app, one after the other, on one stage; each begins with the same simulator."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch

from ..api.service import ServiceMode
from ..backend.faults import Planned
from ..backend.faults_json import Plan
from ..backend.turns import say
from ..decorator import without_deprecations
from ..errors import UsageError, told
from ..scenario.apps import AnApp, app_from
from ..scenario.stage import Converse, Hung, Speaker, Stage, place_of
from ..scenario.watchdog import watched
from ..simulator import Simulator
from .cases import Case, CaseStep, Passes, Says
from .evidence import Evidence, Spoken
from .tools import KnownTools, Tools
from .watchful_stage import WatchfulStage

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

App: TypeAlias = AnApp
Prepare: TypeAlias = Callable[[Simulator], object]
Watch: TypeAlias = Callable[[], AbstractContextManager[None]]

LIMIT_SECONDS = 7_200.0
"""How much virtual time a step may take: ten runs, one after the other, can live so long."""
REAL_LIMIT_SECONDS = 10.0
"""How much real or processor time: a step takes milliseconds; a loop that does not even wait is stopped then."""
FIRST = Case((Says("guest", "Hello?", (say("Hello."),)),))
"""Played before all others, to learn what functions the app declares."""
OUTPUT_KEPT = 2_000
_AT_FIRST = f"converse was told {FIRST.said[0].text!r}, with nothing wrong"


@dataclass(slots=True)
class Driven:
    """What came of a case.

    Args:
        struck: the faults that came into effect, by the number of their step.
        printed: what the app wrote to the terminal, or its end.
        service: that it met, as of `Simulator`.
    """

    case: Case
    evidence: Evidence
    tools: KnownTools
    struck: dict[int, tuple[Plan, ...]] = field(default_factory=dict)
    printed: str = ""
    service: str = ServiceMode.NORMAL


class Driver:
    """Plays cases against one app.

    Args:
        app: `converse`; or a callable without arguments that returns one, asked anew for each case.
        tools: as `check_run_loop` takes them.
        prepare: is given the simulator before each case.
        limit: virtual seconds that a step may take.
        real_limit: real seconds; None: no limit.
        waits: how many times `real_limit`, which then is of processor time, a step may take in real time; None: it is
            real.
        stage: the class of what answers; None: `WatchfulStage`.
        options: of the simulator.

    Attributes:
        tools: what is known of its functions; more once it has been played.
        streams: whether it reads streams, as far as it has shown.
        watch: gives what stands around the app while it is made and while it is spoken to; it ends who takes too long.
        on_case: is told of each case before it is played, and of the service that it meets.
        saying: what is being said to the app.
        echo: is given at once what the app prints.

    Raises:
        UsageError: `app` is no such callable.
    """

    def __init__(
        self,
        app: App,
        *,
        tools: Tools | None = None,
        prepare: Prepare | None = None,
        limit: float = LIMIT_SECONDS,
        real_limit: float | None = REAL_LIMIT_SECONDS,
        waits: float | None = None,
        stage: type[WatchfulStage] | None = None,
        **options: Any,
    ) -> None:
        self.app = app_from(app)
        self._prepare, self._limit = prepare, limit
        waiting = None if real_limit is None or waits is None else waits * real_limit
        self.watch: Watch = functools.partial(watched, real_limit, waiting=waiting)
        self.on_case: Callable[[Case, str], object] | None = None
        self.saying: Spoken | None = None
        self.echo: IO[str] | None = None
        self.tools = KnownTools.of(tools)
        self.stage = (stage or WatchfulStage)(**{"poll_after_ms": None, **options})
        self._speaker: Speaker | None = None
        self._remembered: bytes | None = None
        self.streams = False
        self._cases = 0

    @contextlib.contextmanager
    def on_stage(self) -> Iterator[Driver]:
        """Take the requests of the app inside the block, and give it virtual time."""
        with without_deprecations(), certificates_read_once(), self.stage.intercept():
            try:
                yield self
            finally:
                self._end()

    def begin(self) -> Playing:
        """Set the stage anew, and return what plays on it, step by step."""
        return Playing(self, self._speaker_anew())

    def drive(self, case: Case, *, service: str = ServiceMode.NORMAL) -> Driven:
        """Play a case from the beginning and return what came of it.

        Args:
            service: as of `Simulator`; an app is made before the service becomes another one.
        """
        if self.on_case is not None:
            self.on_case(case, service)
        playing = self.begin()
        if service != ServiceMode.NORMAL:
            self.stage.serve(service)
        for step in case.steps:
            if not playing.is_over:
                playing.do(step)
        return replace(playing.driven, service=service)

    def learn(self) -> Driven:
        """Play a first short case, and learn what functions the app declares; they are in `tools` afterwards.

        Raises:
            UsageError: the app is none: it failed, or made no request.
        """
        driven = self.drive(FIRST)
        (spoken,) = driven.evidence.spoken
        if spoken.hung is not None:
            raise UsageError(f"{_AT_FIRST}, and goes on without end: {spoken.hung}")
        if spoken.returned and spoken.reply is not None and not isinstance(spoken.reply, str):
            raise UsageError(f"converse(user_id, text) returns the reply as a text, not {_told(spoken.reply)}.")
        if not driven.evidence.requests:
            raise UsageError(_no_request(spoken))
        if spoken.error is not None:
            raise UsageError(_failed_at_once(spoken.error))
        self.tools = self.tools.seen(self.stage.views)
        self.streams = any(sent.exchange.frames is not None for sent in driven.evidence.requests)
        if self.tools.handlers and not self.tools.schemas:
            raise UsageError(
                "tools= has functions, but the loop declares none: neither its assistant nor its run has any."
            )
        if not self.app.makes_one:  # it may have made its assistant once and for all
            self._remembered = self.stage.remember()
        return driven

    def _speaker_anew(self) -> Speaker:
        """Set the stage anew, and return who speaks to the app; a factory makes another one."""
        stage = self.stage
        self._cases += 1
        if self.app.makes_one:
            self._end()
        stage.reset()
        stage.blocked.clear()
        if self._remembered is not None:
            stage.recall(self._remembered)
        if self._prepare is not None:
            self._prepare(stage)
        if self._speaker is None:
            self._speaker = Speaker(self._made())
        return self._speaker

    def _made(self) -> Converse:
        """Return the app.

        Raises:
            UsageError: it cannot be made, or is not within its time.
        """
        self.stage.give_time(self._limit)
        try:
            with self.watch():
                return self.app.made()
        except Hung as hung:
            raise UsageError(
                f"{self.app.name} was called to make the app, and goes on: {hung}. {place_of(hung)}"
            ) from hung
        finally:
            self.stage.deadline = float("inf")

    def say(self, speaker: Speaker, spoken: Spoken) -> None:
        """Say something to the app, and note what comes of it."""
        stage, self.saying = self.stage, spoken
        stage.give_time(self._limit)
        try:
            with self.watch():
                spoken.reply = speaker.say(self._id_of(spoken.user), spoken.text)
        except Hung as hung:
            spoken.hung, spoken.was_busy = f"{hung}. {place_of(hung)}", hung.in_real_time
            self._end()  # its event loop was left in the middle
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001  # that is its answer
            spoken.error = error
        finally:
            stage.deadline, self.saying = float("inf"), None
        spoken.ended = stage.clock.now()
        if not spoken.was_busy:
            stage.drop_unused()
        spoken.last = len(stage.entries)

    def _id_of(self, user: str) -> str:
        """Return who a user is to the app: a new one in each case, if the app itself is not new."""
        return user if self.app.makes_one else f"{user}-{self._cases}"

    def _end(self) -> None:
        if self._speaker is not None:
            speaker, self._speaker = self._speaker, None
            with contextlib.suppress(Hung):
                speaker.end()


class Playing:
    """One case, as it is played; made by `Driver.begin`."""

    def __init__(self, driver: Driver, speaker: Speaker) -> None:
        self._driver, self._speaker = driver, speaker
        self._steps: list[CaseStep] = []
        self._spoken: list[Spoken] = []
        self._faults = _Faults(driver.stage)
        self._printed = _Printed(driver.echo)

    @property
    def is_over(self) -> bool:
        """Whether the app has hung, and nothing more can be said to it."""
        return any(step.hung is not None for step in self._spoken)

    def do(self, step: CaseStep) -> None:
        """Play the next step."""
        number, stage = len(self._steps), self._driver.stage
        self._steps.append(step)
        if isinstance(step, Passes):
            stage.clock.advance(step.seconds)
            return
        self._faults.plan(number, step.faults)
        if step.answers:
            stage.script(*step.answers)
        if step.otherwise is not None:
            stage.script(step.otherwise, repeat=True, optional=True)
        began, first = stage.clock.now(), len(stage.journal)
        spoken = Spoken(number=number, user=step.user, text=step.text, began=began, first=first)
        self._spoken.append(spoken)
        with (
            self._driver.tools.watched(stage),
            contextlib.redirect_stdout(self._printed),
            contextlib.redirect_stderr(self._printed),
        ):
            self._driver.say(self._speaker, spoken)

    @property
    def driven(self) -> Driven:
        """What has come of it so far."""
        stage, is_sound = self._driver.stage, not any(step.was_busy for step in self._spoken)
        evidence = Evidence(
            list(stage.journal if is_sound else stage.entries),
            list(self._spoken),
            calls=stage.calls if is_sound else (),
            handlers=frozenset(self._driver.tools.handlers),
            blocked=list(stage.blocked),
            views=stage.views if is_sound else (),
        )
        printed = self._printed.text[-OUTPUT_KEPT:]
        return Driven(Case(tuple(self._steps)), evidence, self._driver.tools, self._faults.struck, printed)


class _Printed(io.TextIOWrapper):
    """What an app prints, as text, or as bytes into its `buffer`."""

    def __init__(self, echo: IO[str] | None) -> None:
        self._bytes = _PrintedBytes(echo)
        super().__init__(self._bytes, encoding="utf-8", errors="backslashreplace", write_through=True)

    @property
    def text(self) -> str:
        """All of it, also when the app has closed it."""
        return self._bytes.getvalue().decode("utf-8", "replace")


class _PrintedBytes(io.BytesIO):
    """Keeps what is written; `echo` is given it at once, for the case that this process ends."""

    def __init__(self, echo: IO[str] | None) -> None:
        super().__init__()
        self._echo = echo

    def write(self, data: Buffer, /) -> int:
        """Take some bytes."""
        if self._echo is not None:
            self._echo.write(bytes(data).decode("utf-8", "replace"))
            self._echo.flush()
        return super().write(data)

    def close(self) -> None:
        """Keep what there is: an app that closes its stdout has printed it all the same."""


class _Faults:
    """Plans the faults of a case, and knows which of them came into effect."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._planned: list[tuple[int, Plan, Planned]] = []

    def plan(self, number: int, faults: tuple[Plan, ...]) -> None:
        """Plan the faults of a step; those of the step before are forgotten."""
        self._stage.faults.clear()
        for plan in faults:
            self._planned.append((number, plan, self._stage.faults.add(plan.fault, **plan.options)))

    @property
    def struck(self) -> dict[int, tuple[Plan, ...]]:
        """Those that struck, as often as they did, by the number of their step."""
        found: dict[int, tuple[Plan, ...]] = {}
        for number, plan, planned in self._planned:
            if planned.struck:
                times = plan.options.get("times", 1) - planned.times
                found[number] = (*found.get(number, ()), Plan(plan.fault, {**plan.options, "times": times}))
        return found


@contextlib.contextmanager
def certificates_read_once() -> Iterator[None]:
    """Let clients that are made alike, inside the block, share what was read for them.

    Each reads the certificates, for 20 ms: half of what a conversation takes whose loop builds a client of its own.
    """
    with patch.object(ssl, "create_default_context", functools.cache(ssl.create_default_context)):
        yield


def _told(value: object) -> str:
    """Return a value in words; of one that shows its address, the type."""
    shown = f"{value!r:.200}"
    return f"a {type(value).__name__}" if " at 0x" in shown else shown


def _failed_at_once(error: BaseException) -> str:
    hint = " prepare= may place what it expects: sim.put('assistants', {…})." if "found with id" in str(error) else ""
    return f"{_AT_FIRST}, and failed: {told(error)}. {place_of(error)}{hint}"


def _no_request(spoken: Spoken) -> str:
    why = f" It raised {told(spoken.error)}. {place_of(spoken.error)}" if spoken.error is not None else ""
    return (
        f"converse made no request to the API when a user said {spoken.text!r}.{why} The simulator takes requests to"
        " the hosts of OpenAI and Azure, those of OPENAI_BASE_URL and AZURE_OPENAI_ENDPOINT, and those of hosts=[…]."
    )
