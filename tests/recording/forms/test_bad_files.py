"""Files that are no cassettes, broken ones, and those that would do harm: each a clear error with its line."""

from __future__ import annotations

import os
import pathlib
import time

import pytest

from simulator.errors import CassetteError, NoCassette
from simulator.recording import forms

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
OWN = "cassette: 1\ninteractions:\n- request:\n    method: GET\n    uri: https://x/y\n  response:\n    status: {}\n"


def refused(path):
    with pytest.raises(CassetteError) as caught:
        forms.load(path)
    return str(caught.value).replace(f"{path}", "FILE")


@pytest.mark.parametrize(
    "text,complaint",
    [
        ("", "FILE: this file is empty: a cassette holds at least a list of interactions."),
        ("# only a comment\n", "FILE: this file is empty: a cassette holds at least a list of interactions."),
        ("interactions:\n- request:\n    uri: 'https://x", "FILE:3: this is no YAML: found unexpected end of stream."),
        ('{"exchanges": [{"method": "GET",\n "path": ', "FILE:3: this is no YAML: "),
        ("a: 1\n---\nb: 2\n", "FILE:2: a second document begins here, and a file holds one."),
        ("a: b: c\n", "FILE:1: this is no YAML: mapping values are not allowed in this context."),
        ("- 1\n", "FILE:1: this is no cassette: it holds a list, not a mapping with "),
        ("just words\n", "FILE:1: this is no cassette: it holds a str, "),
        ("openapi: 3.0.0\npaths: {}\n", "FILE:1: this is no cassette: at its top stands `openapi`, `paths`, and not "),
        (OWN.format("ok"), "FILE:7: `interactions[0].response.status`: Input should be a valid integer."),
        (OWN.format("700"), "FILE:7: `interactions[0].response.status`: Input should be less than or equal to 599."),
        (
            OWN.format("200\n    body: a\n    base64: YQ=="),
            "FILE:7: `interactions[0].response`: it has body and base64",
        ),
        (OWN.format("200\n    base64: '?'"), "FILE:8: `interactions[0].response.base64`: this is no base64."),
        (OWN.format("200\n    bdy: x"), "FILE:8: `interactions[0].response.bdy`: Extra inputs are not permitted."),
        (OWN.replace("1", "2").format(200), "FILE:1: `cassette`: Input should be 1."),
        ("cassette: 1\n", "FILE:1: `interactions`: Field required."),
        ('{"exchanges": [\n {"method": "GET"}]}', "FILE:2: `exchanges[0].path`: Field required."),
        ("x: !!python/object/apply:os.system [exit]\n", "FILE:1: the tag 'tag:yaml.org,2002:python/object/apply:os."),
        ("a: 1\nx: !!python/name:os.system\n", "FILE:2: the tag 'tag:yaml.org,2002:python/name:os.system' would build"),
        ("x: !!timestamp 2024-01-01\n", "FILE:1: the tag 'tag:yaml.org,2002:timestamp' would build an object"),
        ("x: !!int nine\n", "FILE: this is no YAML: invalid literal for int()"),
        ("x: " + "[" * 20_000, "FILE:1: this nests more than 64 deep, which no file of ours does: it is not read."),
        ('{"a": ' + "[" * 20_000, "FILE:1: this nests more than 64 deep"),
        ("x: &a\n  y: *b\n", "FILE:2: this is no YAML: found undefined alias."),
    ],
)
def test_a_bad_file_is_refused_with_its_line(saved, text, complaint):
    assert refused(saved(text)).startswith(complaint)


def test_a_bomb_of_aliases_costs_nothing(saved):
    # 9 ** 9 items, were they unfolded; the loader shares them, and what is no cassette is not walked.
    begun = time.perf_counter()
    assert "this is no cassette" in refused(saved(BOMB))
    assert time.perf_counter() - begun < 2


def test_more_aliases_than_any_recorder_writes_are_refused(saved):
    assert "more than 100,000 aliases" in refused(saved("x: &a 1\ny: [" + "*a, " * 100_001 + "*a]\n"))


def test_merge_keys_are_keys(saved):
    assert "`<<`" in refused(saved("<<: {interactions: []}\n"))


def test_what_is_no_text_is_refused(saved):
    assert refused(saved(b"\xff\xfe\x00x")) == "FILE: this is no text in UTF-8 (byte 0), so no cassette."


def test_a_text_with_a_control_character_is_refused(saved):
    assert refused(saved("a: \x07\n")).startswith("FILE: this is no YAML: unacceptable character #x0007")


def test_a_folder_is_refused(tmp_path):
    assert refused(tmp_path) == "FILE: this is a folder: name one file in it."


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert refused(tmp_path / "none.yaml") == "FILE: it cannot be read: No such file or directory."


def test_a_file_that_may_not_be_read_is_refused(saved, monkeypatch):
    def forbid(self, *args, **kwargs):
        raise PermissionError(13, os.strerror(13), str(self))

    path = saved("x")
    monkeypatch.setattr(pathlib.Path, "read_text", forbid)  # whoever runs the suite may be root
    assert refused(path) == "FILE: it cannot be read: Permission denied."


def test_only_a_well_formed_file_that_holds_something_else_is_no_cassette(saved):
    with pytest.raises(NoCassette):
        forms.load(saved("name: ci\n"))
    with pytest.raises(CassetteError) as caught:
        forms.load(saved("name: [\n"))
    assert not isinstance(caught.value, NoCassette)


@pytest.mark.parametrize("text", ["interactions: []\n", '{"exchanges": []}', "http_interactions: []\n"])
def test_a_cassette_without_interactions_is_one(saved, text):
    cassette = forms.load(saved(text))
    assert list(cassette.interactions) == []
    assert cassette.head.api_version is None


def test_json_that_yaml_refuses_is_read(saved):
    answer = '"response_body": "\x7f\\ud83d\\ude00"'
    text = f'{{"exchanges": [\n  {{"method": "GET", "path": "/v1/x", "status": 200,\n {answer}}}\n]}}'
    (one,) = forms.load(saved(text)).interactions
    assert one.response.body.decode() == "\x7f😀"
    assert one.line == 2


def test_yaml_in_flow_style_is_read(saved):
    (one,) = forms.load(saved("{exchanges: [{method: GET, path: /v1/x, status: 200}]}")).interactions
    assert one.label == "GET /v1/x"


@pytest.mark.parametrize("text", ['{"a": 1} x', '{"a" 1 2: 3: 4}', '{"a": [1: 2: 3]}', '{"a": [1, }', '{"a": ]'])
def test_broken_json_is_refused(saved, text):
    assert refused(saved(text)).startswith("FILE:1: this is no YAML: ")
