"""What the tests of run loops have in common."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

from tests.checks.loops.careful import functions

_PHASES = [one for one in Phase if one is not Phase.explain]
# Nothing is remembered from one run of the suite to the next, and every run draws the same.
FIXED = settings(derandomize=True, database=None, deadline=None, phases=_PHASES)


@pytest.fixture
def handlers():
    return functions()
