"""No secret reaches a file, wherever it stands and however it is wrapped."""

from __future__ import annotations

import base64
import json
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import UsageError
from simulator.recording import forms
from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.events import Event, stream_of
from simulator.recording.scrubbing import Scrubber, Secret
from simulator.recording.secret_kinds import KINDS

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def made_of(alphabet, size, **sizes):
    return st.text(alphabet, min_size=size, max_size=sizes.get("up_to", size))


# One strategy for each kind: a text that has the whole secret in it, and the part that must not get out.
CANARIES = {
    "openai_key": made_of(LETTERS, 20, up_to=48).map("sk-proj-{}".format),
    "bearer": made_of(LETTERS, 24).map("Bearer {}".format),
    "jwt": made_of(LETTERS, 12).map(lambda rest: f"eyJhbGciOiJI{rest}.eyJzdWIi{rest}.{rest}"),
    "aws_key_id": made_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16).map("AKIA{}".format),
    "github_token": made_of(LETTERS, 36).map("ghp_{}".format),
    "google_key": made_of(LETTERS, 35).map("AIza{}".format),
    "slack_token": made_of(LETTERS, 24).map("xoxb-1{}".format),
    "stripe_key": made_of(LETTERS, 24).map("sk_live_{}".format),
    "azure_key": made_of(LETTERS, 52).map("{}JQQJ99BAACYeBjFXJ3w3AAABACOGab12".format),
    "hex_key": made_of("0123456789abcdef", 32),
    "organization_id": made_of(LETTERS, 24).map("org-{}".format),
    "project_id": made_of(LETTERS, 24).map("proj_{}".format),
    "email": made_of("bcdfghjkl", 8).map("{}@acme-corp.io".format),
}
canaries = st.one_of(*CANARIES.values())


def core(canary):
    """What of a secret must not be found: what follows the word that shows what it is."""
    return canary.removeprefix("Bearer ")


def of_json(value):
    return RecordedRequest(
        method="POST",
        uri="https://api.openai.com/v1/threads",
        headers={"content-type": "application/json"},
        body=json.dumps(value).encode(),
    )


def request_with(**parts):
    return RecordedRequest(method="POST", **{"uri": "https://api.openai.com/v1/threads", **parts})


def in_form(text):
    return request_with(
        headers={"content-type": "application/x-www-form-urlencoded"}, body=urlencode({"note": text}).encode()
    )


def in_multipart(text):
    body = (
        '--xyz\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        '--xyz\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        f"{text} and more\r\n--xyz--\r\n"
    )
    return request_with(headers={"content-type": "multipart/form-data; boundary=xyz"}, body=body.encode())


def in_binary(text):
    return request_with(
        headers={"content-type": "application/octet-stream"}, body=b"\xff\x00" + text.encode() + b"\x00\xfe"
    )


def in_base64(text):
    return of_json({"data": base64.b64encode(f"so: {text}".encode()).decode()})


def in_base64_for_addresses(text):
    data = base64.urlsafe_b64encode(f"so: {text} ÿÿÿ".encode()).decode().rstrip("=")
    return request_with(uri=f"https://api.openai.com/v1/files/{data}/content")


def escaped(text):
    """JSON text in which each letter is an escape."""
    return '{"note": "' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"}'


REQUESTS = {
    "a query": lambda text: request_with(uri=f"https://api.openai.com/v1/threads?after={quote_plus(text)}"),
    "the name of a parameter": lambda text: request_with(uri=f"https://api.openai.com/v1/threads?{quote_plus(text)}=1"),
    "a path": lambda text: request_with(uri=f"https://api.openai.com/v1/threads/{quote(text, safe='')}/runs"),
    "a value": lambda text: of_json({"metadata": {"note": [f"it is {text}, yes"]}}),
    "a key": lambda text: of_json({"metadata": {text: "1"}}),
    "JSON in a string": lambda text: of_json({"output": json.dumps({"note": json.dumps({"deep": text})})}),
    "escapes": lambda text: request_with(body=escaped(text).encode()),
    "escapes in JSON in a string": lambda text: of_json({"arguments": escaped(text)}),
    "a form": in_form,
    "a multipart form": in_multipart,
    "bytes that are no text": in_binary,
    "base64": in_base64,
    "base64 in a path": in_base64_for_addresses,
    "JSON lines": lambda text: request_with(body=f'{{"a": 1}}\n{escaped(text)}'.encode()),
    "a header that is kept": lambda text: request_with(headers={"content-type": f"text/plain; name={text}"}),
    "a header that is not": lambda text: request_with(headers={"x-anything": text}),
    "the user of an address": lambda text: request_with(
        uri=f"https://{quote(text, safe='')}:x@api.openai.com/v1/threads"
    ),
}


def streamed(*events):
    body = stream_of([*events, Event("done", "[DONE]")])
    return RecordedResponse(status=200, headers={"content-type": "text/event-stream; charset=utf-8"}, body=body)


def message_delta(text, index=0):
    return Event(
        "thread.message.delta",
        json.dumps({"id": "msg_1", "delta": {"content": [{"index": index, "text": {"value": text}}]}}),
    )


def arguments_delta(text):
    call = {"index": 0, "function": {"arguments": text}}
    return Event(
        "thread.run.step.delta", json.dumps({"id": "step_1", "delta": {"step_details": {"tool_calls": [call]}}})
    )


RESPONSES = {
    "a body": lambda text: RecordedResponse(
        status=401, body=json.dumps({"error": {"message": f"no: {text}"}}).encode()
    ),
    "text": lambda text: RecordedResponse(status=500, body=f"<p>{text}</p>".encode()),
    "an event": lambda text: streamed(Event("thread.created", json.dumps({"metadata": {"note": text}}))),
    "an event that is no JSON": lambda text: streamed(Event("error", f"failed: {text}")),
    "a header": lambda text: RecordedResponse(status=200, headers={"content-disposition": f"filename={text}"}),
}


def everything_in(text):
    """All that anybody could read out of a file: its text, and what is encoded in it."""
    cassette = forms_of(text)
    parts = [text, unquote(text)]
    for one in cassette.interactions:
        parts += [one.request.uri, unquote(one.request.uri), unquote(one.request.body.decode("latin-1"))]
        for body in (one.request.body, one.response.body):
            parts += strings_in(body.decode("latin-1"))
        parts += [decoded for piece in one.request.uri.split("/") for decoded in unbased(piece)]
    return "\n".join(parts)


def strings_in(text):
    found = [text, *unbased(text)]
    for line in text.split("\n"):
        found += walk(parsed(line))
    return found + walk(parsed(text))


def walk(value):
    if isinstance(value, dict):
        return [text for pair in value.items() for child in pair for text in walk(child)]
    if isinstance(value, list):
        return [text for child in value for text in walk(child)]
    if isinstance(value, str):
        return [value, *unbased(value), *walk(parsed(value))]
    return []


def parsed(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return None if isinstance(value, str) and value == text else value


def unbased(text):
    try:
        return [base64.b64decode(text.replace("-", "+").replace("_", "/") + "==").decode()]
    except ValueError:
        return []


def forms_of(text):
    path = Path("cassette.yaml")
    data, lines = forms.safe_yaml.load(text, path)
    return forms.own.FORM.read(forms.Source(path, text, lines), data)


def written(request=None, response=None):
    """The file that a session of one interaction becomes."""
    one = Interaction(request=request or request_with(), response=response or RecordedResponse(status=200))
    return forms.write(Scrubber().cassette(Cassette(interactions=[one])), "own")


@pytest.mark.parametrize("place", REQUESTS)
@given(canary=canaries)
def test_no_secret_of_a_request_reaches_the_file(place, canary):
    request = REQUESTS[place](canary)
    assert core(canary) not in everything_in(written(request=request))


@pytest.mark.parametrize("place", RESPONSES)
@given(canary=canaries)
def test_no_secret_of_a_response_reaches_the_file(place, canary):
    assert core(canary) not in everything_in(written(response=RESPONSES[place](canary)))


@given(
    canary=canaries,
    cuts=st.lists(st.integers(1, 80), max_size=6),
    delta=st.sampled_from([message_delta, arguments_delta]),
)
def test_no_secret_that_is_split_over_the_frames_of_a_stream_can_be_put_together(canary, cuts, delta):
    text = f"It is {canary} indeed."
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[begin:end] for begin, end in pairwise(places)]
    file = forms_of(written(response=streamed(*map(delta, pieces))))
    events = file.interactions[0].response.events
    assert len(events) == len(pieces) + 1
    together = "".join(walk_values(event.json) for event in events if event.json is not None)
    assert core(canary) not in together
    assert together.startswith("It is ")
    assert together.endswith(" indeed.")


def walk_values(value):
    content = value["delta"].get("content")
    if content:
        return content[0]["text"]["value"]
    return value["delta"]["step_details"]["tool_calls"][0]["function"]["arguments"]


@pytest.mark.parametrize(
    "delta",
    [
        lambda text: Event("response.output_text.delta", json.dumps({"item_id": "msg_1", "delta": text})),
        lambda text: Event("", json.dumps({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]})),
    ],
    ids=["responses", "chat"],
)
def test_streams_of_the_other_surfaces_are_joined_too(delta):
    events = scrubbed_stream(*map(delta, ["write to ann", "@ac", "me-corp.io ", "please"]))
    assert "".join(re.findall(r'"(?:delta|content)":"([^"]*)"', "".join(event.data for event in events))) == (
        "write to someone@example.com please"
    )


def test_texts_of_two_objects_are_not_joined():
    events = scrubbed_stream(message_delta("org-"), message_delta("ABCDEFGHJKLMNPQRSTUVWX", index=1))
    assert [event.json["delta"]["content"][0]["text"]["value"] for event in events[:2]] == [
        "org-",
        "ABCDEFGHJKLMNPQRSTUVWX",
    ]


def scrubbed_stream(*events):
    one = Interaction(request=request_with(), response=streamed(*events))
    return Scrubber().interaction(one).response.events


def test_json_in_json_ends_somewhere():
    text = "ann@acme-corp.io"
    for _ in range(12):
        text = json.dumps(text)
    assert "acme" not in written(request=request_with(body=text.encode()))


@given(text=st.text(max_size=200), canary=canaries)
def test_what_was_scrubbed_stays_as_it_is(text, canary):
    once = Scrubber().cassette(
        Cassette(
            interactions=[
                Interaction(
                    request=of_json({text: f"{text} {canary} {text}"}),
                    response=streamed(message_delta(text), message_delta(canary)),
                )
            ]
        )
    )
    assert Scrubber().cassette(once) == once
    assert Scrubber().secrets(once.interactions[0]) == []


@pytest.mark.parametrize("kind", CANARIES)
@given(data=st.data())
def test_each_kind_is_found_by_its_name(kind, data):
    canary = data.draw(CANARIES[kind])
    found = Scrubber().secrets(Interaction(request=of_json({"note": canary}), response=RecordedResponse(status=200)))
    assert found == [Secret(kind, "request body.note")]


def test_every_kind_has_a_canary_or_an_example():
    assert {kind.name for kind in KINDS} == {*CANARIES, *EXAMPLES}


EXAMPLES = {
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----",
    "basic_auth": "Basic YWxhZGRpbjpvcGVuc2VzYW1l",
    "url_password": "postgres://admin:hunter2@db/prod",
    "huggingface_token": "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "named_secret": "curl -d \"{'password': 'hunter2'}\"",
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_example_of_a_kind_is_found(kind):
    found = Scrubber().secrets(
        Interaction(request=of_json({"note": EXAMPLES[kind]}), response=RecordedResponse(status=200))
    )
    assert found == [Secret(kind, "request body.note")]


@pytest.mark.parametrize(
    "text",
    [
        "asst_" + "a" * 24,
        "vs_" + "0123456789abcdef" * 2,
        "vsfb_ibj_" + "0123456789abcdef" * 2,
        "someone@example.com",
        "the basic understanding of a bearer bond",
        "risk-management-strategies-for-large-projects",
        '{"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]}',
        '{"api_key": "string", "secret": null}',
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "sk-simulator",
        "password: at least 8 characters, the secret: 12 eggs",
        "https://h.io/p?after=asst_1&key=",
        "https://example.org:8080/path@2x.png",
    ],
)
def test_what_is_no_secret_stays(text):
    one = Interaction(request=of_json({"note": text}), response=RecordedResponse(status=200))
    assert Scrubber().secrets(one) == []
    assert Scrubber().interaction(one).request.json == {"note": text}


def test_a_key_of_an_unusual_form_is_replaced_wherever_it_stands():
    request = request_with(headers={"api-key": "my-own-key-77"}, body=b'{"note": "my-own-key-77 works"}')
    assert "my-own-key" not in written(
        request=request, response=RecordedResponse(status=401, body=b"bad: my-own-key-77")
    )


@pytest.mark.parametrize(
    "text, scrubbed",
    [
        ("https://h.io/p?x=1&sig=abcdef&y=2", "https://h.io/p?x=1&sig=scrubbed-named-secret&y=2"),
        ("export OPENAI_API_KEY=abc123def", "export OPENAI_API_KEY=scrubbed-named-secret"),
        ("db_password: hunter2 ok", "db_password: scrubbed-named-secret ok"),
        ('{"api_key": "sho\\"rt", "b": 1', '{"api_key": "scrubbed-named-secret", "b": 1'),
        (r"{\"secret\": \"sho\\\"rt\", \"b\": 1", r"{\"secret\": \"scrubbed-named-secret\", \"b\": 1"),
    ],
)
def test_values_are_secret_by_their_names_in_text_too(text, scrubbed):
    assert Scrubber().request(of_json({"note": text})).json == {"note": scrubbed}


def test_values_are_secret_by_their_names():
    request = of_json(
        {"openai_api_key": "short", "tools": [{"headers": {"X-Session-Token": "abc"}}], "max_tokens": "10"}
    )
    scrubbed = Scrubber().request(request).json
    assert scrubbed["openai_api_key"] == scrubbed["tools"][0]["headers"]["X-Session-Token"] == "scrubbed-named-secret"
    assert scrubbed["max_tokens"] == "10"


def test_chosen_paths_are_replaced_in_bodies_and_events():
    scrubber = Scrubber(json_paths=["metadata.customer", "$.data.*.name"])
    one = Interaction(
        request=of_json({"metadata": {"customer": {"id": 7}, "other": "x"}, "name": "kept"}),
        response=streamed(Event("x", '{"data":[{"name":"Ann"},{"name":null}]}')),
    )
    scrubbed = scrubber.interaction(one)
    assert scrubbed.request.json == {"metadata": {"customer": "scrubbed-chosen", "other": "x"}, "name": "kept"}
    assert scrubbed.response.events[0].json == {"data": [{"name": "scrubbed-chosen"}, {"name": None}]}
    assert scrubber.secrets(one) == [
        Secret("chosen", "request body.metadata.customer"),
        Secret("chosen", "response event 1 $.data[0].name"),
    ]


def test_ids_stay_unless_they_are_to_be_replaced_and_then_keep_their_form():
    thread, store = "thread_abcdefghijklmnopqrstuvwx", "vs_68c9ee1d0123456789abcdef01234567"
    one = Interaction(
        request=request_with(
            uri=f"https://api.openai.com/v1/threads/{thread}/runs", body=f'{{"ids": ["{store}"]}}'.encode()
        ),
        response=RecordedResponse(status=200, body=f'{{"thread_id": "{thread}", "at": "{store}"}}'.encode()),
    )
    assert Scrubber().interaction(one) == one
    replaced = Scrubber(ids="replace").interaction(one)
    other_thread, other_store = replaced.response.json.values()
    assert replaced.request.path == f"/v1/threads/{other_thread}/runs"
    assert replaced.request.json == {"ids": [other_store]}
    assert (len(other_thread), len(other_store)) == (len(thread), len(store))
    assert thread != other_thread
    assert set(other_store.removeprefix("vs_")) <= set("0123456789abcdef")


def test_only_headers_that_matter_are_kept():
    one = Interaction(
        request=request_with(
            headers={
                "openai-beta": "assistants=v2",
                "user-agent": "OpenAI/Python 3.54.0",
                "x-stainless-retry-count": "0",
            }
        ),
        response=RecordedResponse(
            status=429, headers={"retry-after": "2", "date": "now", "openai-organization": "acme"}
        ),
    )
    scrubbed = Scrubber().interaction(one)
    assert scrubbed.request.headers == {"openai-beta": "assistants=v2"}
    assert scrubbed.response.headers == {"retry-after": "2"}


@pytest.mark.parametrize(
    "value,is_secret",
    [
        ("org-redacted", False),
        ("Bearer DUMMY", False),
        ("<OPENAI_ACCESS_TOKEN>", False),
        ("Bearer <KEY>", False),
        ("********", False),
        ("Bearer sk-abcdefghijklmnop0123", True),
        ("my-key", True),
    ],
)
def test_what_another_recorder_put_in_a_secrets_place_is_none(value, is_secret):
    request = RecordedRequest(method="GET", uri="https://api.openai.com/v1/threads", headers={"authorization": value})
    interaction = Interaction(request=request, response=RecordedResponse(status=200))
    assert bool(Scrubber().secrets(interaction)) is is_secret


@pytest.mark.parametrize("options", [{"ids": "rename"}, {"json_paths": "a.b"}])
def test_options_that_cannot_be_meant_are_refused(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        Scrubber(**options)


def test_a_megabyte_of_base64_takes_no_time():
    data = base64.b64encode(bytes(range(256)) * 3000).decode()
    scrubbed = Scrubber().request(of_json({"data": data, "to": "bob@acme.io"})).json
    assert scrubbed == {"data": data, "to": "someone@example.com"}


@pytest.mark.skipif(not CORPUS.exists(), reason="the recorded sessions are not part of this repository")
def test_recorded_sessions_keep_their_ids_and_lose_their_addresses():
    for path in sorted(CORPUS.glob("openllmetry/*.json"))[:20]:
        session = forms.load(path)
        scrubbed = Scrubber().cassette(session)
        assert [one.request.path for one in scrubbed.interactions] == [one.request.path for one in session.interactions]
        assert all(Scrubber().secrets(one) == [] for one in scrubbed.interactions)
