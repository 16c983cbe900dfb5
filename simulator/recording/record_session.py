"""Sessions in which the service answers: what happens is written, or only seen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CassetteError
from .cassette import SDK_AGENT, Cassette, Interaction, head_of
from .scrubbing import Scrubber
from .session import Mode, Settings
from .writing import check_writable, write_cassette

if TYPE_CHECKING:
    from .capture import Capture

_KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")


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

    def remark(self, failure: str) -> str | None:
        """Return that nothing was written, and why the service may not have answered."""
        problem = _problem(self._capture.interactions(), self._capture.begun)
        return f"{self.path}: {problem or 'nothing is recorded of what failed.'} {_left(self.path)}"


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

    def remark(self, failure: str) -> str | None:
        """Return nothing."""
        return None


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


def _wanted(hosts: tuple[str, ...]) -> Callable[[Any], bool]:
    """Return what tells of vcrpy's request whether it is to be recorded: its host is known, or the SDK made it."""
    from ..transport.hosts import Hosts

    known = Hosts.of(hosts)

    def wanted(request: Any) -> bool:
        agent = str(request.headers.get("user-agent", ""))
        return SDK_AGENT in agent or known.match(request.scheme, request.host, request.port)

    return wanted


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
