"""Settings of the whole suite; fixtures of one room stand beside its tests."""

from __future__ import annotations

import os

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
