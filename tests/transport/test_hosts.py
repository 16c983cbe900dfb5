"""Which hosts and routes are the simulator's."""

from __future__ import annotations

import pytest

from simulator.errors import UsageError
from simulator.transport.hosts import Hosts, Passthrough


@pytest.mark.parametrize("port", [None, 443, 8443])
def test_the_api_and_azure_are_known_on_every_port(port):
    hosts = Hosts.of(environ={})
    assert hosts.match("https", "api.openai.com", port)
    assert hosts.match("http", "my-resource.openai.azure.com", port)


@pytest.mark.parametrize(
    "host", ["openai.com", "eu-api.openai.com", "openai.azure.com", "api.openai.com.evil.example", "localhost"]
)
def test_other_hosts_are_not(host):
    assert not Hosts.of(environ={}).match("https", host, None)


def test_a_bare_host_is_meant_on_every_port():
    hosts = Hosts.of(["Gateway.Example"], environ={})
    assert hosts.match("https", "gateway.example", None)
    assert hosts.match("http", "gateway.example", 8080)


def test_a_host_with_a_port_is_meant_there_only():
    hosts = Hosts.of(["localhost:8000", "[::1]:9000"], environ={})
    assert hosts.match("http", "localhost", 8000)
    assert hosts.match("http", "::1", 9000)
    assert not hosts.match("http", "localhost", 8001)
    assert not hosts.match("http", "localhost", None)


def test_a_url_is_meant_on_its_port_or_that_of_its_scheme():
    hosts = Hosts.of(["https://gateway.example/openai/v1", "http://localhost:8000/v1/"], environ={})
    assert hosts.match("https", "gateway.example", None)
    assert hosts.match("https", "gateway.example", 443)
    assert hosts.match("http", "localhost", 8000)
    assert not hosts.match("http", "gateway.example", None)
    assert not hosts.match("http", "localhost", None)


@pytest.mark.parametrize("entry", ["*.corp.example", "https://*.corp.example/v1"])
def test_a_star_stands_for_every_host_below_a_domain(entry):
    hosts = Hosts.of([entry], environ={})
    assert hosts.match("https", "a.b.corp.example", 8443)
    assert not hosts.match("https", "corp.example", None)
    assert not hosts.match("https", "evilcorp.example", None)


def test_the_base_url_of_the_environment_is_read_when_the_hosts_are_made(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")
    hosts = Hosts.of()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:4321/v1")
    assert hosts.match("http", "localhost", 1234)
    assert not hosts.match("http", "localhost", 4321)


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "ftp://x/v1", "http://[::1/v1"])
def test_a_malformed_base_url_is_left_to_the_sdk(url):
    assert Hosts.of(environ={"OPENAI_BASE_URL": url}) == Hosts.of(environ={})


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "a b",
        "host/v1",
        "user@host",
        "host:port",
        "host:99999",
        "ftp://host",
        "a*.example",
        "*",
        "*.a:80",
        7,
        None,
    ],
)
def test_what_names_no_host_is_refused(entry):
    with pytest.raises(UsageError, match="is no host: write"):
        Hosts.of([entry], environ={})


def test_one_text_for_a_list_of_hosts_is_refused():
    with pytest.raises(UsageError, match=r"write hosts=\['localhost:8000'\]"):
        Hosts.of("localhost:8000")


def test_a_route_with_a_method_is_let_through_for_that_method_only():
    through = Passthrough.of(["post /v1/embeddings"])
    assert through.match("POST", "/v1/embeddings")
    assert not through.match("GET", "/v1/embeddings")
    assert not through.match("POST", "/v1/embeddings/x")


def test_a_route_without_a_method_is_let_through_for_every_method():
    through = Passthrough.of(["/v1/models"])
    assert through.match("GET", "/v1/models")
    assert through.match("DELETE", "/v1/models")


@pytest.mark.parametrize(
    "entry, method, path",
    [
        ("/v1/audio/*", "POST", "/v1/audio/speech"),
        ("*/embeddings", "POST", "/openai/deployments/ada/embeddings"),
        ("GET /v1/*/content", "GET", "/v1/files/file-1/content"),
    ],
)
def test_a_star_stands_for_any_text(entry, method, path):
    through = Passthrough.of([entry])
    assert through.match(method, path)
    assert not through.match(method, "/v1/threads")
    assert through.match("PUT", path) is not entry.startswith("GET")


def test_nothing_is_let_through_by_default():
    assert not Passthrough.of().match("POST", "/v1/embeddings")


@pytest.mark.parametrize(
    "entry", ["", "v1/embeddings", "POST", "POST v1/embeddings", "POST  /v1 /v2", "P0ST /v1", "/v1/x?limit=1", 7, None]
)
def test_what_is_no_route_is_refused(entry):
    with pytest.raises(UsageError, match="is no route to pass through: write"):
        Passthrough.of([entry])


def test_one_text_for_a_list_of_routes_is_refused():
    with pytest.raises(UsageError, match="not one text"):
        Passthrough.of("POST /v1/embeddings")
