"""Cassettes of vcrpy: what it writes is read, and what we write it reads and replays."""

from __future__ import annotations

import gzip
import json
from types import SimpleNamespace

import pytest
import vcr
import yaml
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import jsonserializer, yamlserializer

from simulator.errors import CassetteError
from simulator.recording import forms
from simulator.recording.cassette import Cassette

URI = "https://api.openai.com/v1/threads"
RUN = {"id": "run_1", "object": "thread.run", "text": "größer 😀"}
SERIALIZERS = {"vcrpy": yamlserializer, "vcrpy-json": jsonserializer}


def answered(body, **headers):
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return {"status": {"code": 200, "message": "OK"}, "headers": named, "body": {"string": body}}


def asked(body=b'{"a": 1}'):
    return Request("POST", URI, body, {"OpenAI-Beta": "assistants=v2", "User-Agent": "OpenAI/Python 1.30.1"})


def written(serializer, *pairs):
    """What vcrpy writes of pairs of request and response."""
    requests, responses = zip(*pairs, strict=True)
    return serialize({"requests": list(requests), "responses": list(responses)}, serializer)


@pytest.mark.parametrize("form", SERIALIZERS)
def test_what_vcrpy_writes_is_read(saved, form):
    text = json.dumps(RUN)
    path = saved(written(SERIALIZERS[form], (asked(), answered(text, content_type="application/json"))))
    cassette = forms.load(path)
    (one,) = cassette.interactions
    assert (cassette.form, cassette.head.api_version, cassette.head.sdk) == (form, "v2", "OpenAI/Python 1.30.1")
    assert (one.request.method, one.request.uri, one.request.json) == ("POST", URI, {"a": 1})
    assert (one.response.status, one.response.json) == (200, RUN)


def test_bodies_that_vcrpy_left_compressed_are_read(saved):
    body = gzip.compress(json.dumps(RUN).encode())
    path = saved(written(yamlserializer, (asked(), answered(body, content_encoding="gzip", content_length="99"))))
    assert "!!binary" in path.read_text()
    (one,) = forms.load(path).interactions
    assert one.response.json == RUN
    assert dict(one.response.headers) == {}


def test_bodies_that_vcrpy_decompressed_keep_their_header_and_are_read(saved):
    path = saved(written(yamlserializer, (asked(), answered(json.dumps(RUN), content_encoding="gzip"))))
    assert forms.load(path).interactions[0].response.json == RUN


def test_a_compression_that_nobody_here_undoes_is_named(saved):
    path = saved(written(yamlserializer, (asked(), answered(b"\x1b\x00\xf8\xff", content_encoding="br"))))
    with pytest.raises(CassetteError, match=r"cassette\.yaml:\d+: `interactions\[0\]\.response`: the body is .* br"):
        forms.load(path)


def test_headers_that_two_requests_share_are_aliases_and_are_read(saved):
    shared = {"Accept": ["*/*"], "X-Both": ["a", "b"]}
    pair = {
        "request": {"method": "GET", "uri": URI, "body": None, "headers": shared},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": shared, "body": {"string": "{}"}},
    }
    text = yaml.dump({"interactions": [pair, dict(pair)], "version": 1})
    assert "*id" in text
    first, second = forms.load(saved(text)).interactions
    assert dict(first.request.headers) == dict(second.response.headers) == {"accept": "*/*", "x-both": "a, b"}


@pytest.mark.parametrize(
    "response",
    [
        {"status_code": 200, "headers": {"Content-Type": "application/json"}, "content": '{"a": 1}'},
        {"status": {"code": 200, "message": None}, "headers": None, "body": {"base64_string": "eyJhIjogMX0="}},
        {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b'{"a": 1}'}},
        {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": '{"a": 1}'},
        {"status": {"code": 200, "message": "OK"}, "headers": {}, "parsed_body": {"a": 1}},
    ],
    ids=["httpx until 5", "base64", "binary", "text", "parsed"],
)
def test_all_that_vcrpy_and_its_users_ever_wrote_of_a_body_is_read(saved, response):
    one = {"request": {"method": "post", "uri": URI, "parsed_body": {"b": 2}}, "response": response}
    (read,) = forms.load(saved(yaml.dump({"interactions": [one], "version": 1}))).interactions
    assert (read.request.method, read.request.json, read.response.json) == ("POST", {"b": 2}, {"a": 1})


def test_a_response_without_a_status_is_refused_with_its_line(saved):
    one = {"request": {"method": "GET", "uri": URI}, "response": {"headers": {}, "body": "x"}}
    path = saved(yaml.dump({"interactions": [one], "version": 1}))
    with pytest.raises(CassetteError, match=r"cassette\.yaml:\d+: `interactions\[0\]\.response`: it has no status\."):
        forms.load(path)


@pytest.mark.parametrize("form", SERIALIZERS)
def test_vcrpy_reads_what_we_write(session, saved, form):
    # Its JSON has no bytes: only of texts can both serializers be asked.
    texts = Cassette(interactions=session.interactions[:2])
    read = SERIALIZERS[form].deserialize(forms.write(texts, form))
    assert [one["response"]["body"]["string"] for one in read["interactions"]] == [
        one.response.body.decode() for one in texts.interactions
    ]


def test_vcrpy_replays_what_we_write(session, saved):
    path = saved(forms.write(session, "vcrpy"))
    with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]) as played:
        for one in session.interactions:
            request = Request(one.request.method, one.request.uri, one.request.body or None, {})
            answer = played.play_response(request)
            assert answer["status"]["code"] == one.response.status
            body = answer["body"]["string"]
            assert (body if isinstance(body, bytes) else body.encode()) == one.response.body


def test_a_number_in_the_place_of_the_interactions_is_no_cassette_of_vcrpy(saved):
    with pytest.raises(CassetteError, match=r"cassette\.yaml:1: `interactions`: Input should be a valid list"):
        forms.load(saved("interactions: 1\nversion: 1\n"))


def test_a_namespace_is_not_read():
    text = yaml.dump({"interactions": [], "x": SimpleNamespace(a=1)})
    assert "!!python/object" in text
