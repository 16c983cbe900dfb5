"""The guard in the root's conftest: a test that tries to reach the network fails."""

import asyncio
import socket

import pytest

ELSEWHERE = ("192.0.2.1", 9)  # kept for documentation (RFC 5737): nobody is there, were the guard to fail


async def connect_in_a_loop(sock):
    await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, ELSEWHERE), 1)


@pytest.mark.parametrize(
    "reach",
    [
        lambda sock: sock.connect(ELSEWHERE),
        lambda sock: sock.connect_ex(ELSEWHERE),
        lambda sock: asyncio.run(connect_in_a_loop(sock)),
        lambda sock: socket.create_connection(("api.invalid", 443)),
    ],
    ids=["connect", "connect_ex", "asyncio", "by name"],
)
def test_whoever_connects_elsewhere_fails_the_test(reach):
    with socket.socket() as sock:
        sock.setblocking(False)
        with pytest.raises(pytest.fail.Exception, match=r"A test tried to reach the network: \w+ to \('"):
            reach(sock)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_connected_to(host):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection((host, server.getsockname()[1])):
        server.accept()[0].close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")
def test_so_can_a_unix_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a path may be no longer than some hundred bytes
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")
        server.accept()[0].close()
