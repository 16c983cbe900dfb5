"""Patches of attributes of classes and modules that survive other people's patches of the same attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

# Any: a plain function, or a classmethod object, of whatever signature.
Attribute = Any
# What is to be wrapped: the owner, the name, and what makes the wrapper; see `Patch`.
Target = tuple[type | ModuleType, str, Callable[[Attribute], Attribute]]


class Patch:
    """Wraps `owner.name` while it is wanted; the owner is a class, or a module.

    Saving and restoring a value leaks when patches do not end in the reverse order of their start
    (feasibility.md A: seen). Here each wrapper knows what it wraps and does nothing of its own while
    no simulator is active, so that it may stay under or over another patch until that one ends.

    Args:
        owner: the class, whose own the attribute is, not inherited; or a module.
        name: of the attribute.
        wrap: takes the attribute as it stands in the class, returns the wrapper.
    """

    def __init__(self, owner: type | ModuleType, name: str, wrap: Callable[[Attribute], Attribute]) -> None:
        self._owner = owner
        self._name = name
        self._wrap = wrap
        # Weak: a wrapper that someone else's patch has dropped must not be kept.
        self._originals: WeakKeyDictionary[Callable[..., Any], Attribute] = WeakKeyDictionary()

    def is_on_top(self) -> bool:
        """Tell whether the attribute is a wrapper of ours."""
        return _function(vars(self._owner)[self._name]) in self._originals

    def install(self) -> None:
        """Put a wrapper on top, unless one is there."""
        if self.is_on_top():
            return
        current = vars(self._owner)[self._name]
        wrapper = self._wrap(current)
        self._originals[_function(wrapper)] = current
        setattr(self._owner, self._name, wrapper)

    def remove(self) -> None:
        """Take our wrappers off the top; one that lies under another's patch stays, without effect."""
        while self.is_on_top():
            current = vars(self._owner)[self._name]
            setattr(self._owner, self._name, self._originals.pop(_function(current)))


class Patches:
    """Patches that come and go together. What there is to wrap may grow meanwhile: libraries are imported late.

    Not for several threads at once: the caller holds a lock.
    """

    def __init__(self) -> None:
        self._patches: dict[tuple[type | ModuleType, str], Patch] = {}

    def install(self, targets: Iterable[Target]) -> None:
        """Put a wrapper on top of each target, unless one is there."""
        for owner, name, wrap in targets:
            self._patches.setdefault((owner, name), Patch(owner, name, wrap)).install()

    def remove(self) -> None:
        """Take our wrappers off, wherever they lie on top."""
        for patch in self._patches.values():
            patch.remove()

    def are_on_top(self) -> bool:
        """Tell whether nobody has patched over ours; for this one no lock is needed."""
        return all(patch.is_on_top() for patch in tuple(self._patches.values()))


def _function(attribute: Attribute) -> Callable[..., Any]:
    """Return what identifies an attribute: a classmethod object takes no weak reference."""
    if isinstance(attribute, classmethod):
        return attribute.__func__
    function: Callable[..., Any] = attribute
    return function
