"""Who decides on a request, where several simulators and a suite hold the guard, and who is told."""

from __future__ import annotations

import pytest

from simulator.errors import RequestBlocked, SimulatorError
from simulator.transport import guard
from simulator.transport.guard import Suite
from simulator.transport.guard.judging import concerns, is_loopback, judge, judge_connection
from simulator.transport.guard.outgoing import Outgoing, outgoing_of, plain_name
from simulator.transport.hosts import Hosts
from simulator.transport.interception import activate, deactivate

MODELS = Outgoing("https", "api.openai.com", None, "GET", "/v1/models")
UNKNOWN = Outgoing("https", "api.openai.com", 443)


@pytest.fixture
def suite():
    """A suite that is guarded; `told` is what it is told."""
    told = []
    suite = Suite(hosts=Hosts.of(environ={}), blocked=told.append)
    guard.hold(suite)
    yield told
    guard.release(suite)
    guard.release(suite)


def test_a_stop_is_no_exception_that_a_program_would_catch():
    assert not issubclass(RequestBlocked, (Exception, SimulatorError))


def test_it_ends_with_the_last_of_overlapping_simulators(api):
    told = []
    first, second = (api.interceptor(blocked=told.append) for _ in range(2))
    activate(first)
    activate(second)
    deactivate(first)
    with pytest.raises(RequestBlocked):
        judge(MODELS)
    assert len(told) == 1
    deactivate(second)
    judge(MODELS)
    assert not concerns("api.openai.com")


def test_all_simulators_that_would_have_answered_are_told(guarded):
    with guarded() as outer, guarded(passthrough=["/v1/models"]) as middle, guarded() as inner:
        with pytest.raises(RequestBlocked):
            judge(MODELS)
        assert (len(outer), len(middle), len(inner)) == (1, 0, 1)


def test_a_simulator_decides_on_its_hosts_and_not_the_suite(suite, guarded):
    with guarded(passthrough=["/v1/models"]) as told:
        judge(MODELS)
        with pytest.raises(RequestBlocked, match="A simulator is active"):
            judge(Outgoing("https", "api.openai.com", None, "GET", "/v1/threads"))
    assert len(told) == 1
    assert suite == []


def test_a_suite_lets_nothing_through(suite):
    with pytest.raises(RequestBlocked, match=r"No simulator is active that knows this host") as stopped:
        judge(MODELS)
    assert suite == [str(stopped.value)]
    assert '`@pytest.mark.simulator(passthrough=["GET /v1/models"])`' in suite[0]


def test_suites_may_overlap(suite):
    told = []
    other = Suite(hosts=Hosts.of(environ={}), blocked=told.append)
    guard.hold(other)
    with pytest.raises(RequestBlocked):
        judge(MODELS)
    guard.release(other)
    with pytest.raises(RequestBlocked):
        judge(MODELS)
    assert (len(suite), len(told)) == (2, 1)


@pytest.mark.parametrize("passthrough, passes", [((), False), (("/v1/models",), True)])
def test_a_connection_may_be_made_where_some_route_may_pass(guarded, passthrough, passes):
    with guarded(passthrough=passthrough) as told:
        if passes:
            judge_connection(UNKNOWN)
        else:
            with pytest.raises(RequestBlocked):
                judge_connection(UNKNOWN)
    assert len(told) == (not passes)


def test_no_route_passes_where_the_route_is_unknown(guarded):
    with guarded(passthrough=["/v1/models"]), pytest.raises(RequestBlocked):
        judge(UNKNOWN)


@pytest.mark.parametrize("host", ["localhost", "api.localhost", "127.0.0.1", "127.1.2.3", "::1", "::1%lo"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "128.0.0.1", "0x7f.1", "10.0.0.1", "::2", ""])
def test_others(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "given, name",
    [
        ("API.openai.com.", "api.openai.com"),
        (b"api.openai.com", "api.openai.com"),
        ("[::1]", "::1"),
        (None, ""),
        (5, ""),
    ],
)
def test_a_name_is_plain(given, name):
    assert plain_name(given) == name


@pytest.mark.parametrize(
    "target, shown",
    [
        ("/v1/x?key=secret", "GET https://a.test:8443/v1/x"),
        ("/v1/x?next=http://b.test/", "GET https://a.test:8443/v1/x"),
        ("http://B.test/v1/x?key=secret", "GET http://b.test/v1/x"),
        ("http://user:word@b.test:81", "GET http://b.test:81/"),
    ],
)
def test_a_request_is_shown_without_what_nobody_should_print(target, shown):
    assert str(outgoing_of("https", "a.test", 8443, "GET", target)) == shown


def test_what_is_unknown_is_not_shown():
    assert str(Outgoing("", "a.test", None)) == "a.test"
    assert str(Outgoing("", "a.test", 443)) == "a.test"
