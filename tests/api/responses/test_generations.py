"""What responses and their ids looked like on a day."""

import re

import pytest

from simulator import Simulator
from tests.api.conftest import Api

BODY = {"model": "gpt-4o-mini", "input": "Hello?"}
DAYS = [
    ("2025-09-16", set(), {"billing", "completed_at", "moderation", "tool_usage", "prompt_cache_retention"}),
    ("2025-09-24", {"billing"}, {"completed_at", "moderation", "tool_usage", "prompt_cache_retention"}),
    ("2025-12-01", {"billing", "prompt_cache_retention"}, {"completed_at", "moderation", "tool_usage"}),
    ("2026-03-01", {"billing", "completed_at", "frequency_penalty"}, {"moderation", "tool_usage"}),
    ("2026-05-01", {"moderation"}, {"tool_usage"}),
    ("2026-07-01", {"moderation", "tool_usage"}, set()),
    (None, {"moderation", "tool_usage"}, set()),
]


def response_of(day):
    sim = Simulator(brain="auto", as_of=day)
    return Api(sim).made("/responses", BODY)


@pytest.mark.parametrize("day, has, has_not", DAYS)
def test_a_response_has_the_keys_of_its_day(day, has, has_not):
    response = response_of(day)
    assert has <= response.keys()
    assert not has_not & response.keys()


@pytest.mark.parametrize(
    "day, retention, reasoning, details",
    [
        ("2025-12-01", None, {"effort", "summary"}, {"cached_tokens"}),
        ("2026-05-01", "in_memory", {"effort", "summary"}, {"cached_tokens"}),
        ("2026-07-01", "in_memory", {"context", "effort", "summary"}, {"cached_tokens"}),
        (None, "in_memory", {"context", "effort", "mode", "summary"}, {"cached_tokens", "cache_write_tokens"}),
    ],
)
def test_what_is_inside_is_of_its_day(day, retention, reasoning, details):
    response = response_of(day)
    assert response["prompt_cache_retention"] == retention
    assert response["reasoning"].keys() == reasoning
    assert response["usage"]["input_tokens_details"].keys() == details


@pytest.mark.parametrize(
    "day, form",
    [
        ("2025-09-16", r"[0-9a-f]{16}00[0-9a-f]{8}[0-9a-f]{4}81[0-9a-f]{18}"),
        ("2025-09-24", r"[0-9a-f]{8}[0-9a-f]{4}81[0-9a-f]{18}[0-9a-f]{16}"),
        ("2025-12-01", r"[0-9a-f]{16}00[0-9a-f]{8}[0-9a-f]{4}81[0-9a-f]{18}"),
    ],
)
def test_ids_look_as_on_the_day(day, form):
    response = response_of(day)
    assert re.fullmatch(f"resp_{form}", response["id"])
    assert re.fullmatch(f"msg_{form}", response["output"][0]["id"])
    assert f"{response['created_at']:08x}" in response["id"]


def test_in_september_chains_are_found_too():
    api = Api(Simulator(brain="auto", as_of="2025-09-24"))
    first = api.made("/responses", BODY)
    second = api.made("/responses", {**BODY, "previous_response_id": first["id"]})
    assert first["id"][-16:] == second["id"][-16:]
