"""Settings of the whole suite; fixtures of one room stand beside its tests."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# No deadline: how long an example takes depends on the machine, and the suite measures nothing (bench/ does).
settings.register_profile("dev", deadline=None)
# The same examples on every run, so that a red run of CI can be had again at home with CI=true.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# What the SDKs and the HTTP libraries read from the environment of whoever runs the suite.
AMBIENT = (
    "ALL_PROXY",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_ENDPOINT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "OPENAI_API_KEY",
    "OPENAI_API_VERSION",
    "OPENAI_BASE_URL",
    "OPENAI_LOG",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on, or uses, the keys, hosts and proxies of the machine it runs on."""
    for name in AMBIENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """No test reaches the network: whatever is not on this machine is neither connected to nor looked up."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):  # asyncio's sock_connect comes here too
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method), lambda _, address: address))
        patch.setattr(socket, "getaddrinfo", _guarded(socket.getaddrinfo, lambda host, *_, **__: (host,)))
        yield


def _guarded(function: Callable[..., Any], address_of: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        address = address_of(*args, **kwargs)
        if isinstance(address, tuple) and not _is_here(address[0]):  # that of a Unix socket is a path
            # No Exception, which the SDK would take for a lost connection, and try again.
            pytest.fail(f"A test tried to reach the network: {function.__name__} to {address!r}.")
        return function(*args, **kwargs)

    return guarded


def _is_here(host: Any) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False
