"""Routes as a test writes them."""

from __future__ import annotations

import pytest

from simulator.api.route_patterns import RoutePattern
from simulator.errors import UsageError


def test_a_route_with_a_method_is_for_that_method_only():
    route = RoutePattern.of("post /v1/embeddings", "stub()")
    assert (route.method, route.path) == ("POST", "/v1/embeddings")
    assert route.match("POST", "/v1/embeddings")
    assert not route.match("GET", "/v1/embeddings")
    assert not route.match("POST", "/v1/embeddings/x")


def test_a_route_without_a_method_is_for_every_method():
    route = RoutePattern.of("/v1/models", "stub()")
    assert route.match("GET", "/v1/models")
    assert route.match("DELETE", "/v1/models")


@pytest.mark.parametrize(
    "text, method, path",
    [
        ("/v1/audio/*", "POST", "/v1/audio/speech"),
        ("*/embeddings", "POST", "/openai/deployments/ada/embeddings"),
        ("GET /v1/*/content", "GET", "/v1/files/file-1/content"),
        ("*", "GET", "/"),
    ],
)
def test_a_star_stands_for_any_text(text, method, path):
    route = RoutePattern.of(text, "stub()")
    assert route.match(method, path)
    assert route.match(method, "/v1/threads") is (text == "*")
    assert route.match("PUT", path) is not text.startswith("GET")


@pytest.mark.parametrize(
    "text", ["", "v1/embeddings", "POST", "POST v1/embeddings", "POST  /v1 /v2", "P0ST /v1", "/v1/x?limit=1", 7, None]
)
def test_what_is_no_route_is_refused(text):
    with pytest.raises(
        UsageError, match=r'^stub\(\) takes routes such as "POST /v1/embeddings" or, for every method, .*, not '
    ):
        RoutePattern.of(text, "stub()")
