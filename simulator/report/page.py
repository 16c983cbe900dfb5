"""The journal as one HTML page that needs nothing beside itself: no network, no fonts, no other file.

The page holds its rows as JSON and draws them itself; where scripts are off it shows the plain timeline. What it
may do is said to the browser too: scripts and styles other than its own, and loads of whatever kind, are refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from ..backend.journal import Entry
from ..whole_files import write_whole
from .page_data import JsonDict, data_of
from .scrubbed_journal import scrubbed_entries
from .timeline import render

_FILES = resources.files(__package__).joinpath("page_files")
# What may not stand in a script element as it is.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def write_page(
    path: str | os.PathLike[str], journal: Sequence[Entry], *, title: str, findings: Iterable[str] = ()
) -> Path:
    """Write the page of a journal, and return where; folders that are missing are made.

    The same journal gives the same bytes. Keys and whatever else looks like a secret are scrubbed, as in cassettes.

    Args:
        path: of the file, such as `timeline.html`.
        journal: `Simulator.journal`, or a part of it.
        title: what the page is of: the name of a test, of a scenario, of a program.
        findings: what failed, each a text of one or more lines; none, if nothing did.

    Raises:
        OSError: the file cannot be written; what stood there still stands.
    """
    target = Path(path)
    content = page_of(journal, title=title, findings=findings)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content.encode("utf-8", "backslashreplace"))
    return target


def page_of(journal: Sequence[Entry], *, title: str, findings: Iterable[str] = ()) -> str:
    """Return the page of a journal, as `write_page` writes it."""
    entries = scrubbed_entries(journal)
    data = data_of(entries, title=title, findings=findings)
    style, script = file_of("page.css"), file_of("page.js")
    return Template(file_of("page.html")).substitute(
        policy=policy(style, script),
        title=escape(data["title"]),
        style=style,
        script=script,
        facts=escape(_facts(data)),
        findings=_findings(data),
        plain=escape(_plain(entries or journal)),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES),
    )


def file_of(name: str) -> str:
    """Return one of the files that pages are made of."""
    return _FILES.joinpath(name).read_text(encoding="utf-8")


def policy(style: str, script: str = "") -> str:
    """Return a Content-Security-Policy that lets this style and this script in, and nothing else."""
    allowed = f"script-src {_hash(script)}; " if script else ""
    return f"default-src 'none'; {allowed}style-src {_hash(style)}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _facts(data: JsonDict) -> str:
    rows = data["rows"]
    if not rows:
        return "nothing happened"
    requests = sum(1 + len(row["more"]) for row in rows if row["status"])
    wrong = sum(row["trouble"] is not None for row in rows)
    return f"{requests} requests · {wrong} went wrong · {data['lasted']} from {data['began']}"


def _plain(journal: Sequence[Entry]) -> str:
    """Return the plain timeline without its heading: the page has one."""
    heading, _, lines = render(journal).partition("\n")
    return lines if journal else f"{heading}\n{lines}"


def _findings(data: JsonDict) -> str:
    """Return the notice of what failed; empty where nothing did."""
    failure, findings = data["failure"], data["findings"]
    if not findings and failure is None:
        return ""
    items = "".join(f"<li>{_finding(text)}</li>" for text in findings)
    point = f'<p class="point">{_point(data)}</p>' if failure else ""
    heading = "Failed" if findings else "A request was unexpected"
    return (
        '<section class="verdict" aria-labelledby="verdict">'
        f'<h2 id="verdict">{heading}</h2><ul>{items}</ul>{point}</section>'
    )


def _point(data: JsonDict) -> str:
    row = next(row for row in data["rows"] if row["id"] == data["failure"]["row"])
    what = " ".join(filter(None, (row["what"], row["status"])))
    return f'<a href="#e{row["id"]}">To the point of failure</a>: {escape(what)}, {escape(data["failure"]["why"])}'


def _finding(text: str) -> str:
    first, _, rest = text.strip().partition("\n")
    more = f"<details><summary>more</summary><pre>{escape(rest)}</pre></details>" if rest else ""
    return f"<pre>{escape(first)}</pre>{more}"
