"""Files that were made to break the reader, and bodies that no file in UTF-8 can hold as they are."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from simulator.errors import CassetteError
from simulator.recording import forms
from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.events import Event, stream_of
from simulator.recording.forms import form as form_module
from simulator.recording.scrubbing import Scrubber

ADDRESS = "https://api.openai.com/v1/threads"


def answered(body, kind="application/json", **given):
    return Cassette(
        interactions=[
            Interaction(
                request=RecordedRequest(method="POST", uri=ADDRESS),
                response=RecordedResponse(status=200, headers={"content-type": kind}, body=body),
                **given,
            )
        ]
    )


@pytest.mark.parametrize("uri", ["http://[::1/v1/threads", "http://host:99999999/v1/threads"])
def test_an_address_that_is_none_is_refused_with_its_line(saved, uri):
    path = saved(forms.write(answered(b"{}"), "own").replace(ADDRESS, f"'{uri}'"))
    with pytest.raises(CassetteError, match=r"cassette\.yaml:3: `uri`: this is no address"):
        forms.load(path)


def test_a_body_that_unzips_without_end_is_refused(saved, monkeypatch):
    monkeypatch.setattr(form_module, "MAX_UNZIPPED", 1 << 20)
    bomb = base64.b64encode(gzip.compress(bytes(2 << 20))).decode()
    response = {"status": {"code": 200, "message": "OK"}, "headers": {"content-encoding": ["gzip"]}}
    request = {"method": "GET", "uri": ADDRESS, "headers": {}, "body": None}
    one = {"request": request, "response": {**response, "body": {"base64_string": bomb}}}
    path = saved(json.dumps({"version": 1, "interactions": [one]}))
    with pytest.raises(CassetteError, match="unzips to more than 1 MiB"):
        forms.load(path)


@pytest.mark.parametrize("form", forms.NAMES)
@pytest.mark.parametrize("more", ["", " ann@acme-corp.io"])
def test_half_an_emoji_survives(rewritten, form, more):
    """Models cut emoji in two: JSON says the half by an escape."""
    value = {"id": "thread_1", "text": f"\ud83d{more}"}
    events = stream_of([Event("thread.message.delta", json.dumps(value))])
    expected = {"id": "thread_1", "text": f"\ud83d{' someone@example.com' if more else ''}"}
    whole = rewritten(Scrubber().cassette(answered(json.dumps(value).encode())), form).interactions[0].response
    assert json.loads(whole.body) == expected
    stream = rewritten(Scrubber().cassette(answered(events, "text/event-stream")), form).interactions[0].response
    assert json.loads(stream.events[0].data) == expected


@pytest.mark.parametrize("form", forms.NAMES)
def test_a_body_that_nests_deep_is_written_as_it_is(rewritten, form):
    body = b"[" * 50_000
    assert rewritten(Scrubber().cassette(answered(body)), form).interactions[0].response.body == body


def test_a_date_that_is_none_says_nothing_in_a_cassette_of_ruby(rewritten):
    again = rewritten(answered(b"{}", recorded_at="yesterday"), "ruby")
    assert again.interactions[0].recorded_at is None


def test_a_body_of_half_an_emoji_that_is_no_json_stands_as_json_says_it(saved):
    one = {"method": "GET", "path": "/v1/files/file_1/content", "status": 200, "response_body": "\ud83d"}
    source = "\ud83d"
    cassette = forms.load(saved(json.dumps({"source": source, "exchanges": [one]})))
    assert cassette.interactions[0].response.body == rb"\ud83d"
    assert r"\ud83d" in forms.write(cassette, "own")
