"""Which hosts and routes are the simulator's."""

from __future__ import annotations

import pytest

from simulator.errors import UsageError
from simulator.transport.hosts import Hosts, Passthrough

API_HOSTS = [
    "api.openai.com",
    "eu.api.openai.com",
    "us.api.openai.com",
    "my-resource.openai.azure.com",
    "my-resource.openai.azure.us",
    "my-resource.openai.azure.cn",
]


@pytest.mark.parametrize("port", [None, 443, 8443])
@pytest.mark.parametrize("host", API_HOSTS)
def test_the_hosts_of_the_api_and_of_azure_are_known_on_every_port(host, port):
    assert Hosts.of(environ={}).match("https", host, port)
    assert Hosts.of(environ={}).match("http", host, port, "/whatever")


@pytest.mark.parametrize(
    "host",
    [
        "openai.com",
        "eu-api.openai.com",
        "openai.azure.com",
        "azure.com",
        "cognitiveservices.azure.com",
        "api.openai.com.evil.example",
        "evilapi.openai.com",
        "localhost",
    ],
)
def test_other_hosts_are_not(host):
    assert not Hosts.of(environ={}).match("https", host, None)


@pytest.mark.parametrize(
    "host",
    [
        "my-resource.cognitiveservices.azure.com",
        "my-resource.cognitiveservices.azure.us",
        "my-resource.cognitiveservices.azure.cn",
        "my-resource.services.ai.azure.com",
    ],
)
def test_of_azures_shared_hosts_only_what_lies_below_openai_is_meant(host):
    hosts = Hosts.of(environ={})
    assert hosts.match("https", host, None)
    assert hosts.match("https", host, None, "/openai/threads")
    assert hosts.match("https", host, None, "//openai/v1/threads")
    assert not hosts.match("https", host, None, "/vision/v3.2/analyze")
    assert not hosts.match("https", host, None, "/api/projects/p/assistants")
    assert Hosts.of([host], environ={}).match("https", host, None, "/vision/v3.2/analyze")


@pytest.mark.parametrize(
    "entry", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "https://bücher.example/v1"]
)
def test_a_host_that_is_not_ascii_is_that_of_the_wire(entry):
    assert Hosts.of([entry], environ={}).match("https", "xn--bcher-kva.example", None)


def test_a_star_stands_for_every_host_below_a_domain_that_is_not_ascii():
    hosts = Hosts.of(["*.bücher.example"], environ={})
    assert hosts.match("https", "api.xn--bcher-kva.example", None)
    assert not hosts.match("https", "xn--bcher-kva.example", None)


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


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"])
def test_the_base_url_of_the_environment_is_read_when_the_hosts_are_made(monkeypatch, variable):
    monkeypatch.setenv(variable, "http://localhost:1234/v1")
    hosts = Hosts.of()
    monkeypatch.setenv(variable, "http://localhost:4321/v1")
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
        "bü_cher.example",
        "*.ü*.example",
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


def test_each_of_the_routes_is_let_through():
    through = Passthrough.of(["POST /v1/embeddings", "/v1/audio/*"])
    assert through.match("POST", "/v1/embeddings")
    assert through.match("GET", "/v1/audio/speech")
    assert not through.match("GET", "/v1/embeddings")


def test_nothing_is_let_through_by_default():
    assert not Passthrough.of().match("POST", "/v1/embeddings")


def test_what_is_no_route_is_refused():
    with pytest.raises(UsageError, match=r"passthrough= takes routes such as .*, not 'v1/embeddings'"):
        Passthrough.of(["/v1/models", "v1/embeddings"])


def test_one_text_for_a_list_of_routes_is_refused():
    with pytest.raises(UsageError, match="not one text"):
        Passthrough.of("POST /v1/embeddings")


HOSTS = Hosts.of(["gateway.example:8000", "*.corp.example", "named.example"], environ={})


@pytest.mark.parametrize(
    "host, known",
    [
        ("api.openai.com", True),
        ("named.example", True),
        ("a.corp.example", True),
        ("gateway.example", True),
        ("my-resource.cognitiveservices.azure.com", True),
        ("example.com", False),
        ("corp.example", False),
    ],
)
def test_a_host_is_known_if_it_matches_on_some_port_and_path(host, known):
    assert HOSTS.know(host) is known
    places = [("https", None), ("http", None), ("http", 8000)]
    assert any(HOSTS.match(scheme, host, port) for scheme, port in places) is known
