"""The simulator: puts the parts together, holds the lock, and is what a test talks to."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Never

from . import saving
from .api.forms import MAX_UPLOAD_BYTES
from .api.refusals.surprises import Reentered
from .api.routes import OPERATION_NAMES
from .api.service import Service, ServiceMode
from .api.stubs import StubFunction, Stubs
from .api.wire import Frame, NoResponse, Request, Response
from .backend.clock import Clock
from .backend.journal import Exchange, Journal
from .backend.objects import JsonDict
from .backend.placing import place
from .backend.records import copies
from .backend.state import Backend
from .backend.watching import F, watch
from .brains import BrainChoice, brain_for
from .brains.scripted import ScriptedBrain, When, pieces_of
from .errors import CheckFailed, UsageError, refuse_unknown
from .findings import findings, known_problems
from .observations import Observations
from .options import NAMES, Options, TokenCount
from .transport.locks import Busy, Lock
from .transport.pace import TimeMode, pace_of
from .whole_files import write_whole

if TYPE_CHECKING:
    from datetime import date

    import openai

NOT_YET = (
    "With time='real' a stream takes its time: before you ask for the next frame, sleep for what wait_until(frame.due) "
    "returns, until that is 0."
)


class Simulator(Observations):
    """A fake of the Assistants API, with a state of its own.

    Args:
        brain: who answers where no script does: None (nobody: such a run is refused), `"auto"`, or a
            callable from a `View` to a turn.
        seed: of ids and latencies. Same seed and same requests: same bytes, ids and times included.
        time: what is virtual for the program inside `intercept()`, where its wall clock stands at `clock`.
            `"virtual"`: clocks and dates, `time.sleep` and the event loop of asyncio; beside other threads
            time is real. `"threads"`: the waits, joins and pools of threads, too. `"real"`: nothing; here,
            and without `intercept()` too, `clock` follows the machine's, and streams take the time they take.
        hosts: API hosts beside OpenAI's, Azure's, and those of OPENAI_BASE_URL and AZURE_OPENAI_ENDPOINT.
        poll_after_ms: value of the header `openai-poll-after-ms`, which the SDK's polling helpers
            obey. The service never sent it: None is faithful, and they then wait a second a poll.
        service: `"normal"` speaks both versions of the API, or with `as_of` what was normal on that day;
            `"v1_refused"` only the second, as from 2024-12-18; `"sunset"`: 404 with an empty body, as since 2026-08-26.
        strict: False: `check()` never raises.
        allow: findings that every `check()` passes over, as its own argument.
        journal: whether requests, views and changes of status are kept.
        max_upload_bytes: how many bytes a body that uploads a file, or a part of one, may have; 413 above.
        api_keys: the keys that are taken; without any, every request is.
        tokens: how tokens are counted, for `usage` and limits: `"estimate"`, four characters to a token, or
            `"exact"`, as the models count, which needs the extra `[tokens]`.
        as_of: the day whose service it is, an ISO date: which keys objects have, in which order, how ids look,
            which versions of the API are served. The clock begins there, at midnight UTC; what the service is does not
            change as it goes on. None: the last generation of the version that a request asks for.

    Raises:
        UsageError: an option that there is not, or a value that it cannot have.
    """

    def __init__(
        self,
        brain: BrainChoice = None,
        *,
        seed: int = 0,
        time: str = TimeMode.VIRTUAL,
        hosts: Iterable[str] = (),
        poll_after_ms: int | None = 0,
        service: str = ServiceMode.NORMAL,
        strict: bool = True,
        allow: Collection[str] = frozenset(),
        journal: bool = True,
        max_upload_bytes: int = MAX_UPLOAD_BYTES,
        api_keys: Collection[str] = (),
        tokens: str = TokenCount.ESTIMATE,
        as_of: str | date | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown("Simulator()", unknown, NAMES)
        self._options = Options.checked(
            seed=seed,
            time=time,
            hosts=hosts,
            poll_after_ms=poll_after_ms,
            service=service,
            strict=strict,
            allow=allow,
            journal=journal,
            max_upload_bytes=max_upload_bytes,
            api_keys=api_keys,
            tokens=tokens,
            as_of=as_of,
        )
        self._count_tokens = self._options.count_tokens()
        self._lock = Lock()
        self._brain = ScriptedBrain(brain_for(brain))
        self._journal = Journal(journal)
        self._clock = Clock(self._options.start)
        self._blocked: list[str] = []  # what the guard says of each request that it stopped
        self._pace = pace_of(self._options.time, self._clock)
        self._begin()

    def _begin(self) -> None:
        self._stubs = Stubs()
        options = self._options
        self._backend = self._new_backend(self._journal, self._clock)
        self._service = Service(self._backend, self._stubs, options.service_settings())

    def _new_backend(self, journal: Journal, clock: Clock) -> Backend:
        options = self._options
        return Backend(
            options.seed,
            self._brain,
            journal,
            OPERATION_NAMES,
            clock,
            as_of=options.as_of,
            count_tokens=self._count_tokens,
        )

    # Doors.

    def handle(self, request: Request) -> Response | NoResponse:
        """Answer one request. A streamed body is lazy, and holds nothing between two frames.

        Returns:
            The answer; where a fault broke the connection, `NoResponse`. The frames of a body raise `BrokenOff` where
            a fault breaks it in the middle.
        """
        try:
            with self._lock:
                self._pace.catch_up()
                response, exchange = self._service.answer(request)
        except Busy:
            return self._service.refuse(request, Reentered(request.method, request.path))
        if isinstance(response, NoResponse) or isinstance(response.body, bytes):
            return response
        return Response(response.status, response.headers, self._read(response.body, exchange))

    def wait_until(self, due: float) -> float:
        """Move the clock to the time at which a frame is due; doors call this.

        Returns:
            0, or with `time="real"` the seconds that are left: a door waits for so long, and calls again.
        """
        with self._lock:
            return self._pace.wait_until(due)

    def client(self, **options: Any) -> openai.OpenAI:
        """Return an `openai.OpenAI` that talks to this simulator; `options` are the SDK's."""
        from .transport.clients import openai_client

        return openai_client(self.handle, self.wait_until, self.max_body_bytes, **options)

    def async_client(self, **options: Any) -> openai.AsyncOpenAI:
        """Return an `openai.AsyncOpenAI` that talks to this simulator; `options` are the SDK's."""
        from .transport.clients import async_openai_client

        return async_openai_client(self.handle, self.wait_until, self.max_body_bytes, **options)

    @contextmanager
    def intercept(self, *, passthrough: Iterable[str] = ()) -> Iterator[Simulator]:
        """Take, inside the block, every client's requests to the API's hosts, whenever it was built.

        Who answers, whatever was opened first: your respx routes, then the newest simulator whose hosts
        and routes these are, then the network or the vcrpy cassette that stands in its place. The list of
        simulators is the process's: threads and tasks share it. For worlds of their own they take hosts
        of their own (`hosts=`), or `client()`, which needs no block.

        Inside the block time passes as the option `time` says. After it the program's dates are the machine's
        again; `time.monotonic` never goes back. A thread that outlives the block waits on for real.

        After the last block nothing is patched: requests go where they went before, also those of a
        thread or task that outlives it. A request that is being answered, and a stream that is being read,
        are answered to their end. A fork has a copy of the simulator, and goes on with that.

        A request to them that would reach the network is stopped: it raises `RequestBlocked`.

        Args:
            passthrough: routes that reach the network, such as `"POST /v1/embeddings"`; `*` in the path
                stands for anything.
        """
        from .transport.active import Interceptor
        from .transport.environment import placeholder_key
        from .transport.hosts import Hosts, Passthrough
        from .transport.interception import intercepting
        from .transport.virtual_time import virtual_time

        interceptor = Interceptor(
            handle=self.handle,
            wait_until=self.wait_until,
            hosts=Hosts.of(self._options.hosts),
            passthrough=Passthrough.of(passthrough),
            blocked=self._blocked.append,
            max_body_bytes=self.max_body_bytes,
        )
        with placeholder_key(), intercepting(interceptor), virtual_time(self._clock, self._options.time):
            yield self

    # What the model says, and what goes wrong.

    def script(
        self,
        *turns: object,
        when: When | None = None,
        assistant: str | None = None,
        thread: str | None = None,
        repeat: bool = False,
        optional: bool = False,
        **unknown: Never,
    ) -> None:
        """Say what the model answers. A script is cut after each turn that ends a run.

        A run takes the next whole piece when it starts: of those that are meant for it first, else the
        next of the queue.

        Args:
            turns: made by `say`, `call`…; a text is short for `say(text)`.
            when: only for runs whose newest user message contains this text, matches this pattern, or
                whose view this callable holds for.
            assistant: only for runs of the assistant with this id or name.
            thread: only for runs on this thread.
            repeat: the pieces are used again and again; each goes to the end of the queue.
            optional: that they were not used is no finding of `check()`.

        Raises:
            SimulatorError: something that is no turn, or an option that there is not.
        """
        refuse_unknown("script()", unknown, ("when", "assistant", "thread", "repeat", "optional"))
        pieces = pieces_of(turns, when=when, assistant=assistant, thread=thread, repeat=repeat, optional=optional)
        with self._lock:
            self._brain.add(pieces)

    def stub(
        self,
        route: str,
        function: StubFunction | None = None,
        *,
        json: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer another route of the same host, such as `"POST /v1/embeddings"`.

        Args:
            function: from a `Request` to a JSON value or a `Response`.
            json: or the value itself.
        """
        self._stubs.add(route, function, json, status, headers)

    def put(self, collection: str, item: Mapping[str, Any]) -> JsonDict:
        """Place an object; what is given is kept, what is missing is filled. Returns a copy.

        Raises:
            StateError: no such collection, or an object that cannot be placed.
        """
        with self._settled() as backend:
            copy: JsonDict = copies([place(backend, collection, item)])[0]
        return copy

    def put_all(self, items: Iterable[tuple[str, Mapping[str, Any]]]) -> list[JsonDict]:
        """Place several objects, each with its collection before it, or none of them. Returns copies.

        Raises:
            StateError: as `put`; nothing was placed.
        """
        given = list(items)
        with self._settled() as backend:
            trial = self._copy_of(backend)
            for collection, item in given:
                place(trial, collection, item)
            return copies([place(backend, collection, item) for collection, item in given])

    def watch(self, function: F) -> F:
        """Return `function`, a handler or an app, wrapped so that the journal shows each call of it."""
        return watch(function, self._journal, self._clock)

    # What happened.

    @property
    def max_body_bytes(self) -> int:
        """How many bytes any body may have; a door refuses a longer one before it has read it."""
        return self._options.service_settings().max_body_bytes

    def check(self, allow: Collection[str] = frozenset()) -> None:
        """Raise if something that the test expected did not happen, or something else did.

        Args:
            allow: findings to pass over: `unused_script`, `unused_fault`, `unexpected_request`, `active_run`,
                `blocked_request`.

        Raises:
            CheckFailed: pieces that no run took, faults that struck nothing, requests that nothing was scripted
                or stubbed for, runs that are still active (those being cancelled are not), requests that the guard
                stopped.
            UsageError: `allow` names another finding.
        """
        passed_over = known_problems(allow) | self._options.allow
        with self._settled() as backend:
            found = list(findings(backend, self._brain, self._blocked))
        texts = [one.text for one in found if one.problem not in passed_over]
        if texts and self._options.strict:
            raise CheckFailed("\n".join(texts))

    # The whole state.

    def reset(self, *, seed: int | None = None, as_of: str | date | None = None) -> None:
        """Begin anew, as just built: scripts, stubs, faults and journal are gone, ids and clock at the start.

        Args:
            seed: from now on; None: as before.
            as_of: likewise.

        Raises:
            UsageError: one of them is none; nothing was reset.
        """
        options = self._options.changed(seed=seed, as_of=as_of)
        with self._lock:
            self._options = options
            self._brain.clear()
            self._journal.clear()
            self._blocked.clear()
            self._clock.restart(options.start)
            self._pace.restart()
            self._begin()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state into one JSON file, whole or not at all.

        Stubs, keys and the journal are left out; so is a brain, which `load` takes again.

        Raises:
            StateError: a script has a callable as `when`, or something is no JSON value; nothing is written.
        """
        write_whole(path, self.dump())

    def dump(self) -> bytes:
        """Return the state as `save` writes it.

        Raises:
            StateError: as `save`.
        """
        with self._settled() as backend:
            return saving.encoded(
                {
                    "options": self._options.to_json(),
                    "scripts": self._brain.to_json(),
                    "backend": backend.to_json(),
                }
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str], brain: BrainChoice = None) -> Simulator:
        """Return a simulator in a saved state; it goes on with the same bytes as the saved one.

        Raises:
            UsageError: `brain` is none.
            StateError: the file cannot be read, or is none that `save` wrote.
        """
        brain_for(brain)  # a wrong one is not the file's fault
        with saving.reading(path) as state:
            self = cls(brain, **state["options"])
            self._brain.restore(state["scripts"])
            self._backend.restore(state["backend"])
        return self

    def _copy_of(self, backend: Backend) -> Backend:
        """Return a backend in the same state that nobody sees: to find out on what would fail."""
        copy = self._new_backend(Journal(enabled=False), Clock(self._options.start))
        copy.restore(saving.decoded(saving.encoded(backend.to_json())))
        return copy

    @contextmanager
    def _settled(self) -> Iterator[Backend]:
        """Hold the lock, with everything done that is due by now."""
        with self._lock:
            self._pace.catch_up()
            self._backend.engine.settle()
            yield self._backend

    def _read(self, frames: Iterator[Frame], exchange: Exchange) -> Iterator[Frame]:
        """Pass frames on, each made under the lock, none read with it held.

        Who asks for more has waited, as a door does; else the clock goes there, for the same frame would come for ever.
        """
        kept = exchange if self._journal.enabled else None
        backend = self._backend
        while backend is self._backend:  # `reset` cuts the stream off: its run is gone
            with self._lock:
                frame = next(frames, None)
            if frame is None:
                return
            if kept is not None and frame.data:
                kept.came(frame.data, frame.due)
            yield frame
            if not frame.data and self.wait_until(frame.due):
                raise UsageError(NOT_YET)
