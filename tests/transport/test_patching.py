"""One attribute of a class, patched by us and by others in any order."""

from __future__ import annotations

import gc
from unittest import mock

import pytest

from simulator.transport.patching import Patch, Patches


class Owner:
    def plain(self):
        return "genuine"

    @classmethod
    def of_class(cls):
        return "genuine"


@pytest.fixture
def owner():
    """A fresh class, whose methods are recognised afterwards."""
    return type("Owner", (), dict(vars(Owner)))


def wrap(original):
    def plain(self):
        return f"ours({original(self)})"

    return plain


def wrap_classmethod(original):
    def of_class(cls):
        return f"ours({original.__func__(cls)})"

    return classmethod(of_class)


def theirs(original):
    return lambda self: f"theirs({original(self)})"


def test_it_wraps_and_restores(owner):
    patch = Patch(owner, "plain", wrap)
    genuine = owner.plain
    patch.install()
    assert owner().plain() == "ours(genuine)"
    patch.remove()
    assert owner.plain is genuine


def test_it_wraps_and_restores_a_classmethod(owner):
    patch = Patch(owner, "of_class", wrap_classmethod)
    genuine = vars(owner)["of_class"]
    patch.install()
    patch.install()
    assert owner.of_class() == "ours(genuine)"
    patch.remove()
    assert vars(owner)["of_class"] is genuine


def test_twice_is_once(owner):
    patch = Patch(owner, "plain", wrap)
    patch.install()
    patch.install()
    assert owner().plain() == "ours(genuine)"
    patch.remove()
    assert owner().plain() == "genuine"


def test_removing_what_is_not_there_is_harmless(owner):
    patch = Patch(owner, "plain", wrap)
    patch.remove()
    assert owner().plain() == "genuine"


def test_another_patch_inside_ours(owner):
    patch = Patch(owner, "plain", wrap)
    patch.install()
    with mock.patch.object(owner, "plain", theirs(owner.plain)):
        assert owner().plain() == "theirs(ours(genuine))"
    patch.remove()
    assert owner().plain() == "genuine"


def test_ours_ends_under_another_patch(owner):
    patch = Patch(owner, "plain", wrap)
    genuine = owner.plain
    patch.install()
    other = mock.patch.object(owner, "plain", theirs(owner.plain))
    other.start()
    patch.remove()
    assert owner().plain() == "theirs(ours(genuine))"  # ours does nothing any more: that is the wrapper's task
    other.stop()
    patch.remove()
    assert owner.plain is genuine


def test_another_patch_takes_ours_away(owner):
    patch = Patch(owner, "plain", wrap)
    other = mock.patch.object(owner, "plain", theirs(owner.plain))
    other.start()
    patch.install()
    assert owner().plain() == "ours(theirs(genuine))"
    other.stop()
    assert owner().plain() == "genuine"
    patch.install()
    assert owner().plain() == "ours(genuine)"
    patch.remove()
    assert owner().plain() == "genuine"


def test_on_top_again_over_another_patch(owner):
    patch = Patch(owner, "plain", wrap)
    genuine = owner.plain
    patch.install()
    with mock.patch.object(owner, "plain", theirs(owner.plain)):
        assert not patch.is_on_top()
        patch.install()
        assert patch.is_on_top()
        assert owner().plain() == "ours(theirs(ours(genuine)))"
        patch.remove()
        assert owner().plain() == "theirs(ours(genuine))"
    patch.remove()
    assert owner.plain is genuine


def test_a_copy_of_our_attributes_is_not_taken_for_ours(owner):
    # functools.wraps, which vcrpy uses, copies what a wrapper carries
    patch = Patch(owner, "plain", wrap)
    patch.install()
    copy = theirs(owner.plain)
    vars(copy).update(vars(owner.plain))
    with mock.patch.object(owner, "plain", copy):
        assert not patch.is_on_top()
    patch.remove()


def test_wrappers_that_nobody_holds_are_forgotten(owner):
    patch = Patch(owner, "plain", wrap)
    for _ in range(10):
        with mock.patch.object(owner, "plain", theirs(owner.plain)):
            patch.install()
    gc.collect()
    assert len(patch._originals) == 0


def test_several_come_and_go_together(owner):
    patches = Patches()
    genuine = dict(vars(owner))
    patches.install([(owner, "plain", wrap)])
    patches.install([(owner, "plain", wrap), (owner, "of_class", wrap_classmethod)])  # one came late
    assert (owner().plain(), owner.of_class()) == ("ours(genuine)", "ours(genuine)")
    assert patches.are_on_top()
    with mock.patch.object(owner, "plain", theirs(owner.plain)):
        assert not patches.are_on_top()
    patches.remove()
    assert not patches.are_on_top()
    assert dict(vars(owner)) == genuine
