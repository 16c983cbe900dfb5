"""Which of the active simulators takes a request."""

from __future__ import annotations

import pytest

from simulator.errors import UsageError
from simulator.transport import active


@pytest.fixture
def activate():
    added = []

    def activate(*interceptors):
        for interceptor in interceptors:
            active.add(interceptor)
            added.append(interceptor)

    yield activate
    for interceptor in added:
        active.discard(interceptor)


def request_to(library, url, method="GET"):
    return library.Request(method, url)


def test_it_accepts_its_hosts_except_what_it_lets_through(api):
    interceptor = api.interceptor(passthrough=["POST /v1/embeddings"])
    assert interceptor.accepts("https", "api.openai.com", None, "/v1/threads", "POST")
    assert not interceptor.accepts("https", "api.openai.com", None, "/v1/embeddings", "POST")
    assert not interceptor.accepts("https", "example.com", None, "/v1/threads", "POST")


def test_without_one_nothing_is_known(library):
    request = request_to(library, "https://api.openai.com/v1/threads")
    assert not active.some()
    assert not active.knows(request.url)
    assert active.find(request) is None


def test_a_host_with_the_dot_of_the_root_is_the_same_host(library, api, activate):
    interceptor = api.interceptor()
    activate(interceptor)
    request = request_to(library, "https://api.openai.com./v1/threads")
    assert active.knows(request.url)
    assert active.find(request) is interceptor


def test_the_query_is_no_part_of_the_path(library, api, activate):
    interceptor = api.interceptor(passthrough=["GET /v1/models"])
    activate(interceptor)
    assert active.find(request_to(library, "https://api.openai.com/v1/models?limit=1")) is None
    assert active.find(request_to(library, "https://api.openai.com/v1/models", "POST")) is interceptor


def test_a_host_is_known_though_the_route_is_let_through(library, api, activate):
    activate(api.interceptor(passthrough=["*"]))
    request = request_to(library, "https://api.openai.com/v1/models")
    assert active.knows(request.url)
    assert active.find(request) is None


def test_the_newest_that_accepts_a_request_takes_it(library, make_api, activate):
    outer, inner = make_api().interceptor(hosts=["outer.example"]), make_api().interceptor(passthrough=["/v1/models"])
    activate(outer, inner)
    assert active.find(request_to(library, "https://api.openai.com/v1/threads")) is inner
    assert active.find(request_to(library, "https://outer.example/v1/threads")) is outer
    assert active.find(request_to(library, "https://api.openai.com/v1/models")) is outer
    assert active.find(request_to(library, "https://example.com/")) is None


def test_adding_twice_is_refused(api, activate):
    interceptor = api.interceptor()
    activate(interceptor)
    with pytest.raises(UsageError, match="active already"):
        active.add(interceptor)


def test_discarding_what_is_not_there_is_refused(api):
    with pytest.raises(UsageError, match="not active"):
        active.discard(api.interceptor())


def test_two_that_look_the_same_are_two(api, activate):
    first, second = api.interceptor(), api.interceptor()
    activate(first, second)
    assert first != second


def test_what_is_remembered_of_hosts_is_forgotten_with_each_change_and_has_an_end(library, api, monkeypatch):
    monkeypatch.setattr(active, "HOSTS_KEPT", 2)
    requests = [request_to(library, f"https://h{number}.example/") for number in range(4)]
    assert [active.find(request) for request in requests] == [None] * 4
    interceptor = api.interceptor(hosts=["*.example"])
    active.add(interceptor)
    try:
        assert [active.find(request) for request in requests + requests] == [interceptor] * 8
        assert len(active._now._by_host) == 2
    finally:
        active.discard(interceptor)
    assert [active.find(request) for request in requests] == [None] * 4
