"""What a hostile or broken client sends: a clear error, the state as before, and the server alive."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

V2 = {"openai-beta": "assistants=v2", "content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=XX"}
PART = b"--XX\r\nContent-Disposition: form-data; "
HEAD = PART + b'name="purpose"\r\n\r\nassistants\r\n' + PART
DEEP = 100_000


def form(filename=b"a.txt", end=b"\r\n--XX--\r\n"):
    return HEAD + b'name="file"; filename="' + filename + b'"\r\n\r\nhello' + end


def asked(base_url, method, path, body=None, headers=V2):
    address = urlsplit(base_url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)


@pytest.fixture
def unchanged(sim):
    """The state without the clock and the ids of requests, which every request moves."""

    def state():
        saved = json.loads(sim.dump())["backend"]
        return {key: value for key, value in saved.items() if key not in ("now", "ids")}

    before = state()
    yield
    assert state() == before


NOT_JSON = "We could not parse the JSON body of your request."
WRONG = {
    "a form that is cut short": ("POST", "/v1/files", form(end=b""), FORM, 400, "it ends before its last boundary"),
    "a form cut in its headers": ("POST", "/v1/files", form()[:90], FORM, 400, "it ends before its last boundary"),
    "a form without boundary": ("POST", "/v1/files", form(), {"content-type": "multipart/form-data"}, 400, "boundary"),
    "deep JSON": ("POST", "/v1/threads", b'{"a":' * DEEP + b"1" + b"}" * DEEP, V2, 400, NOT_JSON),
    "NaN": ("POST", "/v1/threads", b'{"metadata": {"a": NaN}}', V2, 400, NOT_JSON),
    "no UTF-8": ("POST", "/v1/threads", b'{"metadata": {"a": "\xff"}}', V2, 400, NOT_JSON),
    "half a surrogate pair": ("POST", "/v1/threads", b'{"metadata": {"a": "\\ud800"}}', V2, 400, NOT_JSON),
    "a cursor of another collection": ("GET", "/v1/assistants?after=msg_1", None, V2, 404, "No assistant found with"),
    "an id with a slash": ("GET", "/v1/threads/a%2Fb", None, V2, 400, "Invalid 'thread_id': 'a/b'."),
    "an id with a zero byte": ("GET", "/v1/threads/%00", None, V2, 400, "Invalid 'thread_id'"),
    "a path that climbs": ("GET", "/v1/../_simulator/state", None, V2, 404, "Invalid URL"),
    "an admin body that is deep": ("POST", "/_simulator/put", b"[" * DEEP + b"]" * DEEP, V2, 400, "recursion limit"),
    "an admin number that is none": ("POST", "/_simulator/clock", b'{"advance": NaN}', V2, 400, "a finite number of"),
    "an admin clock without end": (
        "POST",
        "/_simulator/clock",
        b'{"advance": 1e300}',
        V2,
        400,
        "ends with the year 9999",
    ),
    "an admin clock that goes back": ("POST", "/_simulator/clock", b'{"advance": -1}', V2, 400, "A reset begins anew"),
    "an admin route for a page": ("GET", "/_simulator/state", None, {"origin": "http://localhost:3000"}, 403, "page"),
    "a name that leads here": ("GET", "/_simulator/state", None, {"host": "evil.example"}, 403, "not this machine's"),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method, path, body, headers, status, told", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(*, base_url, method, path, body, headers, status, told):
    answered, text, headers = asked(base_url, method, path, body, headers)
    assert (answered, told in json.loads(text)["error"]["message"]) == (status, True), text
    assert "access-control-allow-origin" not in {name.lower() for name in headers}
    assert asked(base_url, "GET", "/_simulator/health")[0] == 200


@pytest.mark.parametrize("name", [b"../../etc/passwd", rb"..\..\x.txt", b"a\x00b.txt", b"a%0d%0aset-cookie: x", b""])
def test_a_name_of_a_file_leads_nowhere(sim, base_url, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, body, _ = asked(base_url, "POST", "/v1/files", form(name), FORM)
    file = json.loads(body)
    assert (status, file["filename"]) == (200, name.decode())
    status, content, headers = asked(base_url, "GET", f"/v1/files/{file['id']}/content")
    assert (status, content) == (200, b"hello")
    assert "set-cookie" not in {one.lower() for one in headers}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unchanged")
def test_of_a_key_that_is_there_twice_the_last_counts_and_nothing_breaks(base_url):
    body = b'{"metadata": {"a": "1"}, "metadata": {"a": 2}}'
    status, text, _ = asked(base_url, "POST", "/v1/threads", body)
    assert (status, json.loads(text)["error"]["param"]) == (400, "metadata.a")


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1_000, b"x" * 100_000]
)
def test_what_is_no_http_ends_its_connection_only(base_url, sim, noise):
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(noise)
    assert asked(base_url, "POST", "/v1/threads", b"{}")[0] == 200
