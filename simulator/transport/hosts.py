"""Which requests are the simulator's: hosts of the API, and routes that are let through."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from ..errors import UsageError

DEFAULT_HOSTS = ("api.openai.com", "*.openai.azure.com")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hosts:
    """A set of API hosts.

    Args:
        names: on whatever port.
        places: host and port.
        suffixes: of hosts below a domain, with the leading dot.
    """

    names: frozenset[str] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()
    suffixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, hosts: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> Self:
        """Return the default hosts, that of `OPENAI_BASE_URL` as it is now, and `hosts`.

        Args:
            hosts: each `"host"` (any port), `"host:port"`, `"*.domain"`, or a URL (its port, or that
                of its scheme; the path does not matter).
            environ: where to look for `OPENAI_BASE_URL`; None: the process's environment.

        Raises:
            UsageError: an entry that names no host.
        """
        if isinstance(hosts, str):
            raise UsageError(f"hosts must be a list of hosts, not one text: write hosts=[{hosts!r}]")
        found = [_parse(host) for host in (*DEFAULT_HOSTS, *hosts)]
        found += _from_environment(os.environ if environ is None else environ)
        return cls(
            names=frozenset(name for name, port in found if port is None and not name.startswith("*")),
            places=frozenset((name, port) for name, port in found if port is not None),
            suffixes=tuple(sorted({name[1:] for name, _ in found if name.startswith("*")})),
        )

    def match(self, scheme: str, host: str, port: int | None) -> bool:
        """Tell whether a place is among them; `port` None means the scheme's own."""
        if host in self.names or host.endswith(self.suffixes):
            return True
        return bool(self.places) and (host, port or DEFAULT_PORTS.get(scheme, 0)) in self.places


@dataclass(frozen=True, slots=True)
class Passthrough:
    """Routes of an API host that go to the network. A route without a method is for every method.

    Args:
        routes: pairs of method (or an empty text) and path.
        patterns: pairs of method (or an empty text) and pattern of a path.
    """

    routes: frozenset[tuple[str, str]] = frozenset()
    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str] = ()) -> Self:
        """Return the routes that `entries` name.

        Args:
            entries: each `"POST /v1/embeddings"` or `"/v1/embeddings"`; in the path, `*` stands for
                any text, slashes too. The path is compared as on the wire, without the query.

        Raises:
            UsageError: an entry that is no route.
        """
        if isinstance(entries, str):
            raise UsageError(f"passthrough must be a list of routes, not one text: write [{entries!r}]")
        routes = [_route(entry) for entry in entries]
        wild = [(method, path) for method, path in routes if "*" in path or "[" in path]
        return cls(
            routes=frozenset(routes).difference(wild),
            patterns=tuple((method, re.compile(fnmatch.translate(path))) for method, path in wild),
        )

    def match(self, method: str, path: str) -> bool:
        """Tell whether a request is let through."""
        if (method, path) in self.routes or ("", path) in self.routes:
            return True
        return any(wanted in ("", method) and pattern.match(path) for wanted, pattern in self.patterns)


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, int | None]]:
    # A malformed URL is left to the SDK, which refuses it in its own words.
    try:
        return [_parse(environ["OPENAI_BASE_URL"])]
    except (KeyError, UsageError):
        return []


def _parse(text: str) -> tuple[str, int | None]:
    """Return host and port of one entry; the port is None where any will do."""
    advice = 'write "host", "host:port", "*.domain" or "https://host/v1"'
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{text!r} is no host: {advice}") from error
    if not _is_host(host, port) or not _is_whole(parts):
        raise UsageError(f"{text!r} is no host: {advice}")
    if host.startswith("*"):
        return host, None
    return host, port or DEFAULT_PORTS.get(parts.scheme)


def _is_host(host: str, port: int | None) -> bool:
    plain = host.removeprefix("*.")
    if plain != host and port is not None:
        return False
    return bool(plain) and not re.search(r"[\s*]", plain)


def _is_whole(parts: SplitResult) -> bool:
    """Tell whether nothing stands beside the host that would be ignored."""
    if parts.scheme:
        return parts.scheme in DEFAULT_PORTS
    return not (parts.path or parts.query or parts.fragment or parts.username)


def _route(entry: str) -> tuple[str, str]:
    """Return method (or an empty text) and path of one entry."""
    words = entry.split() if isinstance(entry, str) else []
    method = words[0].upper() if len(words) == 2 else ""
    path = words[-1] if words else ""
    if len(words) > 2 or (method and not method.isalpha()) or not path.startswith(("/", "*")) or "?" in path:
        raise UsageError(f'{entry!r} is no route to pass through: write "POST /v1/embeddings" or "/v1/embeddings"')
    return method, path
