"""The tables of generations beside every object that was recorded: the keys, in their order, of its day and version."""

import json
import re
from pathlib import Path

import pytest

from simulator.api.dialects.history import keys_on
from simulator.api.dialects.key_sets import FIRST_DAY

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"
SESSIONS = sorted(CORPUS.glob("*/*.json"))
# The operations that alone answer so, as far as the table names them.
OPERATIONS = {
    "messages.update": r"POST /threads/[^/]+/messages/[^/]+",
    "files.delete": r"DELETE /files/[^/]+",
    "files.list": r"GET /files",
    "vector_stores.file_batches.list_files": r"GET /vector_stores/[^/]+/file_batches/[^/]+/files",
}
IN_STREAMS_ONLY = {"status", "incomplete_details", "incomplete_at", "completed_at"}


@pytest.fixture(autouse=True)
def recordings():
    """Have the recordings, or skip."""
    if not CORPUS.is_dir():
        pytest.skip(MISSING)


def objects_in(value):
    """Yield every object of the API that stands in a value, at whatever depth."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str):
            yield value
        for key in ("data",) if value.get("object") == "list" else value:
            yield from objects_in(value[key])
    elif isinstance(value, list):
        for one in value:
            yield from objects_in(one)


def version_of(exchange, session):
    headers = {name.lower(): value for name, value in (exchange.get("request_headers") or {}).items()}
    return headers.get("openai-beta", f"assistants={session['api_version']}").removeprefix("assistants=")


def day_of(exchange, session):
    day = (exchange.get("at") or session.get("recorded_at") or "")[:10]
    return max(day, FIRST_DAY) if day else None  # some say a day before the API was opened


def recorded(path):
    """Yield the objects of a session, each with its operation, day and version."""
    session = json.loads(path.read_bytes())
    if session["kind"] != "recorded" or session["api_version"] not in {"v1", "v2"}:
        return
    for exchange in session["exchanges"]:
        request = f"{exchange['method']} {exchange['path'].partition('?')[0].removeprefix('/v1')}"
        operation = next((name for name, shape in OPERATIONS.items() if re.fullmatch(shape, request)), "")
        day = day_of(exchange, session)
        if day is not None:
            for item in objects_in(exchange["response_body"]):
                yield item, operation, day, version_of(exchange, session)


def expected(item, operation, day, version):
    """Return the keys that the table has for an object, without those that it may lack; None: no row."""
    keys = keys_on(version, day)
    found = keys.get(f"{operation} {item['object']}") or keys.get(item["object"])
    if found is None:
        return None
    return [key for key in found if key in item or not _may_lack(item["object"], key, day)]


def _may_lack(kind, key, day):
    if kind == "thread.run":
        return key == "required_action" and day < "2024-02-05"
    return kind == "thread.message" and key in IN_STREAMS_ONLY


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recorded_objects_have_the_keys_of_their_day(path):
    differences = [
        (item["object"], day, version, list(item), wanted)
        for item, operation, day, version in recorded(path)
        if (wanted := expected(item, operation, day, version)) is not None and list(item) != wanted
    ]
    assert differences == []


def test_the_recordings_are_many():
    found = [expected(*one) for path in SESSIONS for one in recorded(path)]
    assert sum(keys is not None for keys in found) > 1500


def test_what_has_no_row_never_changed_or_is_of_no_known_day():
    without = {
        (item["object"], tuple(item)) for path in SESSIONS for item, *of in recorded(path) if not expected(item, *of)
    }
    kinds = sorted(kind for kind, _ in without)
    # A message was recorded with the header of version 2 on a day before that was opened; all others have one shape.
    assert sorted(set(kinds)) == kinds
    assert "thread.message" in kinds
