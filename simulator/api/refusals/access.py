"""Who asks, and with which header: keys and `OpenAI-Beta`."""

from __future__ import annotations

from .refusal import Refusal

LATEST_BETA = "assistants=v2"


class NoApiKey(Refusal):
    """The request has no key."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer"
            " auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're"
            " accessing the API from your browser and are prompted for a username and password. You can obtain an API"
            " key from https://platform.openai.com/account/api-keys."
        )


class WrongApiKey(Refusal):
    """The key is none of those the simulator was told of."""

    status = 401
    code = "invalid_api_key"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Incorrect API key provided: {_masked(key)}."
            " You can find your API key at https://platform.openai.com/account/api-keys."
        )


class BetaRefusal(Refusal):
    """The header `OpenAI-Beta` is missing or cannot be served."""

    code = "invalid_beta"


def missing_beta() -> BetaRefusal:
    """Return the refusal of a request without the header."""
    return BetaRefusal(
        "You must provide the 'OpenAI-Beta' header to access the Assistants API."
        f" Please try again by setting the header 'OpenAI-Beta: {LATEST_BETA}'."
    )


def v1_refused() -> BetaRefusal:
    """Return the refusal of v1 as of 18 December 2024."""
    return BetaRefusal(
        "The v1 Assistants API has been deprecated."
        f" Please try again by setting the header 'OpenAI-Beta: {LATEST_BETA}'."
        " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
    )


def v1_route_refused() -> BetaRefusal:
    """Return the refusal of v1 as of 18 December 2024, on a route that v2 does not have."""
    return BetaRefusal(
        "The v1 Assistants API has been deprecated."
        " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
    )


def malformed_beta(value: str) -> BetaRefusal:
    """Return the refusal of a header that is no `name=version`."""
    return BetaRefusal(
        f"Invalid beta header provided: '{value}'. The header should be in the format 'OpenAI-Beta: example_beta=v1'."
    )


def unknown_beta(name: str) -> BetaRefusal:
    """Return the refusal of a beta that there never was."""
    return BetaRefusal(f"Unknown beta requested: '{name}'.")


def _masked(key: str) -> str:
    # The service shows the first and last characters (assistants-api.md 5.1); a short key it hides whole.
    return f"{key[:5]}***{key[-3:]}" if len(key) > 11 else "***"
