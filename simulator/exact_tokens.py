"""Counts tokens as the models' own tokenizers do, offline: the extra `[tokens]`.

Never by itself where the extra happens to be installed: figures, limits and what fits into a window
would differ from one machine to the next, and the same requests shall give the same bytes.
"""

from __future__ import annotations

from functools import lru_cache

from .backend.tokens import CountTokens
from .errors import UsageError

# What came with and after gpt-4o; all earlier models share the other one.
_NEWER = ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "o1", "o3", "o4", "chatgpt-4o")
NEWER_ENCODING, OLDER_ENCODING = "o200k_base", "cl100k_base"
# The tokenizer refuses texts of 200,000 tokens and more.
LONGEST = 50_000


def exact_counter() -> CountTokens:
    """Return what counts exactly. An unknown model is taken to be a newer one.

    Raises:
        UsageError: the extra is not installed.
    """
    try:
        import bpe_openai
    except ImportError as error:
        raise UsageError(
            "tokens='exact' needs the extra: pip install 'assistants-simulator[tokens]'. Without it: tokens='estimate'."
        ) from error
    encodings = {name: bpe_openai.get_encoding(name) for name in (NEWER_ENCODING, OLDER_ENCODING)}

    @lru_cache(maxsize=4096)  # the same messages are shown turn after turn
    def count(text: str, model: str) -> int:
        encoding = encodings[encoding_of(model)]
        parts = (text[start : start + LONGEST] for start in range(0, len(text), LONGEST))
        return sum(len(encoding.encode_ordinary(part)) for part in parts)

    return count


def encoding_of(model: str) -> str:
    """Return the name of a model's encoding."""
    name = model.removeprefix("ft:")
    if name.startswith(_NEWER) or not name.startswith(("gpt-3.5", "gpt-35", "gpt-4")):
        return NEWER_ENCODING
    return OLDER_ENCODING
