"""Modules that are imported while a simulator is active."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.transport import late_imports
from simulator.transport.late_imports import ImportWatch

ROOT = Path(late_imports.__file__).parents[2]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `late_package` with a module `inner`, which is forgotten afterwards."""
    folder = tmp_path / "late_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "inner.py").write_text("value = 7\n")
    (folder / "other.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield "late_package"
    for name in [name for name in sys.modules if name.startswith("late_package")]:
        del sys.modules[name]


@pytest.fixture
def noticed():
    return []


@pytest.fixture
def watch(package, noticed):
    def notice():
        noticed.append(sys.modules[f"{package}.inner"].value)

    watch = ImportWatch([f"{package}.inner"], notice)
    yield watch
    watch.off()


def test_the_end_of_an_import_is_noticed_once(watch, noticed):
    watch.on()
    watch.on()
    importlib.import_module("late_package.inner")
    importlib.import_module("late_package.inner")
    importlib.import_module("late_package.other")
    assert noticed == [7]


def test_off_is_off(watch, noticed):
    watch.on()
    watch.off()
    watch.off()
    importlib.import_module("late_package.inner")
    assert noticed == []


def test_the_module_looks_as_always(watch):
    watch.on()
    watched = importlib.import_module("late_package.inner")
    other = importlib.import_module("late_package.other")
    assert type(watched.__loader__) is type(other.__loader__)
    assert watched.__spec__.loader is watched.__loader__


def test_a_module_that_does_not_exist_is_an_import_error(noticed):
    watch = ImportWatch(["no_such_module_anywhere"], lambda: noticed.append(1))
    watch.on()
    try:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("no_such_module_anywhere")
        assert importlib.util.find_spec("no_such_module_anywhere") is None
    finally:
        watch.off()
    assert noticed == []


def test_a_module_that_fails_is_not_noticed(package, noticed, tmp_path):
    (tmp_path / package / "broken.py").write_text("1 / 0\n")
    watch = ImportWatch([f"{package}.broken"], lambda: noticed.append(1))
    watch.on()
    try:
        with pytest.raises(ZeroDivisionError):
            importlib.import_module(f"{package}.broken")
    finally:
        watch.off()
    assert noticed == []


# In a fresh process, because here everything is loaded.
PROGRAM = """
import sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of the Assistants endpoints
from simulator.api.wire import json_response
from simulator.transport.active import Interceptor
from simulator.transport.hosts import Hosts, Passthrough
from simulator.transport.interception import intercepting

def handle(request):
    return json_response(200, {"id": "run_1", "metadata": {"by": "simulator"}}, {})

interceptor = Interceptor(
    handle=handle, wait_until=lambda due: None, hosts=Hosts.of(), passthrough=Passthrough.of()
)

def ask(run_id):
    import openai
    client = openai.OpenAI(api_key="sk-test", max_retries=0)
    print(client.beta.threads.runs.retrieve(run_id, thread_id="thread_1").metadata["by"])

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise BaseException("the network was reached")

sys.addaudithook(refuse)
"""


def run(program):
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.stdout.split()


def test_activating_imports_no_library():
    assert run("with intercepting(interceptor): print({'httpx', 'httpx2', 'respx'} & set(sys.modules))") == ["set()"]


def test_an_sdk_that_is_imported_inside_the_block_is_caught():
    assert run("with intercepting(interceptor): ask('run_1')") == ["simulator"]


@pytest.mark.parametrize("using", ["", "using='httpx'"], ids=["default", "httpx"])
def test_respx_that_is_imported_inside_the_block_wins(using):
    program = f"""
with intercepting(interceptor):
    ask("run_1")
    import respx
    with respx.mock(assert_all_called=False, {using}) as router:
        router.get("https://api.openai.com/v1/threads/thread_1/runs/run_2").respond(
            json={{"id": "run_2", "metadata": {{"by": "respx"}}}}
        )
        ask("run_1")
        ask("run_2")
"""
    assert run(program) == ["simulator", "simulator", "respx"]


def test_vcrpy_that_is_imported_inside_the_block_neither_plays_nor_records(tmp_path):
    program = f"""
with intercepting(interceptor):
    ask("run_1")
    import vcr
    with vcr.use_cassette({str(tmp_path / "cassette.yaml")!r}, record_mode="all") as cassette:
        ask("run_2")
        print(len(cassette))
"""
    assert run(program) == ["simulator", "simulator", "0"]


@pytest.mark.usefixtures("aiohttp")
def test_the_sdks_aiohttp_client_that_is_imported_inside_the_block_is_caught():
    program = """
async def main():
    import openai
    async with openai.AsyncOpenAI(api_key="sk-test", http_client=openai.DefaultAioHttpClient()) as client:
        print((await client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")).metadata["by"])

import asyncio
with intercepting(interceptor):
    asyncio.run(main())
"""
    assert run(program) == ["simulator"]


def test_httpx_may_be_made_an_alias_inside_the_block():
    if importlib.util.find_spec("httpx2") is None or not hasattr(importlib.import_module("httpx2"), "alias_httpx"):
        pytest.skip("httpx2 without alias_httpx")
    program = """
with intercepting(interceptor):
    import httpx2
    httpx2.alias_httpx()
    import httpx
    print(httpx is httpx2)
    print(httpx.get("https://api.openai.com/v1/models").json()["metadata"]["by"])
"""
    assert run(program) == ["True", "simulator"]
