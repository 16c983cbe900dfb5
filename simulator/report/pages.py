"""Many pages in one folder, one for each test or scenario: their names, and the index that lists them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from ..whole_files import write_whole
from .page import file_of, policy
from .scrubbed_journal import scrubbed_text

INDEX = "index.html"
NAME_LENGTH = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")


class ListedPage(NamedTuple):
    """A page that was written.

    Args:
        title: the name of the test or scenario, whatever characters it has.
        file: the name of the page in its folder.
        failure: what failed, in one line.
    """

    title: str
    file: str
    failure: str


def file_name(title: str) -> str:
    """Return the name of a page's file: one that every file system takes, and no page of another title has."""
    readable = _UNSAFE.sub("-", scrubbed_text(title))[-NAME_LENGTH:].strip("-.") or "page"
    digest = hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{readable}-{digest}.html"


def write_index(folder: str | os.PathLike[str], pages: Iterable[ListedPage], *, heading: str) -> Path:
    """Write the index of a folder of pages, and return where; the folder is made if it is missing.

    Args:
        heading: what the pages are, such as `3 failing tests`.

    Raises:
        OSError: it cannot be written; what stood there still stands.
    """
    target = Path(folder) / INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, index_of(pages, heading=heading).encode("utf-8", "backslashreplace"))
    return target


def index_of(pages: Iterable[ListedPage], *, heading: str) -> str:
    """Return the index of pages, in the order of their titles, each once."""
    style = file_of("page.css")
    return Template(file_of("index.html")).substitute(
        policy=policy(style),
        style=style,
        heading=escape(heading),
        items="".join(map(_item, sorted(set(pages)))),
    )


def _item(page: ListedPage) -> str:
    title, failure = escape(scrubbed_text(page.title)), escape(scrubbed_text(page.failure))
    return f'<li><a href="{escape(page.file)}">{title}</a><pre>{failure}</pre></li>\n'
