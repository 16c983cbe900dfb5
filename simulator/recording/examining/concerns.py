"""What an audit looks for; apart from the audit itself, so that a command can name them without loading it."""

from __future__ import annotations

from enum import StrEnum


class Concern(StrEnum):
    """What an audit looks for."""

    CALLS = "calls"
    REPLAY = "replay"
    SECRETS = "secrets"
    ORPHANS = "orphans"
