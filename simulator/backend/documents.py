"""What file search reads of a file: which kinds it takes, their text, and the chunks it is cut into."""

from __future__ import annotations

from collections.abc import Iterable

from .tokens import CHARACTERS_PER_TOKEN

# The page of supported files to which the service's refusal points, as of 2025.
_TEXTS = frozenset(
    {
        *(".c", ".cpp", ".cs", ".css", ".go", ".html", ".java", ".js", ".json", ".md", ".php"),
        *(".py", ".rb", ".sh", ".tex", ".ts", ".txt"),
    }
)
# Their text is inside a format that nobody unpacks here: it can be read where the bytes are plain text.
_PACKED = frozenset({".doc", ".docx", ".pdf", ".pptx"})
SUPPORTED = _TEXTS | _PACKED

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class UnreadableFileError(ValueError):
    """Bytes that are no text, in a file that must be one."""


def extension(filename: str) -> str:
    """Return the extension in small letters, with its dot; empty where there is none."""
    stem, dot, found = filename.rpartition("/")[2].rpartition(".")
    return f".{found.lower()}" if stem and dot and found else ""


def unsupported(filenames: Iterable[str]) -> list[str]:
    """Return the extensions that file search does not take, each once; `none` is a name without one."""
    found = dict.fromkeys(map(extension, filenames))
    return [one or "none" for one in found if one not in SUPPORTED]


def text_of(filename: str, content: bytes) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with its mark.

    A PDF or an office document is taken, and has no text unless its bytes are plain text.

    Raises:
        UnreadableFileError: it is no text.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    if extension(filename) in _PACKED:
        return ""
    raise UnreadableFileError(filename)


def chunks(text: str, size: int, overlap: int) -> list[str]:
    """Cut a text into chunks of `size` tokens, of which each repeats the last `overlap` of the one before.

    Tokens are estimated, four characters each. More than half cannot be repeated.
    """
    overlap = min(overlap, size // 2)
    length, step = size * CHARACTERS_PER_TOKEN, (size - overlap) * CHARACTERS_PER_TOKEN
    starts = range(0, max(len(text) - overlap * CHARACTERS_PER_TOKEN, 1), step)
    return [text[start : start + length] for start in starts] if text else []
