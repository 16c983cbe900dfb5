"""Replay: a handler that answers from a cassette, gated by what the client did and was shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..api.refusals.refusal import Surprise
from ..api.wire import Frame, Request, Response, json_response
from ..errors import UsageError
from .cassette import BETA_HEADER, Cassette
from .gate.bodies import Body, Normalize, Rules
from .gate.gate import Asked
from .gate.misses import never_made, told
from .gate.obstacles import Missed
from .gate.outputs import OutputMode
from .gate.paths import key_of
from .gate.preparing import generation_of, prepared
from .gate.renaming import Binding
from .gate.session import Entry, Mask, Piece
from .json_values import whole
from .scrubbed_texts import printable

# Nobody waits: the SDK's pollers obey the first, its retries the second (a zero there is not obeyed).
_POLL_AT_ONCE = {"openai-poll-after-ms": "0"}
_RETRY_AT_ONCE = {"retry-after-ms": "1"}
# What the SDKs retry, unless a header forbids it.
_RETRIED = frozenset({408, 409, 429})
# Of how the body was transferred then.
_OF_TRANSFER = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


class NotRecorded(Surprise):
    """No recorded answer fits.

    422, which the service was never seen to answer on these routes: a program that handles 400, 404, 409 or 429 as
    news from the service does not take this for it.
    """

    status = 422
    code = "not_recorded"


class Replayer:
    """Answers the requests of a client from a recorded session, in any number of polls and from any thread.

    A request gets a recorded answer only if what stood before it in the recording was done and shown; any other gets
    a 422, which `findings` reports as well. Give `handle` to a transport.

    Args:
        cassette: the session.
        outputs: how tool outputs are compared: `strict`, `shape` or `ignore`.
        ignore: paths in JSON bodies that are not compared, such as `metadata.started_at` or `messages.*.content`.
        normalize: takes the parsed body of a request and returns what is compared in its place, for both sides.
        now: returns the time on the program's clock, in seconds: who polls the same for too long there is stopped.

    Raises:
        UsageError: `outputs` is no mode; `ignore` is one text.
    """

    def __init__(
        self,
        cassette: Cassette,
        *,
        outputs: OutputMode | str = OutputMode.STRICT,
        ignore: Sequence[str] = (),
        normalize: Normalize | None = None,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        if isinstance(ignore, str):
            raise UsageError(f"ignore= is a list of paths, not one text: write [{ignore!r}].")
        self._rules = Rules(outputs=_mode(outputs), ignore=tuple(ignore), normalize=normalize)
        self._session = prepared(cassette, self._rules)
        self._binding = Binding(self._session)
        self._misses: dict[str, int] = {}
        self._now = now
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer a request: as recorded, or with a 422 that says what is missing and is remembered."""
        with self._lock:
            asked = self._asked(request)
            try:
                entry = self._binding.find(asked)
            except Missed as missed:
                return self._missed(asked, missed)
            return self._response(entry)

    def findings(self) -> list[str]:
        """Return what went wrong so far: each miss, and each recorded effect that was not made."""
        return self._findings()

    def findings_before_clean_up(self) -> list[str]:
        """Return what went wrong so far, where deletions at the end of the session may still be made."""
        return self._findings(awaited=self._session.clean_up)

    def _findings(self, awaited: Mask = 0) -> list[str]:
        with self._lock:
            misses = [f"{text} ({count} times)" if count > 1 else text for text, count in self._misses.items()]
            return [*misses, *map(printable, never_made(self._session, self._binding.progress.made | awaited))]

    def _asked(self, request: Request) -> Asked:
        key = key_of(request.method, request.path, request.query)
        if self._session.has_generations:
            key = key._replace(generation=generation_of(request.headers.get(BETA_HEADER)))
        return Asked(key, Body(request.body, self._rules), self._now())

    def _missed(self, asked: Asked, missed: Missed) -> Response:
        message = printable(whole(told(self._binding.translated(asked), missed, self._session)))
        self._misses[message] = self._misses.get(message, 0) + 1
        refusal = NotRecorded(f"assistants-simulator: {message}")
        return json_response(refusal.status, refusal.envelope(), refusal.headers)

    def _response(self, entry: Entry) -> Response:
        recorded = entry.interaction.response
        headers = _headers(recorded.headers, recorded.status)
        if recorded.is_stream:
            return Response(recorded.status, headers, self._frames(entry.pieces))
        return Response(recorded.status, headers, self._shown(entry.pieces[0]))

    def _frames(self, pieces: Sequence[Piece]) -> Iterator[Frame]:
        """Yield the frames of a stream: what one shows is known once it is read, and not before."""
        for piece in pieces:
            with self._lock:
                data = self._shown(piece)
            yield Frame(0.0, data)

    def _shown(self, piece: Piece) -> bytes:
        self._binding.progress.show(piece)
        return self._binding.names.outward(piece.data)


def _mode(outputs: OutputMode | str) -> OutputMode:
    try:
        return OutputMode(outputs)
    except ValueError:
        raise UsageError(f"outputs= is one of {', '.join(OutputMode)}, not {outputs!r}.") from None


def _headers(recorded: Mapping[str, str], status: int) -> Mapping[str, str]:
    kept = {name: value for name, value in recorded.items() if name not in _OF_TRANSFER}
    is_retried = status in _RETRIED or status >= 500
    return {**kept, **_POLL_AT_ONCE, **(_RETRY_AT_ONCE if is_retried else {})}
