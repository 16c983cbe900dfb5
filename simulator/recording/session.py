"""One use of a cassette: while it is open, requests are replayed, recorded or let through.

`use_cassette` and the pytest plugin both stand on this. They differ in who says when the session ends well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..api.wire import Frame, Request, Response
from ..errors import CassetteError, CheckFailed
from .cassette import API_BASE, Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from .scrubbing import Scrubber
from .writing import check_writable, write_cassette

if TYPE_CHECKING:
    from .capture import Capture

# What a scrubbed cassette has in it.
_TRACES = (b"scrubbed-", b"someone@example.com")
_KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")
# Interactions at such places make their host one of the API.
_API_SEGMENTS = frozenset({"assistants", "threads", "vector_stores"})


class Mode(StrEnum):
    """What becomes of the requests."""

    REPLAY = "replay"
    RECORD = "record"
    LIVE = "live"


class Player(Protocol):
    """What answers from a cassette."""

    def handle(self, request: Request) -> Response:
        """Answer one request."""

    def findings(self) -> list[str]:
        """Return requests that were not in the cassette, and effects of it that were not made."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be said of a session.

    Args:
        outputs: of replay: how tool outputs are compared (`strict`, `shape`, `ignore`).
        ignore: of replay: paths in bodies that are not compared.
        hosts: API hosts beside the usual ones, as of `Simulator`.
        scrubber: takes the secrets out of what is written, and out of a request before it is compared.
        before_record_request: as vcrpy's.
        before_record_response: as vcrpy's.
        change: of replay: changes a request before it is compared, as a recorder changed what it wrote.
    """

    outputs: str = "strict"
    ignore: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    scrubber: Scrubber = field(default_factory=Scrubber)
    before_record_request: Callable[[Any], Any] | None = None  # Any: vcrpy's request, and its response
    before_record_response: Callable[[Any], Any] | None = None
    change: Callable[[Request], Request] | None = None


@dataclass
class _Exchange:
    """A request that was replayed, and what was read of its answer."""

    request: Request
    status: int
    headers: Mapping[str, str]
    body: list[bytes] = field(default_factory=list)

    def watching(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Pass frames on, and keep them."""
        for frame in frames:
            self.body.append(frame.data)
            yield frame

    def interaction(self) -> Interaction:
        """Return it as it would have been recorded."""
        return Interaction(
            request=_as_recorded(self.request),
            response=RecordedResponse(status=self.status, headers=self.headers, body=b"".join(self.body)),
        )


class Session(Protocol):
    """A cassette in use."""

    mode: Mode
    path: Path

    def check(self) -> None:
        """As `finish`, before fixtures clean up: more requests may come."""

    def seen(self) -> Sequence[Interaction]:
        """Return what happened so far."""

    def finish(self) -> None:
        """End well: compare what happened with the cassette, or write it."""

    def remark(self) -> str | None:
        """Return what to say beside the failure of a block that failed."""


class LiveSession:
    """Requests pass through; nothing is written."""

    mode = Mode.LIVE

    def __init__(self, path: Path, capture: Capture | None = None) -> None:
        self.path = path
        self._capture = capture

    def seen(self) -> Sequence[Interaction]:
        """Return what happened so far, if it is watched."""
        return self._capture.interactions() if self._capture else ()

    def check(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def remark(self) -> str | None:
        """Return nothing."""
        return None


class ReplaySession:
    """Requests are answered from a cassette.

    Raises:
        CassetteError: it cannot be read.
    """

    mode = Mode.REPLAY

    def __init__(self, path: Path, cassette: Cassette, player: Player, settings: Settings) -> None:
        self.path = path
        self._cassette = cassette
        self._player = player
        self._change = settings.change
        self._scrubber = settings.scrubber if any(map(_was_scrubbed, cassette.interactions)) else None
        self._seen: list[_Exchange] = []
        self.blocked: list[str] = []  # what the guard says of each request that it stopped

    def findings(self) -> list[str]:
        """Return what went wrong so far."""
        return [*self._player.findings(), *dict.fromkeys(self.blocked)]

    def handle(self, request: Request) -> Response:
        """Answer one request; where the cassette was scrubbed, it is scrubbed before it is compared."""
        response = self._player.handle(self._comparable(request))
        exchange = _Exchange(request, response.status, response.headers)
        self._seen.append(exchange)
        if isinstance(response.body, bytes):
            exchange.body.append(response.body)
            return response
        return replace(response, body=exchange.watching(response.body))

    def _comparable(self, request: Request) -> Request:
        if self._change is not None:
            request = self._change(request)
        return _scrubbed(request, self._scrubber) if self._scrubber else request

    def seen(self) -> Sequence[Interaction]:
        """Return what happened so far."""
        return [exchange.interaction() for exchange in tuple(self._seen)]

    def check(self) -> None:
        """As `finish`, but for deletions at the end of the cassette: fixtures make them after the test.

        Raises:
            CheckFailed: as `finish`.
        """
        later = {f"never made: {self._cassette.where(one)} {one.label}" for one in _clean_up(self._cassette)}
        self._raise([text for text in self.findings() if text not in later])

    def finish(self) -> None:
        """Raise if the program did something else than what was recorded.

        Raises:
            CheckFailed: requests that are not in the cassette, or that went round it, or effects in it that were
                not made.
        """
        self._raise(self.findings())

    def _raise(self, found: list[str]) -> None:
        if found:
            raise CheckFailed("\n".join([f"Replaying {self.path}:", *found]))

    def remark(self) -> str | None:
        """Return the findings, as a text."""
        found = self.findings()
        return "\n".join([f"Replaying {self.path} found as well:", *found]) if found else None


class RecordSession:
    """Requests reach the service, and what happens is kept until `finish` writes it."""

    mode = Mode.RECORD

    def __init__(self, path: Path, capture: Capture, scrubber: Scrubber) -> None:
        self.path = path
        self._capture = capture
        self._scrubber = scrubber

    def seen(self) -> Sequence[Interaction]:
        """Return what happened so far."""
        return self._capture.interactions()

    def check(self) -> None:
        """Write what there is; `finish` writes it again, with what came after.

        Raises:
            CassetteError: as `finish`.
        """
        self.finish()

    def finish(self) -> None:
        """Write the cassette, scrubbed.

        Raises:
            CassetteError: nothing was recorded, or nothing worth it, or it cannot be written. A file that was
                there is as it was.
        """
        from .capture import now

        interactions = self._capture.close()
        problem = _problem(interactions, self._capture.begun)
        if problem:
            raise CassetteError(f"{self.path}: {problem} {_left(self.path)}")
        cassette = Cassette(interactions=interactions, head=head_of(interactions, recorded_at=now()))
        write_cassette(self._scrubber.cassette(cassette), self.path)

    def remark(self) -> str | None:
        """Return that nothing was written, and why the service may not have answered."""
        problem = _problem(self._capture.interactions(), self._capture.begun)
        return f"{self.path}: nothing is recorded of what failed. {f'{problem} ' if problem else ''}{_left(self.path)}"


@contextmanager
def replaying(path: Path, cassette: Cassette, settings: Settings) -> Iterator[ReplaySession]:
    """Answer, inside the block, every client's requests to the API from a cassette."""
    from ..transport.active import Interceptor
    from ..transport.environment import placeholder_key
    from ..transport.hosts import Hosts, Passthrough
    from ..transport.interception import intercepting
    from .replayer import Replayer

    player = Replayer(cassette, outputs=settings.outputs, ignore=settings.ignore)
    session = ReplaySession(path, cassette, player, settings)
    interceptor = Interceptor(
        handle=session.handle,
        wait_until=_never,
        hosts=Hosts.of([*settings.hosts, *api_hosts(cassette)]),
        passthrough=Passthrough(),
        blocked=session.blocked.append,
    )
    with placeholder_key(), intercepting(interceptor):
        yield session


@contextmanager
def recording(path: Path, settings: Settings) -> Iterator[RecordSession]:
    """Keep, inside the block, every client's requests to the API with their answers.

    Raises:
        CassetteError: no cassette can be written there.
    """
    from .capture import capturing

    check_writable(path)
    hooks = (settings.before_record_request, settings.before_record_response)
    with capturing(_wanted(settings.hosts), *hooks) as capture:
        yield RecordSession(path, capture, settings.scrubber)


@contextmanager
def watching(path: Path, settings: Settings) -> Iterator[LiveSession]:
    """Let requests through inside the block, and see them."""
    from .capture import capturing

    with capturing(_wanted(settings.hosts)) as capture:
        yield LiveSession(path, capture)


@contextmanager
def opened(path: Path, mode: Mode, settings: Settings) -> Iterator[Session]:
    """Use a cassette inside the block.

    Raises:
        CassetteError: there is none to replay, or it cannot be read or written.
    """
    with ExitStack() as stack:
        if mode is Mode.REPLAY:
            from .forms import load

            yield stack.enter_context(replaying(path, load(path), settings))
        elif mode is Mode.RECORD:
            yield stack.enter_context(recording(path, settings))
        else:
            yield LiveSession(path)


def api_hosts(cassette: Cassette) -> list[str]:
    """Return the hosts whose requests a cassette answers, as URLs.

    A recording of vcrpy may have requests to other services in it: their hosts are not ours to answer for.
    """
    return list(dict.fromkeys(_origin(one.request.uri) for one in cassette.interactions if _is_api(one.request)))


def _origin(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def _is_api(request: RecordedRequest) -> bool:
    return "openai-beta" in request.headers or not _API_SEGMENTS.isdisjoint(request.path.split("/"))


def _wanted(hosts: tuple[str, ...]) -> Callable[[Any], bool]:
    """Return what tells of vcrpy's request whether it is to be recorded: its host is known, or the SDK made it."""
    from ..transport.hosts import Hosts

    known = Hosts.of(hosts)

    def wanted(request: Any) -> bool:
        agent = str(request.headers.get("user-agent", ""))
        return "OpenAI/" in agent or known.match(request.scheme, request.host, request.port)

    return wanted


def _was_scrubbed(interaction: Interaction) -> bool:
    request = interaction.request
    return any(trace in part for trace in _TRACES for part in (request.uri.encode(), request.body))


def _scrubbed(request: Request, scrubber: Scrubber) -> Request:
    scrubbed = scrubber.request(_as_recorded(request))
    return replace(request, path=scrubbed.path, query=scrubbed.query, body=scrubbed.body)


def _as_recorded(request: Request) -> RecordedRequest:
    query = f"?{request.query}" if request.query else ""
    uri = f"{request.base_url or API_BASE}{request.path}{query}"
    return RecordedRequest(method=request.method, uri=uri, headers=request.headers, body=request.body)


def _clean_up(cassette: Cassette) -> Iterator[Interaction]:
    """Yield the deletions that no other effect follows."""
    for one in reversed(cassette.interactions):
        if one.request.method == "DELETE":
            yield one
        elif one.request.method != "GET":
            return


def _never(due: float) -> None:
    """Wait for nothing: what was recorded is there."""


def _problem(interactions: list[Interaction], begun: int) -> str | None:
    """Return why a recording is not worth writing."""
    if not begun:
        key = "" if any(map(os.environ.get, _KEYS)) else f" No key is set ({' or '.join(_KEYS)})."
        return f"nothing was recorded: no request to the API was made.{key}{_intercepted()}"
    if not interactions:
        return (
            f"nothing was recorded: none of {begun} requests was answered, or none was to the API. Is there a network,"
            " and is the base URL right? Hosts other than the usual ones are named by hosts=[…]."
        )
    statuses = {one.response.status for one in interactions}
    if statuses <= {401, 403}:
        return "the service refused the key each time: set OPENAI_API_KEY to a valid one."
    if statuses == {404} and not any(one.response.body for one in interactions):
        return (
            "the service answered each request by 404 with an empty body, as OpenAI's does since it was switched off:"
            " record against a compatible service (OPENAI_BASE_URL)."
        )
    return None


def _intercepted() -> str:
    from ..transport import active

    return " A simulator takes the requests: record outside its block." if active.some() else ""


def _left(path: Path) -> str:
    return "The file is as it was." if path.is_file() else "There is no file yet."
