"""One use of a cassette: while it is open, requests are replayed, recorded or let through.

`use_cassette` and the pytest plugin both stand on this. They differ in who says when the session ends well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..api.wire import Request, Response
from ..errors import CassetteError
from .cassette import Cassette, Interaction, RecordedRequest, head_of
from .kept_headers import REQUEST
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

    def check(self) -> None:
        """Raise if there are findings."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be said of a session.

    Args:
        outputs: of replay: how tool outputs are compared (`strict`, `shape`, `ignore`).
        hosts: API hosts beside the usual ones, as of `Simulator`.
        scrubber: takes the secrets out of what is written, and out of a request before it is compared.
        before_record_request: as vcrpy's.
        before_record_response: as vcrpy's.
    """

    outputs: str = "strict"
    hosts: tuple[str, ...] = ()
    scrubber: Scrubber = field(default_factory=Scrubber)
    before_record_request: Callable[[Any], Any] | None = None  # Any: vcrpy's request, and its response
    before_record_response: Callable[[Any], Any] | None = None


class Session(Protocol):
    """A cassette in use."""

    mode: Mode
    path: Path

    def finish(self) -> None:
        """End well: compare what happened with the cassette, or write it."""

    def remark(self) -> str | None:
        """Return what to say beside the failure of a block that failed."""


class LiveSession:
    """Requests pass through; nothing is kept."""

    mode = Mode.LIVE

    def __init__(self, path: Path) -> None:
        self.path = path

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

    def __init__(self, path: Path, player: Player) -> None:
        self.path = path
        self.player = player

    def finish(self) -> None:
        """Raise if the program did something else than what was recorded.

        Raises:
            CheckFailed: requests that are not in the cassette, or effects in it that were not made.
        """
        self.player.check()

    def remark(self) -> str | None:
        """Return the findings, as a text."""
        found = self.player.findings()
        return "\n".join([f"Replaying {self.path} found as well:", *found]) if found else None


class RecordSession:
    """Requests reach the service, and what happens is kept until `finish` writes it."""

    mode = Mode.RECORD

    def __init__(self, path: Path, capture: Capture, scrubber: Scrubber) -> None:
        self.path = path
        self._capture = capture
        self._scrubber = scrubber

    def finish(self) -> None:
        """Write the cassette, scrubbed.

        Raises:
            CassetteError: nothing was recorded, or nothing worth it, or it cannot be written. A file that was
                there is as it was.
        """
        from .capture import now

        interactions = self._capture.interactions()
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

    player = Replayer(cassette, outputs=settings.outputs)
    interceptor = Interceptor(
        handle=_handle(player, cassette, settings.scrubber),
        wait_until=_never,
        hosts=Hosts.of([*settings.hosts, *api_hosts(cassette)]),
        passthrough=Passthrough(),
    )
    with placeholder_key(), intercepting(interceptor):
        yield ReplaySession(path, player)


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


def _handle(player: Player, cassette: Cassette, scrubber: Scrubber) -> Callable[[Request], Response]:
    """Return what answers: where the cassette was scrubbed, a request is scrubbed before it is compared."""
    if not any(_was_scrubbed(one) for one in cassette.interactions):
        return player.handle

    def handle(request: Request) -> Response:
        return player.handle(_scrubbed(request, scrubber))

    return handle


def _was_scrubbed(interaction: Interaction) -> bool:
    request = interaction.request
    return any(trace in part for trace in _TRACES for part in (request.uri.encode(), request.body))


def _scrubbed(request: Request, scrubber: Scrubber) -> Request:
    query = f"?{request.query}" if request.query else ""
    headers: Mapping[str, str] = {name: value for name, value in request.headers.items() if name in REQUEST}
    uri = f"{request.base_url or 'https://api.openai.com'}{request.path}{query}"
    recorded = RecordedRequest(method=request.method, uri=uri, headers=headers, body=request.body)
    scrubbed = scrubber.request(recorded)
    return replace(request, path=scrubbed.path, query=scrubbed.query, body=scrubbed.body)


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
