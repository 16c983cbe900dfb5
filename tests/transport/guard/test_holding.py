"""Which patches there are, when, and that nothing is left of them."""

from __future__ import annotations

import functools
import socket
import subprocess
import sys
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path

import pytest

from simulator.errors import RequestBlocked
from simulator.transport import guard
from simulator.transport.guard import doors

ROOT = Path(guard.__file__).parents[3]
SOCKS = ("Socks5Connection",) if find_spec("socksio") else ()
KINDS = ("HTTPConnection", "ForwardHTTPConnection", "TunnelHTTPConnection", *SOCKS)


@pytest.mark.parametrize("core", ["httpcore", "httpcore2"])
def test_every_connection_of_httpcore_is_a_door(core):
    owners = {owner.__name__ for owner in map(itemgetter(0), doors._in_httpcore(sys.modules[core]))}
    assert owners == {*KINDS, *(f"Async{kind}" for kind in KINDS)}


def test_every_door_is_wrapped_once_and_opened_again(guarded):
    before = [(owner, name, vars(owner)[name]) for owner, name, _ in doors.targets()]
    assert len(before) == len(set(before)) > 20
    with guarded(), guarded():
        for owner, name, genuine in before:
            assert vars(owner)[name].__wrapped__ is genuine
    assert before == [(owner, name, vars(owner)[name]) for owner, name, _ in doors.targets()]


def test_a_patch_that_was_put_on_top_meanwhile_is_left_alone(guarded, monkeypatch):
    genuine = socket.getaddrinfo
    with guarded():
        ours = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", functools.partial(ours, type=socket.SOCK_STREAM))
    assert socket.getaddrinfo("127.0.0.1", 80)
    monkeypatch.undo()
    guard.settle()
    assert socket.getaddrinfo is genuine


def test_a_cassette_that_is_open_hides_no_door(guarded, tmp_path):
    import vcr

    genuine = set(map(id, (owner for owner, _, _ in doors.targets())))
    with vcr.use_cassette(str(tmp_path / "cassette.yaml")):
        assert set(map(id, (owner for owner, _, _ in doors.targets()))) == genuine


# In a fresh process, because here everything is loaded.
PROGRAM = """
import sys
from simulator.api.wire import json_response
from simulator.errors import RequestBlocked
from simulator.transport.active import Interceptor
from simulator.transport.hosts import Hosts, Passthrough
from simulator.transport.interception import intercepting

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise BaseException("the network was reached")

sys.addaudithook(refuse)
interceptor = Interceptor(
    handle=lambda request: None, wait_until=lambda due: None, hosts=Hosts.of(), passthrough=Passthrough.of()
)
URL, PROXY = "https://api.openai.com/v1/models", "http://127.0.0.1:9"
with intercepting(interceptor):
    assert not {name for name in LIBRARIES if name in sys.modules}, sys.modules
    try:
"""
AFTER = """
    except RequestBlocked as stopped:
        print(str(stopped).partition(" (sent")[0])
"""
LATE = {
    "requests": "import requests; requests.get(URL, proxies={'https': PROXY})",
    "urllib3": "import urllib3; urllib3.ProxyManager(PROXY).request('GET', URL)",
    "http.client": "import http.client as c; h = c.HTTPConnection('127.0.0.1', 9); h.set_tunnel('api.openai.com'); "
    "h.request('GET', '/v1/models')",
    "urllib.request": "import urllib.request as r; r.build_opener(r.ProxyHandler({'https': PROXY})).open(URL)",
    "aiohttp": """
        import aiohttp, asyncio
        async def main():
            async with aiohttp.ClientSession() as session:
                await session.get(URL, proxy=PROXY)
        asyncio.run(main())
""",
    "httpcore": "import httpcore; httpcore.HTTPProxy(PROXY).request('GET', URL)",
    "httpcore2": "import httpcore2; httpcore2.HTTPProxy(PROXY).request('GET', URL)",
}


@pytest.mark.parametrize("name", LATE)
def test_a_library_that_is_imported_inside_the_block_is_guarded_too(name):
    program = f"LIBRARIES = [{name!r}]\n{PROGRAM}        {LATE[name]}{AFTER}"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.stdout == f"Blocked: {name} was about to send GET https://api.openai.com/v1/models\n"


def test_a_fork_inside_the_block_is_guarded(guarded):
    program = f"""LIBRARIES = []
{PROGRAM}
        import os, socket
        child = os.fork()
        if child == 0:
            try:
                socket.getaddrinfo("api.openai.com", 443)
            except RequestBlocked:
                os._exit(7)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
{AFTER}"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("7\n", "")


def test_the_import_of_the_guard_loads_no_library():
    program = (
        "import sys; import simulator.transport.guard; print({'http.client', 'httpx', 'asyncio'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("set()\n", "")


def test_the_message_names_no_door_but_who_called_it(guarded):
    with guarded(), pytest.raises(RequestBlocked) as stopped:
        doors.socket.getaddrinfo("api.openai.com", 443)
    assert "simulator/transport" not in str(stopped.value).replace("tests/transport", "")
