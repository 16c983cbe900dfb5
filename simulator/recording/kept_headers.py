"""The headers that are written: those that change what a request means or what a client does with an answer.

All others are left out: keys, cookies and organisations must not reach a file, and ids, dates and durations
would make every new recording differ from the last.
"""

from __future__ import annotations

from collections.abc import Mapping

# Name and reason. The SDK's name and version stand once, in the head of the file.
REQUEST = {
    "content-type": "how to read the body; the boundary of a multipart form",
    "openai-beta": "version 1 or 2 of the API",
    "x-stainless-retry-count": "that this is a request made again",
}
RESPONSE = {
    "content-type": "whether the body is JSON, a stream or a file",
    "content-disposition": "the name of a file",
    "location": "where a redirection leads",
    "openai-poll-after-ms": "the SDK's polling helpers obey it",
    "retry-after": "the SDK's retries obey it",
    "retry-after-ms": "the SDK's retries obey it",
    "x-should-retry": "the SDK's retries obey it",
}
# A request that was made for the first time says nothing by saying so.
_USUAL = {"x-stainless-retry-count": "0"}


def kept(headers: Mapping[str, str], table: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a table, with their values."""
    return {name: value for name, value in headers.items() if name in table and _USUAL.get(name) != value}
