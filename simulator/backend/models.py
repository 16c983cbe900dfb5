"""The models of the service: how much each takes in, and which of them the API never served.

A model that no row names is somebody's own (self-hosted services call theirs what they like): it is
taken, and has the window that most have. The windows are those of the models' documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

USUAL_WINDOW = 128_000

# Tokens, by how the name begins; of several rows the longest counts.
CONTEXT_WINDOWS: Mapping[str, int] = {
    "gpt-3.5-turbo": 16_385,
    "gpt-3.5-turbo-0613": 4_096,
    "gpt-35-turbo": 16_385,  # Azure's spelling
    "gpt-4": 8_192,
    "gpt-4-0125-preview": 128_000,
    "gpt-4-1106": 128_000,
    "gpt-4-32k": 32_768,
    "gpt-4-turbo": 128_000,
    "gpt-4-vision-preview": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-4.5": 128_000,
    "gpt-4o": 128_000,
    "gpt-5": 400_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4": 200_000,
}

# The refusal is reported for gpt-5.1 and its like (assistants-api.md 5.1). The others make no
# conversation, or have an endpoint of their own; the enum of the spec has none of them.
UNUSABLE = (
    *("gpt-5.", "gpt-5-chat", "gpt-5-codex", "gpt-5-pro", "codex-", "computer-use-preview"),
    *("o1-mini", "o1-preview", "o1-pro", "o3-pro", "o3-deep-research", "o4-mini-deep-research"),
    *("gpt-4o-audio", "gpt-4o-mini-audio", "gpt-4o-realtime", "gpt-4o-mini-realtime", "gpt-4o-search"),
    *("gpt-4o-mini-search", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-mini-tts", "gpt-audio"),
    *("gpt-realtime", "gpt-image", "dall-e", "sora", "whisper", "tts-", "omni-moderation", "text-moderation"),
    *("text-embedding", "gpt-3.5-turbo-instruct", "babbage-002", "davinci-002"),
)

# What came with and after gpt-4o, in May 2024, was for version 2 only (reported of gpt-4o and gpt-4o-mini).
NOT_IN_V1 = ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "o1", "o3", "o4-mini", "chatgpt-4o")


def can_be_used(model: str) -> bool:
    """Tell whether the API serves a model, in version 2."""
    return not _begins(model, UNUSABLE)


def can_be_used_in_v1(model: str) -> bool:
    """Tell whether version 1 of the API serves a model."""
    return not _begins(model, NOT_IN_V1) and can_be_used(model)


@lru_cache(maxsize=256)
def context_window(model: str) -> int:
    """Return how many tokens a model takes in, its answer included."""
    name = _base(model)
    rows = [prefix for prefix in CONTEXT_WINDOWS if name.startswith(prefix)]
    return CONTEXT_WINDOWS[max(rows, key=len)] if rows else USUAL_WINDOW


def _begins(model: str, prefixes: Iterable[str]) -> bool:
    return _base(model).startswith(tuple(prefixes))


def _base(model: str) -> str:
    # A fine-tuned model is named after its base: `ft:gpt-4o-mini-2024-07-18:org::id`.
    return model.removeprefix("ft:")
