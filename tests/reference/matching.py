"""Compares what is expected with what came; what only the service can know is taken as it first comes."""

from __future__ import annotations

import re


class Difference(AssertionError):
    """The service and the reference disagree."""


class Id:
    """An id that the service chooses: taken when it is first seen, held to ever after.

    Args:
        known: those seen so far, of every kind; no id is given twice.
        tail: the pattern of what follows the prefix.
    """

    def __init__(self, prefix, known, tail="[0-9A-Za-z]{24}"):
        self.prefix, self.known, self.tail, self.text = prefix, known, tail, None

    def meet(self, actual, path):
        if self.text is None:
            if not re.fullmatch(self.prefix + self.tail, str(actual)):
                raise Difference(f"{path}: {actual!r} is no id that begins with {self.prefix}")
            if actual in self.known:
                raise Difference(f"{path}: {actual} is the id of something else")
            self.known.add(actual)
            self.text = actual
        equal(self.text, actual, path)

    def __str__(self):
        if self.text is None:
            raise LookupError(f"an id {self.prefix} was not seen yet")
        return self.text


class Text:
    """A text of the simulator's own, of which only the beginning is promised."""

    def __init__(self, start):
        self.start = start

    def meet(self, actual, path):
        if not isinstance(actual, str) or not actual.startswith(self.start):
            raise Difference(f"{path}: {actual!r} does not begin with {self.start!r}")


class Sentence:
    """A text with ids in it, of which some may not have been seen yet."""

    def __init__(self, *parts):
        self.parts = parts

    def meet(self, actual, path):
        pattern = "".join(re.escape(one) if isinstance(one, str) else "(.*?)" for one in self.parts)
        found = re.fullmatch(pattern, actual)
        if found is None:
            raise Difference(f"{path}: {actual!r} does not match {pattern}")
        for id, text in zip([one for one in self.parts if isinstance(one, Id)], found.groups(), strict=True):
            id.meet(text, path)


def equal(expected, actual, path="body"):
    """Raise unless both are the same JSON, keys in the same order."""
    if isinstance(expected, Id | Text | Sentence):
        expected.meet(actual, path)
    elif isinstance(expected, dict):
        if not isinstance(actual, dict) or list(expected) != list(actual):
            found = list(actual) if isinstance(actual, dict) else actual
            raise Difference(f"{path}: expected the keys {list(expected)}, got {found}")
        for key, value in expected.items():
            equal(value, actual[key], f"{path}.{key}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            raise Difference(f"{path}: expected {_shown(expected)}, got {actual!r}")
        for index, value in enumerate(expected):
            equal(value, actual[index], f"{path}[{index}]")
    elif type(expected) is not type(actual) or expected != actual:
        raise Difference(f"{path}: expected {expected!r}, got {actual!r}")


def _shown(value):
    if isinstance(value, dict):
        return {key: _shown(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return value.text if isinstance(value, Id) else value
