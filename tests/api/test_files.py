"""Files and uploads: what is uploaded, listed, downloaded, deleted, and refused."""

import asyncio
import hashlib
import io
import re

import openai
import pytest

from simulator import Simulator

FORM = "multipart/form-data; boundary=b"


def form(*fields):
    """A form of (name, content) or (name, content, filename)."""
    parts = []
    for name, content, *filename in fields:
        named = f'; filename="{filename[0]}"' if filename else ""
        head = f'--b\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        parts.append(head + (content if isinstance(content, bytes) else content.encode()) + b"\r\n")
    return b"".join(parts) + b"--b--\r\n"


@pytest.fixture
def upload(api):
    """Post a form."""

    def upload(*fields, path="/files", raw=None, content_type=FORM):
        body = form(*fields) if raw is None else raw
        return api.send("POST", path, raw=body, headers={"content-type": content_type})

    return upload


@pytest.fixture
def uploaded(upload):
    """A file with this content."""

    def uploaded(content=b"a,b\r\n1,2\r\n", name="data.csv", *fields):
        answer = upload(("purpose", "assistants"), ("file", content, name), *fields)
        assert answer.status == 200, answer.body
        return answer.json

    return uploaded


def test_an_uploaded_file_has_the_keys_of_the_last_generation(sim, uploaded):
    file = uploaded()
    assert file == {
        "object": "file",
        "id": file["id"],
        "purpose": "assistants",
        "filename": "data.csv",
        "bytes": 10,
        "created_at": int(sim.clock.now()),
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    assert list(file)[:2] == ["object", "id"]
    assert re.fullmatch(r"file-\w{22}", file["id"])


def test_it_comes_back_as_it_was(api, uploaded):
    content = bytes(range(256)) * 3
    file = uploaded(content, "räport .bin")
    answer = api.get(f"/files/{file['id']}/content")
    assert answer.body == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"r%C3%A4port .bin\"; filename*=UTF-8''r%C3%A4port%20.bin"
    )
    assert api.get(f"/files/{file['id']}").json == file


def test_a_plain_name_is_written_plainly(api, uploaded):
    answer = api.get(f"/files/{uploaded()['id']}/content")
    assert answer.headers["content-disposition"] == 'attachment; filename="data.csv"'


def test_a_placed_file_can_be_downloaded(sim, api):
    sim.put("files", {"id": "file-1", "filename": 'a"\r\nb.txt', "content": "hello"})
    answer = api.get("/files/file-1/content")
    assert answer.body == b"hello"
    assert "\r" not in answer.headers["content-disposition"]


def test_no_header_is_needed_and_either_is_taken(api):
    for beta in ({}, {"openai-beta": "assistants=v1"}, {"openai-beta": "assistants=v2"}):
        assert api.get("/files", headers=beta).status == 200


def test_the_list_has_an_order_of_keys_of_its_own(api, uploaded):
    assert list(api.get("/files").json) == ["object", "data", "has_more", "first_id", "last_id"]
    assert api.get("/files").json["data"] == []
    ids = [uploaded()["id"] for _ in range(25)]
    page = api.get("/files").json
    assert [one["id"] for one in page["data"]] == ids[::-1], "all of them: the default is 10,000"
    page = api.get("/files", f"limit=3&order=asc&after={ids[1]}").json
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (ids[2:5], True)


def test_the_list_knows_purposes(sim, api, uploaded):
    uploaded()
    sim.put("files", {"id": "file-1", "purpose": "assistants_output"})
    assert [one["id"] for one in api.get("/files", "purpose=assistants_output").json["data"]] == ["file-1"]
    assert len(api.get("/files", "purpose=assistants").json["data"]) == 1


@pytest.mark.parametrize("limit", ["0", "10001", "x"])
def test_a_limit_that_cannot_be_is_refused(api, refused, limit):
    assert refused(lambda: api.get("/files", f"limit={limit}"), 400)["param"] == "limit"


def test_a_deleted_file_is_gone_with_its_content(sim, api, uploaded):
    id = uploaded()["id"]
    assert api.delete(f"/files/{id}").json == {"object": "file", "deleted": True, "id": id}
    assert list(api.delete(f"/files/{id}").json["error"])
    assert [api.get(f"/files/{id}{path}").status for path in ("", "/content")] == [404, 404]
    assert sim._backend.store.contents == {}


@pytest.mark.parametrize("method, path", [("GET", ""), ("DELETE", ""), ("GET", "/content")])
def test_an_unknown_file_is_told_twice(api, unchanged, method, path):
    with unchanged():
        answer = api.send(method, f"/files/fake_id{path}")
    assert answer.status == 404
    text = "No such File object: fake_id"
    assert answer.json == {
        "error": {"message": text, "type": "invalid_request_error", "param": "id", "code": None},
        "detail": {"message": text, "code": None},
    }


def test_a_file_expires_on_the_clock(sim, api, uploaded):
    fields = ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "3600")
    file = uploaded(b"x", "x", *fields)
    assert file["expires_at"] == file["created_at"] + 3600
    sim.clock.advance(3590)
    assert api.get(f"/files/{file['id']}").status == 200
    sim.clock.advance(10)
    assert api.get(f"/files/{file['id']}").status == 404
    assert api.get("/files").json["data"] == []


PURPOSES = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
FILE, PURPOSE = ("file", b"x", "x.txt"), ("purpose", "assistants")
BAD_FORMS = [
    ([FILE, ("purpose", "world_domination")], f"'world_domination' is not one of {PURPOSES} - 'purpose'", "purpose"),
    ([FILE], "'purpose' is a required property", None),
    ([PURPOSE], "'file' is a required property", None),
    ([], "'file' is a required property", None),
    ([FILE, PURPOSE, ("mood", "good")], "Additional properties are not allowed ('mood' was unexpected)", None),
    ([("file", b"", "x.txt"), PURPOSE], "File is empty. - 'file'", "file"),
    ([FILE, PURPOSE, ("expires_after", "1")], "1 is not of type 'object' - 'expires_after'", "expires_after"),
    (
        [FILE, PURPOSE, ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "5")],
        "5 is less than the minimum of 3600 - 'expires_after.seconds'",
        "expires_after.seconds",
    ),
    (
        [FILE, PURPOSE, ("expires_after[seconds]", "soon")],
        "'anchor' is a required property - 'expires_after'",
        "expires_after",
    ),
]


@pytest.mark.parametrize("fields, text, param", BAD_FORMS, ids=[text[:30] for _, text, _ in BAD_FORMS])
def test_a_field_that_does_not_fit_is_refused(upload, unchanged, fields, text, param):
    with unchanged():
        answer = upload(*fields)
    assert answer.status == 400
    assert answer.error == {"message": text, "type": "invalid_request_error", "param": param, "code": None}
    assert answer.json["detail"] == {"message": text, "code": None}


def test_a_field_and_a_part_of_it_do_not_mix(upload):
    # The plain one stands; what would be inside of it has no place.
    assert upload(FILE, PURPOSE, ("purpose[x]", "y")).status == 200


@pytest.mark.parametrize(
    "raw, content_type, text",
    [
        (b"{}", "application/json", "its content type is 'application/json'"),
        (form(PURPOSE, FILE)[:-9], FORM, "it ends before its last boundary"),
        (b"", FORM, "its boundary stands nowhere in the body"),
    ],
)
def test_what_is_no_form_is_refused(upload, refused, raw, content_type, text):
    error = refused(lambda: upload(raw=raw, content_type=content_type), 400)
    assert error["message"].startswith(f"Could not parse the multipart form: {text}")


def test_an_upload_has_a_limit(api_of):
    sim = Simulator(max_upload_bytes=1_000)
    api = api_of(sim)
    body = form(PURPOSE, ("file", b"x" * 1_000, "x.txt"))
    answer = api.send("POST", "/files", raw=body, headers={"content-type": FORM})
    assert (answer.status, answer.error["code"]) == (413, "request_too_large")
    assert len(sim._backend.store.files) == 0


def test_the_journal_keeps_the_beginning_only(sim, uploaded):
    uploaded(b"x" * 1_000_000)
    (exchange,) = sim.requests
    assert len(exchange.body) == 4_096
    assert b'filename="data.csv"' in exchange.body


def test_files_survive_a_save(sim, uploaded, tmp_path):
    file = uploaded(bytes(range(256)))
    sim.save(tmp_path / "state.json")
    client = Simulator.load(tmp_path / "state.json").client()
    assert client.files.content(file["id"]).read() == bytes(range(256))


# ── uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────────

WANTED = {"bytes": 6, "filename": "x.txt", "mime_type": "text/plain", "purpose": "assistants"}


@pytest.fixture
def begun(api):
    """The path of a new upload of six bytes."""

    def begun(**fields):
        return f"/uploads/{api.made('/uploads', {**WANTED, **fields})['id']}"

    return begun


@pytest.fixture
def add(upload):
    """Add a part; return its id."""

    def add(path, content):
        answer = upload(("data", content, "blob"), path=f"{path}/parts")
        assert answer.status == 200, answer.body
        return answer.json["id"]

    return add


def test_parts_become_a_file_in_the_order_that_is_asked_for(sim, api, begun, add):
    path = begun()
    second, first = add(path, b"def"), add(path, b"abc")
    upload = api.made(f"{path}/complete", {"part_ids": [first, second], "md5": hashlib.md5(b"abcdef").hexdigest()})
    assert (upload["status"], upload["object"], upload["bytes"]) == ("completed", "upload", 6)
    assert upload["expires_at"] == upload["created_at"] + 3600
    file = upload["file"]
    assert (file["filename"], file["purpose"], file["bytes"]) == ("x.txt", "assistants", 6)
    assert api.get(f"/files/{file['id']}/content").body == b"abcdef"
    assert list(sim._backend.store.contents) == [file["id"]], "the parts are gone"


def test_an_upload_may_say_when_its_file_expires(api, begun, add):
    path = begun(expires_after={"anchor": "created_at", "seconds": 7200})
    file = api.made(f"{path}/complete", {"part_ids": [add(path, b"abcdef")]})["file"]
    assert file["expires_at"] == file["created_at"] + 7200


def test_a_cancelled_upload_takes_no_more(sim, api, upload, refused):
    path = "/uploads/upload_1"
    sim.put("uploads", {"id": "upload_1", "bytes": 6, "parts": {"part_1": "abc"}})
    assert api.made(f"{path}/cancel")["status"] == "cancelled"
    assert sim._backend.store.contents == {}
    text = f"Upload {path[9:]} is cancelled: only a pending one takes parts and can be ended."
    attempts = [
        lambda: upload(("data", b"x"), path=f"{path}/parts"),
        lambda: api.post(f"{path}/complete", {"part_ids": ["part_1"]}),
        lambda: api.post(f"{path}/cancel"),
    ]
    for attempt in attempts:
        assert refused(attempt, 400)["message"] == text


def test_an_upload_expires_after_an_hour(sim, api, begun, add):
    path = begun()
    add(path, b"abc")
    sim.clock.advance(3600)
    assert "is expired" in api.post(f"{path}/cancel").error["message"]
    assert sim._backend.store.contents == {}


BAD_COMPLETIONS = [
    ({"part_ids": ["part_x"]}, 404, "No upload part found with id 'part_x'."),
    ({"part_ids": []}, 400, "Invalid 'part_ids': array too short."),
    ({}, 400, "Missing required parameter: 'part_ids'."),
    ({"part_ids": ["part_1"]}, 400, "The parts have 3 bytes, and the upload was announced with 6."),
    (
        {"part_ids": ["part_1", "part_2"], "md5": "0"},
        400,
        "The MD5 sum of the parts is e80b5017098950fc58aad83c8c14978e",
    ),
]


@pytest.mark.parametrize("body, status, text", BAD_COMPLETIONS)
def test_an_upload_that_cannot_be_completed_stays_pending(sim, api, refused, body, status, text):  # noqa: PLR0917
    parts = {"part_1": "abc", "part_2": b"def"}
    sim.put("uploads", {"id": "upload_1", "parts": parts})
    error = refused(lambda: api.post("/uploads/upload_1/complete", body), status)
    assert error["message"].startswith(text)
    assert api.post("/uploads/upload_1/complete", {"part_ids": list(parts)}).status == 200


def test_parts_may_not_have_more_bytes_than_were_announced(upload, begun, add, refused):
    path = begun()
    add(path, b"abc")
    error = refused(lambda: upload(("data", b"defg"), path=f"{path}/parts"), 400)
    assert error["message"] == "The parts have 7 bytes, and the upload was announced with 6."


def test_an_unknown_upload_is_told_by_its_id(api, refused):
    assert (
        refused(lambda: api.post("/uploads/upload_x/cancel"), 404)["message"] == "No upload found with id 'upload_x'."
    )


def test_uploads_survive_a_save(sim, begun, add, api_of, tmp_path):
    path = begun(expires_after={"anchor": "created_at", "seconds": 7200})
    part = add(path, b"abcdef")
    sim.save(tmp_path / "state.json")
    again = api_of(Simulator.load(tmp_path / "state.json"))
    file = again.made(f"{path}/complete", {"part_ids": [part]})["file"]
    assert file["expires_at"] == file["created_at"] + 7200


def test_a_placed_upload_may_have_parts_that_are_no_content():
    sim = Simulator()
    with pytest.raises(Exception, match=r"put\('uploads', …\): content is bytes or a text, not 5"):
        sim.put("uploads", {"parts": {"part_1": 5}})


# ── through the SDK ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given", [b"abc", io.BytesIO(b"abc"), ("x.txt", b"abc"), ("x.txt", io.BytesIO(b"abc"), "text/plain")]
)
def test_every_way_to_give_a_file_to_the_sdk(given):
    if isinstance(given, io.BytesIO):
        given.seek(0)
    client = Simulator().client()
    file = client.files.create(file=given, purpose="assistants")
    assert (file.bytes, client.files.content(file.id).read()) == (3, b"abc")
    assert client.files.wait_for_processing(file.id).status == "processed"
    assert [one.id for one in client.files.list(purpose="assistants")] == [file.id]
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(file.id)


async def _upload(sim, path):
    client = sim.async_client()
    file = await client.files.create(file=path, purpose="vision")
    return (await client.files.content(file.id)).read()


def test_async_clients_upload_too(tmp_path):
    (tmp_path / "x.png").write_bytes(b"\x89PNG...")
    assert asyncio.run(_upload(Simulator(), tmp_path / "x.png")) == b"\x89PNG..."


def test_the_sdk_uploads_in_parts():
    client = Simulator().client()
    if not hasattr(client.uploads, "upload_file_chunked"):
        pytest.skip("this SDK has no helper for uploads")
    content = bytes(range(256)) * 400
    upload = client.uploads.upload_file_chunked(
        file=content,
        filename="x.bin",
        bytes=len(content),
        mime_type="application/octet-stream",
        purpose="assistants",
        part_size=30_000,
    )
    assert client.files.content(upload.file.id).read() == content
