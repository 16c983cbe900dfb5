import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.api.multipart import FormPart, parts_of
from simulator.api.refusals.bodies import InvalidForm

TYPE = "multipart/form-data; boundary=b"
NAMED = b'content-disposition: form-data; name="a"'


def body_of(*parts):
    return b"".join(b"--b\r\n%b\r\n\r\n%b\r\n" % part for part in parts) + b"--b--\r\n"


def read(body, content_type=TYPE):
    return list(parts_of(body, content_type))


def test_fields_and_files_are_told_apart():
    body = body_of((NAMED, b"1"), (NAMED + b'; filename="x.txt"\r\ncontent-type: text/plain', b"2"))
    assert read(body) == [FormPart("a", b"1"), FormPart("a", b"2", "x.txt")]


@given(st.binary(max_size=200))
def test_what_is_in_a_file_is_never_looked_at(content):
    if b"\r\n--b" not in b"\r\n" + content:
        assert read(body_of((NAMED, content))) == [FormPart("a", content)]


def test_a_form_may_be_empty():
    assert read(b"--b--\r\n") == []


@pytest.mark.parametrize(
    "written, name",
    [
        (b'filename="../../etc/passwd"', "../../etc/passwd"),
        (b'filename="C:\\\\x.txt"', "C:\\x.txt"),
        (rb'filename="..\..\x.txt"', "..\\..\\x.txt"),
        (b'filename="a \\"b\\".txt"', 'a "b".txt'),
        (b'filename="a %22b%22.txt"', 'a "b".txt'),
        ('filename="räport.txt"'.encode(), "räport.txt"),
        (b"filename=x.txt", "x.txt"),
        (b"filename=\"fallback\"; filename*=UTF-8''r%C3%A4port.txt", "räport.txt"),
        (b'filename="\xff.txt"', "\ufffd.txt"),
        (b'filename=""', ""),
    ],
)
def test_a_name_stays_what_it_is(written, name):
    (part,) = read(body_of((NAMED + b"; " + written, b"x")))
    assert part.filename == name


@pytest.mark.parametrize(
    "content_type", ['multipart/form-data; charset=x; boundary="b"', "Multipart/Form-Data;boundary=b"]
)
def test_a_boundary_is_found_where_it_stands(content_type):
    assert read(body_of((NAMED, b"1")), content_type) == [FormPart("a", b"1")]


BAD = [
    (b"", "application/json", "its content type is 'application/json', and not multipart/form-data with a boundary"),
    (b"", None, "its content type is '', and not"),
    (b"--b--", "multipart/form-data", "with a boundary"),
    (b"nothing", TYPE, "its boundary stands nowhere in the body"),
    (b"--b\r\n" + NAMED + b"\r\n\r\nhal", TYPE, "it ends before its last boundary"),
    (b"--b", TYPE, "it ends before its last boundary"),
    (b"--b\r\n" + NAMED + b"\r\n--b--", TYPE, "a part of it has no headers"),
    (body_of((b"content-type: text/plain", b"x")), TYPE, "a part of it has no name"),
    (body_of((b"content-disposition: form-data", b"x")), TYPE, "a part of it has no name"),
]


@pytest.mark.parametrize("body, content_type, problem", BAD)
def test_what_is_no_form_is_refused(body, content_type, problem):
    with pytest.raises(InvalidForm, match=re.escape(problem)):
        read(body, content_type)


@given(st.binary(max_size=120))
def test_nothing_breaks_the_reader(noise):
    with contextlib.suppress(InvalidForm):
        assert all(isinstance(part.content, bytes) for part in read(b"--b\r\n" + noise))
