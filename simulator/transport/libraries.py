"""The HTTP libraries that carry the SDK: `httpx`, and its fork `httpx2` from openai 3.0 on.

Both have the same names with the same meanings, so everything in this folder is written once and
takes the library's module as an argument, as vcrpy's stubs do (style.md, model 4). What is used of
their objects is written down here as protocols.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any, Protocol, TypeGuard

NAMES = ("httpx", "httpx2")

# Where the SDK's aiohttp transport lives: vendored since openai 3.0, a package of its own before.
AIOHTTP_MODULES = ("openai._vendor.httpx_aiohttp.transport", "httpx_aiohttp.transport")


class Url(Protocol):
    """`httpx.URL`."""

    scheme: str
    raw_host: bytes
    port: int | None
    netloc: bytes
    raw_path: bytes


class Headers(Protocol):
    """`httpx.Headers`."""

    raw: list[tuple[bytes, bytes]]

    def get(self, key: str, default: str) -> str:
        """Return the value of a header."""


class HttpRequest(Protocol):
    """`httpx.Request`."""

    method: str
    url: Url
    headers: Headers
    extensions: dict[str, Any]  # Any: users put there what they like
    stream: object

    def read(self) -> bytes:
        """Return the body; read a streamed one whole."""

    async def aread(self) -> bytes:
        """Return the body, as `read`, of an async client's request."""


class ByteStream(Protocol):
    """`httpx.SyncByteStream` and `httpx.AsyncByteStream` in one."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def close(self) -> None:
        """Free what the stream holds."""

    async def aclose(self) -> None:
        """Free what the stream holds."""


class HttpResponse(Protocol):
    """`httpx.Response`."""

    status_code: int
    headers: Headers
    content: bytes
    stream: ByteStream
    extensions: dict[str, Any]  # Any: as in the request


class HttpTransport(Protocol):
    """`httpx.BaseTransport` and `httpx.AsyncBaseTransport` in one."""

    def handle_request(self, request: HttpRequest, /) -> HttpResponse:
        """Answer a request of a sync client."""

    async def handle_async_request(self, request: HttpRequest, /) -> HttpResponse:
        """Answer a request of an async client."""


def loaded() -> tuple[ModuleType, ...]:
    """Return the libraries that have been imported so far.

    Under `httpx2.alias_httpx()` both names are one module, which is returned once. A module that
    another thread is importing just now is left out.
    """
    found = {id(module): module for module in map(sys.modules.get, NAMES) if _is_whole(module)}
    return tuple(found.values())


def _is_whole(module: ModuleType | None) -> TypeGuard[ModuleType]:
    return all(hasattr(module, name) for name in ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"))


def which_library() -> str:
    """Return the name of the library on which the installed SDK runs, `"httpx"` or `"httpx2"`.

    `openai.Timeout` is the library's own class in every release from 1.3 on (seen in 1.3.9, 1.109.1
    and 3.54.0). The SDK renames the class's module to its own, but not that of the methods.

    Raises:
        ImportError: openai is not installed.
    """
    import openai

    return openai.Timeout.__init__.__module__.partition(".")[0]


def sdk_library() -> ModuleType:
    """Return the module of `which_library()`."""
    return importlib.import_module(which_library())


def aiohttp_transports() -> tuple[type, ...]:
    """Return the SDK's aiohttp transport classes that have been imported so far."""
    classes = (getattr(sys.modules.get(name), "AiohttpTransport", None) for name in AIOHTTP_MODULES)
    return tuple(found for found in classes if found is not None)
