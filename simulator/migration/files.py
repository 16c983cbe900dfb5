"""Records in files: one for each test or scenario, in a folder that a repository can hold.

A file shows what changed from one turn of the model to the next: what is not written is as in the turn of the same
conversation before it, `more_messages` come after those that it had. `read` fills that in again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import BaselineError
from ..recording import safe_yaml
from ..recording.json_values import whole
from ..recording.scrubbed_texts import TextScrubber
from ..whole_files import write_whole
from .record import Record
from .validating import validated

SUFFIX = ".yaml"
MORE = "more_messages"
# A name that is safe on every file system as it stands; those that ignore case take "A" for "a".
_SAFE = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
# What Windows keeps for itself, with whatever ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 100
_DIGITS = 8


def place_of(folder: Path, of: str) -> Path:
    """Return the file of a record: `tests/test_x.py::test_y` is `tests/test_x/test_y.yaml` in the folder.

    A part that a file system might not take, or take for another, is changed and gets a hash of what it was.
    """
    path, _, name = of.partition("::")
    parts = [
        *path.removesuffix(".py").removesuffix(".scenario.yaml").split("/"),
        *([name.replace("::", ".")] if name else []),
    ]
    *folders, last = [_safe(part) for part in parts if part]
    return folder.joinpath(*folders, f"{last}{SUFFIX}")


def _safe(part: str) -> str:
    plain = _SAFE.fullmatch(part) and not _RESERVED.fullmatch(part) and len(part) <= _LONGEST and part[-1] != "."
    if plain:
        return part
    digest = hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{_UNSAFE.sub('-', part).strip('.-')[:_LONGEST]}-{digest}"


def write(record: Record, folder: Path, secrets: Iterable[str] = ()) -> Path:
    """Write a record, whole or not at all, and return where; secrets are scrubbed, folders that are missing made.

    Args:
        secrets: texts that are secret whatever they look like.

    Raises:
        BaselineError: it cannot be written; what was there is as before.
    """
    path = place_of(folder, record.of)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text_of(scrubbed(record, secrets)).encode())
    except OSError as error:
        raise BaselineError(f"{path} cannot be written: {error.strerror or error}.") from None
    return path


def scrubbed(record: Record, secrets: Iterable[str] = ()) -> Record:
    """Return a record without secrets, as it would stand in a file."""
    known = sorted(filter(None, secrets), key=len, reverse=True)
    scrubber = TextScrubber(lambda kind, place: None, known=known)
    value = _sayable(record.model_dump(mode="json"))
    return Record.model_validate({**scrubber.json(value, ""), "of": record.of})


def _sayable(value: Any) -> Any:
    """Return a JSON value without halves of characters, which no file can hold."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_sayable(one) for one in value]
    return {_sayable(key): _sayable(one) for key, one in value.items()} if isinstance(value, dict) else value


def text_of(record: Record) -> str:
    """Return a record as YAML."""
    value = record.model_dump(mode="json", exclude_defaults=True)
    return safe_yaml.dump({"record": record.record, **value, "turns": list(_folded(value.get("turns", ())))})


def read(path: Path) -> Record:
    """Return the record in a file.

    Raises:
        BaselineError: it cannot be read, or is none; says file and line.
    """
    return validated(path, Record, "record", _unfolded)


def _folded(turns: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the turns with what changed only."""
    before: dict[str, Mapping[str, Any]] = {}
    for turn in turns:
        asked = []
        for one in turn.get("model", ()):
            shown = one["shown"]
            changed = _changed(before.get(turn["conversation"]), shown)
            before[turn["conversation"]] = shown
            asked.append(
                {**({"shown": changed} if changed else {}), **{key: one[key] for key in one if key != "shown"}}
            )
        yield {**turn, **({"model": asked} if asked else {})}


def _changed(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is other than before; what is there no more as None."""
    if before is None:
        return now
    changed = {key: now.get(key) for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)}
    old, new = before.get("messages", []), now.get("messages", [])
    if "messages" in changed and old and new[: len(old)] == old:
        del changed["messages"]
        changed[MORE] = new[len(old) :]
    return changed


def _unfolded(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file says with what it leaves out; what is not as it should be is left for the models to refuse."""
    before: dict[Any, Mapping[str, Any]] = {}
    turns = value.get("turns")
    for turn in turns if isinstance(turns, list) else ():
        asked = turn.get("model") if isinstance(turn, dict) else None
        for one in asked if isinstance(asked, list) else ():
            if isinstance(one, dict) and isinstance(one.get("shown", {}), dict):
                key = str(turn.get("conversation"))
                one["shown"] = before[key] = _as_shown(before.get(key, {}), one.get("shown", {}))
    return dict(value)


def _as_shown(before: Mapping[str, Any], changed: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = {**before, **changed}
    more = shown.pop(MORE, [])
    if isinstance(more, list) and more:
        shown["messages"] = [*(shown.get("messages") or []), *more]
    return {key: value for key, value in shown.items() if value is not None}
