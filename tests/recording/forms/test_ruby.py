"""Cassettes of Ruby's VCR, as its Psych writes them."""

from __future__ import annotations

import textwrap

import pytest

from simulator.errors import CassetteError
from simulator.recording import forms


def written(body, *, recorded_at="Mon, 29 Apr 2024 15:57:33 GMT"):
    return textwrap.dedent(f"""\
        ---
        http_interactions:
        - request:
            method: post
            uri: https://api.openai.com/v1/threads
            body:
              encoding: UTF-8
              string: '{{"a":1}}'
            headers:
              Openai-Beta:
              - assistants=v2
              Accept-Encoding:
              - gzip;q=1.0,deflate;q=0.6,identity;q=0.3
          response:
            status:
              code: 200
              message: OK
            headers:
              Content-Type:
              - application/json
            body:
              {body}
          recorded_at: {recorded_at}
        recorded_with: VCR 6.2.0
        """)


@pytest.mark.parametrize(
    "body,read",
    [
        ('encoding: UTF-8\n      string: \'{"id":"thread_1"}\'', b'{"id":"thread_1"}'),
        ("encoding: ASCII-8BIT\n      string: !binary |-\n        eyJpZCI6IuKCrCJ9", '{"id":"€"}'.encode()),
        ("encoding: ASCII-8BIT\n      string: !!binary |\n        eyJpZCI6IuKCrCJ9", '{"id":"€"}'.encode()),
        ("encoding: ASCII-8BIT\n      base64_string: |\n        eyJpZCI6IuKCrCJ9", '{"id":"€"}'.encode()),
        ("encoding: US-ASCII\n      string: ''", b""),
        ("encoding: US-ASCII\n      string:", b""),
    ],
    ids=["text", "binary", "binary of YAML", "base64", "empty", "null"],
)
def test_a_body_is_read_however_it_is_written(saved, body, read):
    cassette = forms.load(saved(written(body.replace("\n      ", "\n              ")), "cassette.yml"))
    (one,) = cassette.interactions
    assert (cassette.form, cassette.head.api_version, one.recorded_at) == ("ruby", "v2", "2024-04-29T15:57:33Z")
    assert (one.request.method, one.request.json, one.line) == ("POST", {"a": 1}, 3)
    assert one.response.body == read


def test_symbols_are_texts(saved):
    text = written("encoding: :utf8\n              string: :ok")
    assert forms.load(saved(text)).interactions[0].response.body == b":ok"


def test_a_date_that_is_none_says_nothing(saved):
    text = written("encoding: UTF-8\n              string: x", recorded_at="yesterday")
    assert forms.load(saved(text)).interactions[0].recorded_at is None


def test_what_is_no_base64_is_refused_with_its_line(saved):
    path = saved(written("encoding: ASCII-8BIT\n              base64_string: a"))
    with pytest.raises(
        CassetteError, match=r"cassette\.yaml:\d+: `http_interactions\[0\]\.response\.body`: Invalid base64"
    ):
        forms.load(path)


def test_an_object_of_ruby_is_not_built(saved):
    text = written("encoding: UTF-8\n              string: !ruby/object:Gem::Requirement {}")
    with pytest.raises(CassetteError, match=r"cassette\.yaml:23: the tag '!ruby/object:Gem::Requirement' would build"):
        forms.load(saved(text))


def test_what_we_write_reads_as_ruby_writes(session):
    text = forms.write(session, "ruby")
    assert "    method: post\n" in text
    assert "      Content-Type:\n      - application/json\n" in text
    assert "recorded_at: Wed, 01 May 2024 10:00:00 GMT\n" in text
