"""Secrets where nobody looks for them: behind escapes, in wide characters, in mails, in heads, names and places."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from simulator.recording import forms
from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from simulator.recording.scrubbing import Scrubber

KEY = "sk-proj-Zq8Wm3Xv7Lp2Kd9Ts4Rb6"
# A key of another service, which nothing but its header shows to be one.
TOKEN = "zQ7+/vB3nM9kL2pX5wR8==abc"


def interaction(body=b"", headers=None, answer=b"{}", answers=None):
    return Interaction(
        request=RecordedRequest(
            method="POST",
            uri="https://api.openai.com/v1/threads",
            headers={"authorization": f"Bearer {TOKEN}", **(headers or {})},
            body=body,
        ),
        response=RecordedResponse(status=200, headers=answers or {"content-type": "application/json"}, body=answer),
    )


def scrubbed(one):
    return Scrubber().cassette(Cassette(interactions=[one], head=head_of([one])))


def file_of(one):
    return forms.write(scrubbed(one), "own")


@pytest.mark.parametrize(
    "before",
    ["a\\n", "a\\t", "a\\u003d", "a\\x1b", "https%3A%2F%2Fx%3Fk%3D", "k%253D", "\x1b[1m", "\\u001b[31m", "="],
)
def test_a_key_is_found_behind_an_escape(before):
    assert KEY not in file_of(interaction(f'no JSON: "{before}{KEY}"'.encode()))


def test_words_that_end_like_the_beginning_of_a_key_stay():
    body = b"a risk-assessment-of-the-whole-year, C:\\desk-plans-of-the-year-2026"
    assert scrubbed(interaction(body)).interactions[0].request.body == body


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("around", ["é {} and more", "{}"])
def test_a_key_in_wide_characters_is_found(encoding, around):
    body = scrubbed(interaction(around.format(KEY).encode(encoding))).interactions[0].request.body
    assert body.decode(encoding) == around.format("scrubbed-openai-key")


def test_bytes_with_zeros_between_them_stay():
    sound = bytes(byte for sample in range(200) for byte in (sample, 0))
    assert scrubbed(interaction(sound)).interactions[0].request.body == sound


def test_base64_in_the_lines_of_a_mail_is_read_as_one():
    mail = base64.encodebytes(f"Hello you there, my good old friend, this is {KEY} and {TOKEN}.".encode()).decode()
    body = json.loads(scrubbed(interaction(json.dumps({"mail": mail}).encode())).interactions[0].request.body)
    told = base64.b64decode(body["mail"]).decode()
    assert told.endswith("this is scrubbed-openai-key and scrubbed-known-secret.")


def test_long_lines_that_are_no_base64_are_searched_one_by_one():
    inner = base64.b64encode(f"key {KEY}".encode()).decode()
    text = f"{'x' * 63}\n{inner}"
    assert inner not in file_of(interaction(json.dumps({"text": text}).encode()))


def test_a_known_secret_is_found_as_it_stands_in_an_address():
    answers = {"content-type": "text/plain", "location": f"https://x.example.com/?back={quote(TOKEN, safe='')}"}
    assert quote(TOKEN, safe="") not in file_of(interaction(quote(TOKEN).encode(), answers=answers))


def test_the_head_says_the_sdk_and_nothing_else_of_the_program():
    agent = f"AsyncOpenAI/Python 1.14.3 Shop/2 (ann@acme-corp.io; {KEY})"
    one = interaction(headers={"user-agent": agent, "openai-beta": f"assistants={TOKEN}"})
    head = scrubbed(one).head
    assert (head.sdk, head.api_version) == ("AsyncOpenAI/Python 1.14.3", "scrubbed-known-secret")


def test_the_name_of_an_event_is_scrubbed():
    body = f'event: {KEY}\ndata: {{"a": 1}}\n\n'.encode()
    assert KEY not in file_of(interaction(answer=body, answers={"content-type": "text/event-stream"}))


def test_the_place_of_a_secret_names_no_secret():
    body = json.dumps({"by": {"ann@acme-corp.io": KEY}}).encode()
    places = [secret.place for secret in Scrubber().secrets(interaction(body, {"authorization": ""}))]
    assert places == ["request body.by", "request body.by.someone@example.com"]


def test_json_that_nests_a_thousand_deep_is_scrubbed_as_text():
    nested = f'{{"a":{"[" * 900}"{KEY}"{"]" * 900}}}'.encode()
    for body in (nested, b"[" * 50_000 + KEY.encode()):
        assert KEY.encode() not in scrubbed(interaction(body)).interactions[0].request.body


def test_pieces_whose_index_is_no_number_are_scrubbed():
    data = json.dumps({"delta": {"content": [{"index": {"no": "number"}, "text": KEY}]}})
    body = f"event: thread.message.delta\ndata: {data}\n\n".encode()
    assert KEY not in file_of(interaction(answer=body, answers={"content-type": "text/event-stream"}))
