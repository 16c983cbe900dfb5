"""Which requests are the simulator's: hosts of the API, and routes that are let through."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from ..api.route_patterns import RoutePattern
from ..errors import UsageError

# The API's, whatever the path. Data residency has hosts of its own, such as `eu.api.openai.com`
# (help.openai.com, article 10503543); Azure's clouds for governments and for China end in `.us` and `.cn`.
DEFAULT_HOSTS = (
    "api.openai.com",
    "*.api.openai.com",
    "*.openai.azure.com",
    "*.openai.azure.us",
    "*.openai.azure.cn",
)
# Azure gives one resource several hosts, and these serve speech, vision and Foundry's own API too: the
# OpenAI API, the Assistants among it, lies below one path (`…cognitiveservices.azure.com/openai/assistants`).
SHARED_DOMAINS = (
    ".cognitiveservices.azure.com",
    ".cognitiveservices.azure.us",
    ".cognitiveservices.azure.cn",
    ".services.ai.azure.com",
)
SHARED_PREFIX = "openai/"
# What the SDK takes its base URL from: `OpenAI` the first, `AzureOpenAI` the second.
BASE_URL_VARIABLES = ("OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hosts:
    """A set of API hosts, in lower case and, where they are not ASCII, as on the wire (`xn--…`).

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
        """Return the default hosts, those that the environment names now, and `hosts`.

        Args:
            hosts: each `"host"` (any port), `"host:port"`, `"*.domain"`, or a URL (its port, or that
                of its scheme; the path does not matter).
            environ: where to look for `OPENAI_BASE_URL` and `AZURE_OPENAI_ENDPOINT`; None: the
                process's environment.

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

    def know(self, host: str) -> bool:
        """Tell whether a host is among them on some port and path; where not, `match` is never true."""
        names, suffixes = self.at_large()
        return host in names or host.endswith(suffixes)

    def at_large(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return names and suffixes of all hosts that `know` knows."""
        return self.names | {host for host, _ in self.places}, (*self.suffixes, *SHARED_DOMAINS)

    def match(self, scheme: str, host: str, port: int | None, path: str = SHARED_PREFIX) -> bool:
        """Tell whether a place is among them.

        Args:
            host: as on the wire.
            port: None means the scheme's own.
            path: without it, the question is whether any path of that place is.
        """
        if host in self.names or host.endswith(self.suffixes):
            return True
        if self.places and (host, port or DEFAULT_PORTS.get(scheme, 0)) in self.places:
            return True
        # Older SDKs (seen in 1.40) make two slashes of the one at the end of an endpoint.
        return host.endswith(SHARED_DOMAINS) and path.lstrip("/").startswith(SHARED_PREFIX)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """Routes of an API host that go to the network."""

    routes: tuple[RoutePattern, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str] = ()) -> Self:
        """Return the routes that `entries` name.

        Args:
            entries: each `"POST /v1/embeddings"` or, for every method, `"/v1/embeddings"`; in the path,
                `*` stands for any text, slashes too. The path is compared as on the wire, without the query.

        Raises:
            UsageError: an entry that is no route.
        """
        if isinstance(entries, str):
            raise UsageError(f"passthrough must be a list of routes, not one text: write [{entries!r}]")
        return cls(tuple(RoutePattern.of(entry, "passthrough=") for entry in entries))

    def match(self, method: str, path: str) -> bool:
        """Tell whether a request is let through."""
        return any(route.match(method, path) for route in self.routes)


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, int | None]]:
    found = []
    for url in filter(None, map(environ.get, BASE_URL_VARIABLES)):
        # A malformed URL is left to the SDK, which refuses it in its own words.
        with suppress(UsageError):
            found.append(_parse(url))
    return found


def _parse(text: str) -> tuple[str, int | None]:
    """Return host and port of one entry; the port is None where any will do."""
    advice = 'write "host", "host:port", "*.domain" or "https://host/v1"'
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = _on_the_wire(parts.hostname or ""), parts.port
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{text!r} is no host: {advice}") from error
    if not _is_host(host, port) or not _is_whole(parts):
        raise UsageError(f"{text!r} is no host: {advice}")
    if host.startswith("*"):
        return host, None
    return host, port or DEFAULT_PORTS.get(parts.scheme)


def _on_the_wire(host: str) -> str:
    """Return a host as it is looked up and sent: `bücher.example` is `xn--bcher-kva.example`.

    Raises:
        ValueError: there is no such host.
    """
    if host.isascii():
        return host
    import idna  # what httpx and httpx2 encode theirs with, and bring

    star = "*." if host.startswith("*.") else ""
    return star + idna.encode(host.removeprefix(star)).decode("ascii")


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
