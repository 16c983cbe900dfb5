"""Every kind of client, built before or inside the block, in every form of call that its SDK has."""

from __future__ import annotations

import asyncio
import inspect
import re
from contextlib import ExitStack
from importlib.util import find_spec

import openai
import pytest

from simulator.transport import libraries
from simulator.transport.interception import intercepting

LIB = libraries.sdk_library()
KEY = {"api_key": "sk-test", "max_retries": 0}
OPENAI = "https://api.openai.com/v1"
AZURE = "https://my-resource.openai.azure.com"
VERSION = "2024-05-01-preview"


class Own(LIB.HTTPTransport):
    """A subclass with a method of its own."""

    def handle_request(self, request):
        return super().handle_request(request)


class AsyncOwn(LIB.AsyncHTTPTransport):
    """As `Own`."""

    async def handle_async_request(self, request):
        return await super().handle_async_request(request)


class Wrapping(LIB.BaseTransport, LIB.AsyncBaseTransport):
    """A transport of somebody's that wraps a real one, as caching and retrying ones do."""

    def __init__(self):
        self.inner, self.async_inner = LIB.HTTPTransport(), LIB.AsyncHTTPTransport()

    def handle_request(self, request):
        return self.inner.handle_request(request)

    async def handle_async_request(self, request):
        return await self.async_inner.handle_async_request(request)


def injected(options, async_options=None):
    """Return builders of a sync and an async client around http clients; `options` makes what those are made of."""
    return (
        lambda: openai.OpenAI(http_client=LIB.Client(**options()), **KEY),
        lambda: openai.AsyncOpenAI(http_client=LIB.AsyncClient(**(async_options or options)()), **KEY),
    )


def at(base_url, **options):
    """Return builders of a sync and an async client with a base URL."""
    return (
        lambda: openai.OpenAI(base_url=base_url, **options, **KEY),
        lambda: openai.AsyncOpenAI(base_url=base_url, **options, **KEY),
    )


def azure(**options):
    options = {"api_version": VERSION, **options, **KEY}
    return lambda: openai.AzureOpenAI(**options), lambda: openai.AsyncAzureOpenAI(**options)


def hook(_request_or_response):
    pass


async def async_hook(_request_or_response):
    await asyncio.sleep(0)


def module():
    openai._reset_client()
    openai.api_key = "sk-test"
    return openai


def copied(client):
    return client.with_options(timeout=3, default_headers={"X-Mine": "1"}).copy()


# What the base URL becomes on the wire, and how a sync and an async client are built; None: there is none.
KINDS = {
    "OpenAI": (OPENAI, *at(None)),
    "copies": (OPENAI, lambda: copied(openai.OpenAI(**KEY)), lambda: copied(openai.AsyncOpenAI(**KEY))),
    "module": (OPENAI, module, None),
    "data residency": ("https://eu.api.openai.com/v1", *at("https://eu.api.openai.com/v1")),
    "trailing slash": (OPENAI, *at(f"{OPENAI}/")),
    "upper case": (OPENAI, *at("HTTPS://API.OpenAI.com/v1")),
    "default port": (OPENAI, *at("https://api.openai.com:443/v1")),
    "other port": ("https://api.openai.com:8443/v1", *at("https://api.openai.com:8443/v1")),
    "http": ("http://api.openai.com/v1", *at("http://api.openai.com/v1")),
    "odd prefix": ("http://gateway.example:8000/api/openai/v1", *at("http://gateway.example:8000/api/openai/v1")),
    "no prefix": ("http://gateway.example:8000", *at("http://gateway.example:8000")),
    "punycode": ("https://xn--bcher-kva.example/v1", *at("https://xn--bcher-kva.example/v1")),
    "not ascii": ("https://xn--bcher-kva.example/v1", *at("https://bücher.example/v1")),
    "OPENAI_BASE_URL": ("https://variable.example/v1", *at(None)),
    "AzureOpenAI": (f"{AZURE}/openai", *azure(azure_endpoint=AZURE)),
    "Azure, from the environment": ("https://apim.example/openai", *azure()),
    "Azure, base URL": (f"{AZURE}/openai", *azure(base_url=f"{AZURE}/openai")),
    "Azure, another cloud": (
        "https://my-resource.openai.azure.us/openai",
        *azure(azure_endpoint="https://my-resource.openai.azure.us/"),
    ),
    "Azure, shared host": (
        "https://my-resource.cognitiveservices.azure.com/openai",
        *azure(azure_endpoint="https://my-resource.cognitiveservices.azure.com/"),
    ),
    "Azure, v1 path": (f"{AZURE}/openai/v1", *at(f"{AZURE}/openai/v1/", default_query={"api-version": "preview"})),
    "Foundry, v1 path": (
        "https://my-resource.services.ai.azure.com/openai/v1",
        *at("https://my-resource.services.ai.azure.com/openai/v1/"),
    ),
    "http client": (OPENAI, *injected(dict)),
    "retries": (
        OPENAI,
        *injected(
            lambda: {"transport": LIB.HTTPTransport(retries=2)},
            lambda: {"transport": LIB.AsyncHTTPTransport(retries=2)},
        ),
    ),
    "own transport": (OPENAI, *injected(lambda: {"transport": Own()}, lambda: {"transport": AsyncOwn()})),
    "wrapping transport": (OPENAI, *injected(lambda: {"transport": Wrapping()})),
    "mounts": (
        OPENAI,
        *injected(lambda: {"mounts": {"all://": Own()}}, lambda: {"mounts": {"all://": AsyncOwn()}}),
    ),
    "mount of the host": (OPENAI, *injected(lambda: {"mounts": {"https://api.openai.com": Wrapping()}})),
    "proxy": (OPENAI, *injected(lambda: {"proxy": "http://proxy.example:3128"})),
    "HTTPS_PROXY": (OPENAI, *at(None)),
    "event hooks": (
        OPENAI,
        *injected(
            lambda: {"event_hooks": {"request": [hook], "response": [hook]}},
            lambda: {"event_hooks": {"request": [async_hook], "response": [async_hook]}},
        ),
    ),
    "http/2": (OPENAI, *injected(lambda: {"http2": True})),
    "DefaultHttpxClient": (
        OPENAI,
        lambda: openai.OpenAI(http_client=openai.DefaultHttpxClient(timeout=3), **KEY),
        lambda: openai.AsyncOpenAI(http_client=openai.DefaultAsyncHttpxClient(timeout=3), **KEY),
    ),
    "DefaultAioHttpClient": (
        OPENAI,
        None,
        lambda: openai.AsyncOpenAI(http_client=openai.DefaultAioHttpClient(), **KEY),
    ),
}  # fmt: skip
NEEDS = {"http/2": "h2", "DefaultAioHttpClient": "aiohttp"}
ENVIRONMENT = {
    "OPENAI_BASE_URL": ("OPENAI_BASE_URL", "https://variable.example/v1"),
    "Azure, from the environment": ("AZURE_OPENAI_ENDPOINT", "https://apim.example"),
    "HTTPS_PROXY": ("HTTPS_PROXY", "http://proxy.example:3128"),
}
HOSTS = ["gateway.example:8000", "bücher.example"]


@pytest.fixture(params=KINDS)
def kind(request, monkeypatch):
    name = request.param
    if name in NEEDS and not find_spec(NEEDS[name]):
        pytest.skip(f"{NEEDS[name]} is not installed")
    if name.startswith("Default") and not hasattr(openai, name):
        pytest.skip(f"{name} is younger than this SDK")
    if name in ENVIRONMENT:
        monkeypatch.setenv(*ENVIRONMENT[name])
    for variable in ("api_key", "base_url"):  # of the module-level client, and put back afterwards
        monkeypatch.setattr(openai, variable, getattr(openai, variable))
    return KINDS[name]


@pytest.fixture(params=["before", "inside"])
def build(request, api):
    """Build a client before the block or inside; the block is open when it is there."""
    with ExitStack() as stack:

        def build(make):
            client = make() if request.param == "before" else None
            stack.enter_context(intercepting(api.interceptor(hosts=HOSTS)))
            return client or make()

        yield build


RUN = {"run_id": "run_1", "thread_id": "thread_1"}
CREATE = {"thread_id": "thread_1", "assistant_id": "asst_1"}


def streams(runs):
    return "stream" in inspect.signature(type(runs).create).parameters


def test_a_sync_client_in_every_form_of_call(kind, build, api, network):
    base_url, make, _ = kind
    if make is None:
        pytest.skip("async only")
    client = build(make)
    runs = client.beta.threads.runs
    assert runs.retrieve(**RUN).metadata == {"by": "canned"}
    assert url_of(api.requests[0]) == f"{base_url}/threads/thread_1/runs/run_1"
    assert runs.with_raw_response.retrieve(**RUN).parse().id == "run_1"
    if hasattr(runs, "with_streaming_response"):
        with runs.with_streaming_response.retrieve(**RUN) as response:
            assert response.parse().id == "run_1"
    if streams(runs):
        with runs.create(**CREATE, stream=True) as stream:
            assert [(event.data.id, api.produced) for event in stream] == LAZY
    if hasattr(runs, "stream"):
        with runs.stream(**CREATE) as events:
            assert [event.data.id for event in events] == [run_id for run_id, _ in LAZY]
    assert network.requests == []


LAZY = [(f"run_{number}", number + 1) for number in range(5)]  # what arrives, and how much was made by then


def test_an_async_client_in_every_form_of_call(kind, build, api, network):
    base_url, _, make = kind
    if make is None:
        pytest.skip("sync only")

    async def main():
        client = build(make)
        runs = client.beta.threads.runs
        assert (await runs.retrieve(**RUN)).metadata == {"by": "canned"}
        assert url_of(api.requests[0]) == f"{base_url}/threads/thread_1/runs/run_1"
        assert (await runs.with_raw_response.retrieve(**RUN)).parse().id == "run_1"
        if hasattr(runs, "with_streaming_response"):
            async with runs.with_streaming_response.retrieve(**RUN) as response:
                assert (await response.parse()).id == "run_1"
        if streams(runs):
            stream = await runs.create(**CREATE, stream=True)
            assert [(event.data.id, api.produced) async for event in stream] == LAZY
        if hasattr(runs, "stream"):
            async with runs.stream(**CREATE) as events:
                assert [event.data.id async for event in events] == [run_id for run_id, _ in LAZY]
        await client.close()

    asyncio.run(main())
    assert network.requests == []


def url_of(request):
    # older SDKs (seen in 1.40) keep the slash at the end of an endpoint, and add one
    return request.base_url + re.sub("^//", "/", request.path)


@pytest.mark.parametrize("options", [{"azure_endpoint": AZURE}, {"azure_endpoint": AZURE, "azure_deployment": "gpt"}])
def test_azure_sends_its_version_and_key(api, options):
    make, _ = azure(**options)
    with intercepting(api.interceptor()):
        make().beta.threads.runs.retrieve(**RUN)
    (request,) = api.requests
    assert request.query == f"api-version={VERSION}"
    assert request.headers["api-key"] == "sk-test"
    assert request.path.startswith("/openai/")


def test_event_hooks_are_called_once_a_request(api, sdk, retrieve):
    seen = []
    hooks = {"request": [lambda request: seen.append(request.method)], "response": [lambda response: seen.append(200)]}
    with intercepting(api.interceptor()):
        retrieve(sdk(http_client=LIB.Client(event_hooks=hooks)))
    assert seen == ["GET", 200]
