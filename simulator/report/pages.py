"""Pages of many tests in one folder: their names, and the index that lists them."""

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


class PageOfTest(NamedTuple):
    """A page that was written.

    Args:
        test: the name of the test, whatever characters it has.
        file: the name of the page in its folder.
        failure: what failed, in one line.
    """

    test: str
    file: str
    failure: str


def file_name(test: str) -> str:
    """Return the file name of a test's page: one that every file system takes, and no other test has."""
    readable = _UNSAFE.sub("-", test)[-NAME_LENGTH:].strip("-.")
    digest = hashlib.sha256(test.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{readable}-{digest}.html"


def write_index(folder: str | os.PathLike[str], pages: Iterable[PageOfTest]) -> Path:
    """Write the index of a folder of pages, and return where; the folder is made if it is missing.

    Raises:
        OSError: it cannot be written; what stood there still stands.
    """
    target = Path(folder) / INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, index_of(pages).encode("utf-8", "backslashreplace"))
    return target


def index_of(pages: Iterable[PageOfTest]) -> str:
    """Return the index of pages, by the names of their tests."""
    listed = sorted(set(pages))
    style = file_of("page.css")
    return Template(file_of("index.html")).substitute(
        policy=policy(style),
        style=style,
        heading=f"{len(listed)} failing test{'' if len(listed) == 1 else 's'}" if listed else "No test failed",
        items="".join(map(_item, listed)),
    )


def _item(page: PageOfTest) -> str:
    test, failure = escape(scrubbed_text(page.test)), escape(scrubbed_text(page.failure))
    return f'<li><a href="{escape(page.file)}">{test}</a><pre>{failure}</pre></li>\n'
