"""Routes as a test writes them: `POST /v1/embeddings`, `/v1/models`, `GET /v1/files/*/content`."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import Self

from ..errors import UsageError

EXAMPLE = '"POST /v1/embeddings"'


@dataclass(frozen=True, slots=True)
class RoutePattern:
    """A method and a path, in which `*` stands for any text, slashes too.

    Args:
        method: in capitals; empty: every method.
        path: as on the wire, without the query.
    """

    method: str
    path: str
    regex: re.Pattern[str]

    @classmethod
    def of(cls, text: str, where: str) -> Self:
        """Return the pattern that a text names.

        Args:
            where: begins the message of the error, such as "stub()".

        Raises:
            UsageError: it is no method and path, and no path.
        """
        words = text.split() if isinstance(text, str) else []
        method = words[0].upper() if len(words) == 2 else ""
        path = words[-1] if words else ""
        if len(words) > 2 or (method and not method.isalpha()) or not path.startswith(("/", "*")) or "?" in path:
            raise UsageError(
                f'{where} takes routes such as {EXAMPLE} or, for every method, "/v1/embeddings", not {text!r}.'
            )
        return cls(method, path, re.compile(fnmatch.translate(path)))

    def match(self, method: str, path: str) -> bool:
        """Tell whether a request goes there; `path` is without the query."""
        return self.method in ("", method) and self.regex.match(path) is not None
