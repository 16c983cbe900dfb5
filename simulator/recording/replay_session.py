"""A session in which requests are answered from a cassette."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..api.wire import Frame, Request, Response
from ..backend.clock import Clock
from ..backend.state import START
from ..errors import CheckFailed
from .cassette import BETA_HEADER, SDK_AGENT, Cassette, Interaction, RecordedRequest, RecordedResponse, as_recorded
from .forms import own
from .replayer import Replayer
from .scrubbing import Scrubber
from .session import Mode, Settings

if TYPE_CHECKING:
    from ..transport.hosts import Hosts

# What a scrubbed cassette has in it.
_TRACES = (b"scrubbed-", b"someone@example.com")
# Interactions at such places make their host one of the API.
_API_SEGMENTS = frozenset({"assistants", "threads", "vector_stores"})

# Virtual, so that a loop without sleeps reaches its deadline; about the median of what was recorded (0.04 to 0.32 s).
SECONDS_OF_A_REQUEST = 0.1


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
            request=as_recorded(self.request),
            response=RecordedResponse(status=self.status, headers=self.headers, body=b"".join(self.body)),
        )


class ReplaySession:
    """Requests are answered from a cassette.

    Raises:
        CassetteError: it cannot be read.
    """

    mode = Mode.REPLAY

    def __init__(self, path: Path, cassette: Cassette, settings: Settings) -> None:
        self.path = path
        self.clock = Clock(_moment(cassette.head.recorded_at))
        self._player = Replayer(cassette, outputs=settings.outputs, ignore=settings.ignore, now=self.clock.now)
        self._change = settings.change
        self._scrubber = settings.scrubber if any(map(_was_scrubbed, cassette.interactions)) else None
        self._seen: list[_Exchange] = []
        self.blocked: list[str] = []  # what the guard says of each request that it stopped

    def findings(self) -> list[str]:
        """Return what went wrong so far."""
        return [*self._player.findings(), *self._unanswered()]

    def _unanswered(self) -> Iterable[str]:
        """Return what the guard said, each text once."""
        return dict.fromkeys(self.blocked)

    def handle(self, request: Request) -> Response:
        """Answer one request; where the cassette was scrubbed, it is scrubbed before it is compared."""
        response = self._player.handle(self._comparable(request))
        exchange = _Exchange(request, response.status, response.headers)
        self._seen.append(exchange)
        self.clock.advance(SECONDS_OF_A_REQUEST)
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
        self._raise([*self._player.findings_before_clean_up(), *self._unanswered()])

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

    def remark(self, failure: str) -> str | None:
        """Return the findings, as a text; the failure may be one of them."""
        found = [text for text in self.findings() if text not in failure]
        return "\n".join([f"Replaying {self.path} found as well:", *found]) if found else None


@contextmanager
def replaying(path: Path, cassette: Cassette, settings: Settings) -> Iterator[ReplaySession]:
    """Answer, inside the block, every client's requests to the API from a cassette.

    The program's sleeps take no time there, and its dates begin at that of the recording, so that the times in
    the answers (`expires_at`) are to it what they were.
    """
    from ..transport.active import Interceptor
    from ..transport.environment import placeholder_key
    from ..transport.hosts import Hosts, Passthrough
    from ..transport.interception import intercepting
    from ..transport.virtual_time import virtual_time

    hosts = Hosts.of([*settings.hosts, *api_hosts(cassette)])
    session = ReplaySession(path, _answered(cassette, hosts), settings)
    interceptor = Interceptor(
        handle=session.handle,
        wait_until=_at_once,
        hosts=hosts,
        passthrough=Passthrough(),
        blocked=session.blocked.append,
    )
    with placeholder_key(), intercepting(interceptor), virtual_time(session.clock, settings.time):
        yield session


def _moment(recorded_at: str | None) -> float:
    """Return a date in seconds since the epoch; where there is none, that at which a simulator begins."""
    try:
        moment = datetime.fromisoformat(recorded_at or "")
    except ValueError:
        return START
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def api_hosts(cassette: Cassette) -> list[str]:
    """Return the hosts whose requests a cassette answers, as URLs.

    A recording of vcrpy may have requests to other services in it: their hosts are not ours to answer for. In our own
    form all were meant, also those without a trace of the API, such as `POST /v1/responses` of a compatible service.
    """
    requests = [one.request for one in cassette.interactions]
    return list(dict.fromkeys(_origin(one.uri) for one in requests if cassette.form == own.FORM.name or _is_api(one)))


def _answered(cassette: Cassette, hosts: Hosts) -> Cassette:
    """Return a cassette without what other services answered: such requests never come here, and none is missed.

    Our own recordings have none. Of a session that names no host of the API all stays: the host does not count.
    """
    if cassette.form == own.FORM.name:
        return cassette
    kept = [one for one in cassette.interactions if _reaches(one.request, hosts)]
    return replace(cassette, interactions=kept) if kept else cassette


def _reaches(request: RecordedRequest, hosts: Hosts) -> bool:
    address = urlsplit(request.uri)
    return hosts.match(address.scheme, address.hostname or "", address.port, address.path)


def _origin(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def _is_api(request: RecordedRequest) -> bool:
    if BETA_HEADER in request.headers or SDK_AGENT in request.headers.get("user-agent", ""):
        return True
    return not _API_SEGMENTS.isdisjoint(request.path.split("/"))


def _was_scrubbed(interaction: Interaction) -> bool:
    request = interaction.request
    return any(trace in part for trace in _TRACES for part in (request.uri.encode(), request.body))


def _scrubbed(request: Request, scrubber: Scrubber) -> Request:
    scrubbed = scrubber.request(as_recorded(request))
    return replace(request, path=scrubbed.path, query=scrubbed.query, body=scrubbed.body)


def _at_once(due: float) -> float:
    """Wait for nothing: what was recorded is there."""
    return 0.0
