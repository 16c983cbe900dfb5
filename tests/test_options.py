"""The options of a simulator: one list of them, whoever asks."""

from __future__ import annotations

import inspect

from simulator import Simulator
from simulator.options import NAMES


def test_the_names_are_those_of_the_signature():
    known = [one for one in inspect.signature(Simulator).parameters.values() if one.kind is not one.VAR_KEYWORD]
    assert tuple(one.name for one in known) == NAMES


def test_keys_are_not_shown():
    assert "sk-secret" not in repr(Simulator(api_keys=["sk-secret"])._options)
