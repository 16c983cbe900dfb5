from __future__ import annotations

import pytest

from simulator.backend.brain import View


def make_view(user="Hello?", *, run="run_1", thread="thread_1", assistant=None, **given):
    """What a model is shown: one message of the user, and whatever else is given."""
    return View(
        user=user,
        messages=[("user", user)],
        conversation=thread,
        run={"id": run},
        task=run,
        assistant=assistant or {"id": "asst_1", "name": "helper"},
        **given,
    )


@pytest.fixture(scope="session", name="make_view")
def make_view_fixture():
    return make_view


@pytest.fixture
def view():
    return make_view()
