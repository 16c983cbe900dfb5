"""Bodies of requests, compared by what they mean: JSON as values, multipart forms without their boundary."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from .outputs import OutputMode, Outputs, differences, taken_from

Normalize: TypeAlias = Callable[[Any], Any]
_BOUNDARY = re.compile(rb"--([^\r\n]{1,200})\r?\n")
MAX_SHOWN = 200
MAX_COMPARED = 2_000


def _number(text: str) -> float | int:
    """Return a number as JSON means it: `1.0` is `1`."""
    value = float(text)
    return int(value) if value.is_integer() else value


_decode = json.JSONDecoder(parse_float=_number).decode
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How bodies are compared.

    Args:
        outputs: how tool outputs are.
        ignore: paths of JSON that are not compared, their keys joined by dots, `*` for any key or index:
            `metadata.started_at`, `messages.*.content`.
        normalize: takes the parsed body and returns what is compared in its place; it may not change its argument.
    """

    outputs: OutputMode = OutputMode.STRICT
    ignore: Sequence[str] = ()
    normalize: Normalize | None = None

    @cached_property
    def paths(self) -> Sequence[Sequence[str]]:
        """The paths, cut into their keys."""
        return [path.split(".") for path in self.ignore]


class Body:
    """The body of one request, read when it is first compared."""

    def __init__(self, raw: bytes, rules: Rules) -> None:
        self.raw = raw
        self._rules = rules

    @cached_property
    def json(self) -> Any:
        """The value, as it is compared; None where it is no JSON. SDKs differ in whether they send `stream: false`."""
        try:
            value = _decode(self.raw.decode())
        except (ValueError, RecursionError):
            return None
        if isinstance(value, dict) and not value.get("stream", True):
            value.pop("stream")
        for path in self._rules.paths:
            value = _without(value, path)
        return value if self._rules.normalize is None else self._rules.normalize(value)

    @cached_property
    def outputs(self) -> Outputs:
        """The outputs, and the rest."""
        return taken_from(self.json)

    @cached_property
    def rest(self) -> str | bytes:
        """All but the outputs, in a form of which equal bodies have the same."""
        return _plain(self.raw) if self.json is None else _encode(self.outputs.rest)

    def same_rest(self, other: Body) -> bool:
        """Tell whether all but the outputs is the same."""
        return self.raw == other.raw or self.rest == other.rest

    def output_differences(self, now: Body) -> list[str]:
        """Return what differs in the outputs of a request that was sent now."""
        if self.raw == now.raw:
            return []
        return differences(self.outputs.by_call, now.outputs.by_call, self._rules.outputs)

    def differences(self, now: Body) -> list[str]:
        """Return what differs in the rest, each with the path of its field."""
        if self.same_rest(now):
            return []
        if self.json is None or now.json is None:
            return [f"the body: {_shown(self.raw)} then, {_shown(now.raw)} now"]
        return list(_fields(self.outputs.rest, now.outputs.rest, ""))


def likeness(then: Body, now: Body) -> float:
    """Return how alike two bodies are, from 0 to 1."""
    one, other = (str(each.rest)[:MAX_COMPARED] for each in (then, now))
    return float(difflib.SequenceMatcher(None, one, other).quick_ratio())


def _plain(raw: bytes) -> bytes:
    """Return a multipart form with a fixed boundary: clients draw a new one for each request."""
    found = _BOUNDARY.match(raw)
    return raw.replace(found[1], b"boundary") if found and raw.rstrip().endswith(found[1] + b"--") else raw


def _without(value: Any, path: Sequence[str]) -> Any:
    """Return a value without what stands at a path; what is not there is not missed."""
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        hit = {each: _left(value[each], rest) for each in value if key in {each, "*"}}
        return {each: hit.get(each, given) for each, given in value.items() if rest or each not in hit}
    if isinstance(value, list):
        hits = [key in {"*", str(index)} for index in range(len(value))]
        kept = [(_left(each, rest) if hit else each, hit) for each, hit in zip(value, hits, strict=True)]
        return [each for each, hit in kept if rest or not hit]
    return value


def _left(value: Any, rest: Sequence[str]) -> Any:
    return _without(value, rest) if rest else None


def _fields(then: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            if key not in now:
                yield f"{path}{key}: {_shown(then[key])} then, not sent now"
            elif key not in then:
                yield f"{path}{key}: not sent then, {_shown(now[key])} now"
            else:
                yield from _fields(then[key], now[key], f"{path}{key}.")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _fields(one, other, f"{path}{index}.")
    elif _encode(then) != _encode(now):
        yield f"{path.rstrip('.') or 'the body'}: {_shown(then)} then, {_shown(now)} now"


def _shown(value: Any) -> str:
    text = repr(value)[1:] if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text):,} characters)"
