"""YAML of unknown origin: read with the safe loader alone, and refused with file and line.

One pass over the parser's events comes first. It sees what the loader cannot refuse in time: nesting that
would overflow the stack of its C code, aliases that unfold to gigabytes, tags that would build objects.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import CassetteError, SimulatorError
from . import json_text
from .json_values import whole

# libyaml's, where PyYAML was built with it: twenty times as fast.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# No cassette nests deeper than ten; 20,000 brackets are a segmentation fault in PyYAML 6.0.3.
MAX_DEPTH = 64
# vcrpy writes an alias for a header that two requests share: a few for each interaction.
MAX_ALIASES = 100_000
MAX_NODES = 200_000
_YAML = "tag:yaml.org,2002:"
# `!binary` is what Ruby writes for `!!binary`.
_PLAIN = ("str", "binary", "int", "float", "bool", "null", "map", "seq")
_TAGS = frozenset({"!", "!binary", *(_YAML + name for name in _PLAIN)})
_SEVERAL = "but found another document"  # as PyYAML says it
_AT_THE_TOP, _IN_A_LIST = 1, 2


class _Loader(_Base):  # type: ignore[misc]  # one of two classes, chosen at run time
    """The safe loader, with Ruby's tag, without merge keys and without dates (a date stays the text that it is)."""

    def flatten_mapping(self, node: Any) -> None:
        """Leave `<<` an ordinary key: merges of merges unfold without end, and no recorder writes one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {_YAML + "timestamp", _YAML + "merge"}]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!binary", lambda loader, node: base64.b64decode(loader.construct_scalar(node)))


class PlainLoader(_Loader):
    """The same for what people write.

    `on`, `off`, `yes` and `no` are words, as in YAML 1.2, and `true` is a truth; a key that stands twice is a mistake.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # as PyYAML has it
        """Return a mapping whose keys differ.

        Raises:
            ConstructorError: one of them stands twice.
        """
        seen: dict[Any, int] = {}
        for key, _ in node.value:
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and seen.setdefault(name, line) != line:
                problem = f"the key {key.value!r} stands twice, here and on line {seen[name]}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep=deep)


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _YAML + "bool" or first in "tTfF"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class Document(NamedTuple):
    """What a file holds.

    Args:
        lines: where the items of the lists at the top begin, by the lists' keys; lines from 1.
    """

    value: Any
    lines: Mapping[str, Sequence[int]]


def load(text: str, path: Path, error_class: type[SimulatorError] = CassetteError, loader: Any = _Loader) -> Document:
    """Return what one YAML document holds; JSON is YAML, and is read as JSON where it can be.

    Args:
        error_class: what is raised where the text is not fit to be loaded.
        loader: this module's own, or its `PlainLoader`.

    Raises:
        CassetteError: or an `error_class`: it is no YAML, has more than one document, nests too deeply, or has tags
            that no recorder writes. Says file and line.
    """
    if text.lstrip()[:1] == "{" and loader is not PlainLoader:
        try:
            return Document(*json_text.load(text))
        except (ValueError, RecursionError):  # broken, or YAML in flow style: YAML's parser knows, and says the line
            pass
    try:
        lines = _walk(text, path, error_class)
        return Document(yaml.load(text, Loader=loader), lines)  # noqa: S506  # a safe loader, see above
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark or error.context_mark, error.problem
        told = (
            "a second document begins here, and a file holds one."
            if problem == _SEVERAL
            else f"this is no YAML: {problem}."
        )
        raise error_class(f"{path}:{mark.line + 1 if mark else 1}: {told}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a scalar that is not what its tag says
        if isinstance(error, error_class):
            raise
        raise error_class(f"{path}: this is no YAML: {error}.") from error


def refuse_bombs(value: Any, path: Path, error_class: type[SimulatorError]) -> None:
    """Refuse what unfolds, by its aliases, to more than anybody can have written.

    Raises:
        SimulatorError: an `error_class`.
    """
    left, waiting = MAX_NODES, [value]
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            raise error_class(
                f"{path}: with its aliases unfolded it has more than {MAX_NODES:,} values: it is not read."
            )
        waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())


def is_text(scalar: str) -> bool:
    """Tell whether a scalar without quotes is text, and not a number, a truth or nothing."""
    resolvers = _Loader.yaml_implicit_resolvers
    return not any(pattern.match(scalar) for _, pattern in resolvers.get(scalar[:1], ()))


def line_of(text: str, location: Sequence[str | int]) -> int:
    """Return the line of a part of a document, or of the nearest thing around it that there is; from 1."""
    try:
        node: Any = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:  # JSON may hold what YAML may not
        return 1
    for step in location:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return int(node.start_mark.line) + 1


def dump(value: Any) -> str:
    """Return a value as YAML: keys in their order, texts of several lines as literal blocks."""
    return str(yaml.dump(value, Dumper=_ReadableDumper, allow_unicode=True, sort_keys=False, width=10_000))


class _ReadableDumper(Dumper):  # type: ignore[misc]  # one of two classes, chosen at run time
    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice: a reader need not look it up."""
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    # A header or an address with half an emoji: YAML has no word for it, and libyaml breaks.
    return dumper.represent_scalar(_YAML + "str", whole(text), style="|" if "\n" in text else None)


_ReadableDumper.add_representer(str, _represent_text)


def _walk(text: str, path: Path, error_class: type[SimulatorError]) -> dict[str, list[int]]:
    """Refuse what is dangerous to load; return where the items of the lists at the top begin."""
    depth = aliases = 0
    key = ""
    lines: list[int] = []
    found: dict[str, list[int]] = {}
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)  # their marks are optional to mypy, and always there
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            continue
        if isinstance(event, yaml.NodeEvent):
            if depth == _IN_A_LIST:
                lines.append(line)
            elif depth == _AT_THE_TOP and isinstance(event, yaml.ScalarEvent):
                key = event.value
            elif depth == _AT_THE_TOP:
                lines = found.setdefault(key, []) if isinstance(event, yaml.SequenceStartEvent) else []
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        problem = _problem(event, depth, aliases)
        if problem:
            raise error_class(f"{path}:{line}: {problem}")
    return found


def _problem(event: Any, depth: int, aliases: int) -> str | None:
    tag = getattr(event, "tag", None)
    if tag is not None and tag not in _TAGS:
        return f"the tag {tag!r} would build an object, which no file of ours needs: it is not read."
    if depth > MAX_DEPTH:
        return f"this nests more than {MAX_DEPTH} deep, which no file of ours does: it is not read."
    if aliases > MAX_ALIASES:
        return f"there are more than {MAX_ALIASES:,} aliases, which unfold without end: it is not read."
    return None


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    return None
