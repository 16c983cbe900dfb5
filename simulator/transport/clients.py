"""SDK clients: wired in process, for `Simulator.client()` and `async_client()`, and plain ones, to be intercepted."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .environment import KEY, PLACEHOLDER_KEY
from .httpx_transport import Handle, WaitUntil, transport_for
from .libraries import sdk_library

if TYPE_CHECKING:
    from ssl import SSLContext

    import openai

BASE_URL = "https://api.openai.com/v1"


# kwargs are Any: they are those of whatever SDK is installed, which checks them.
def openai_client(
    handle: Handle, wait_until: WaitUntil, max_body_bytes: float = math.inf, **kwargs: Any
) -> openai.OpenAI:
    """Return an `openai.OpenAI` whose requests `handle` answers.

    Args:
        handle: answers a request.
        wait_until: moves the clock to a frame's due time, or says how long to wait.
        max_body_bytes: a body that announces more is not read.
        kwargs: those of `openai.OpenAI`. Without them the key is a placeholder and the base URL is
            OpenAI's, whatever the environment says, so that a test means the same everywhere.

    Raises:
        UsageError: `http_client` was given.
        ImportError: openai is not installed.
    """
    import openai

    library = sdk_library()
    options = _options("client", kwargs)
    http_client = library.Client(**_http_options(handle, wait_until, max_body_bytes))
    return openai.OpenAI(http_client=http_client, **options)


def async_openai_client(
    handle: Handle, wait_until: WaitUntil, max_body_bytes: float = math.inf, **kwargs: Any
) -> openai.AsyncOpenAI:
    """Return an `openai.AsyncOpenAI`, as `openai_client`."""
    import openai

    library = sdk_library()
    options = _options("async_client", kwargs)
    http_client = library.AsyncClient(**_http_options(handle, wait_until, max_body_bytes))
    return openai.AsyncOpenAI(http_client=http_client, **options)


def plain_client(api_key: str | None = None, headers: Mapping[str, str] | None = None) -> openai.OpenAI:
    """Return an `openai.OpenAI` as a program builds its own; it needs an active interception.

    Args:
        api_key: None: that of the environment, or a placeholder.
        headers: go over those of the SDK, those that its methods give themselves too.
    """
    import openai

    def change(request: Any) -> None:
        request.headers.update(headers or {})

    library = getattr(openai, "DefaultHttpxClient", sdk_library().Client)  # the SDK's is younger than 1.14
    http_client = library(verify=_ssl_context(), event_hooks={"request": [change]})
    return openai.OpenAI(http_client=http_client, **_plain_options(api_key))


def plain_async_client(api_key: str | None = None) -> openai.AsyncOpenAI:
    """Return an `openai.AsyncOpenAI`, as `plain_client`."""
    import openai

    library = getattr(openai, "DefaultAsyncHttpxClient", sdk_library().AsyncClient)
    return openai.AsyncOpenAI(http_client=library(verify=_ssl_context()), **_plain_options(api_key))


def _plain_options(api_key: str | None) -> dict[str, Any]:
    return {"api_key": api_key or os.environ.get(KEY) or PLACEHOLDER_KEY, "base_url": BASE_URL}


@functools.cache
def _ssl_context() -> SSLContext:
    """Return one context for all clients: to read the certificates takes 18 ms, the rest of a client 0.1 ms."""
    context: SSLContext = sdk_library().create_ssl_context()
    return context


def _options(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in kwargs.items() if key != "http_client"}
    if kwargs.get("http_client") is not None:
        raise UsageError(
            f"{name}() takes no http_client, it brings its own: to keep yours, build the client as you "
            "always do, inside `with Simulator().intercept():`"
        )
    return {"api_key": PLACEHOLDER_KEY, "base_url": BASE_URL, **given}


def _http_options(handle: Handle, wait_until: WaitUntil, max_body_bytes: float) -> dict[str, Any]:
    return {
        "transport": transport_for(sdk_library(), handle, wait_until, max_body_bytes),
        "follow_redirects": True,  # as the SDK's own
        "trust_env": False,  # no proxies, no .netrc
    }
