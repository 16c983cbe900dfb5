"""The same files, uploads and vector stores in the simulator and in the reference: both answer alike."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator import Request, Simulator
from tests.reference.machine import HEADERS, METADATA, latency
from tests.reference.matching import equal
from tests.reference.stores import HOUR, Stores

NAMES = st.sampled_from(["a.txt", "b.md", "c.pdf", "d.xyz"])
CONTENTS = st.sampled_from([b"hello", b"hello", b"\xc3\xa4" * 20, b"a\xff", b""])
PURPOSES = st.sampled_from(["assistants", "vision"])
ATTRIBUTES = st.fixed_dictionaries({}, optional={"attributes": st.sampled_from([{}, {"a": 1.5, "b": "x"}, None])})
STORE = {
    "name": st.sampled_from(["n", ""]),
    "metadata": METADATA,
    "expires_after": st.sampled_from([None, {"anchor": "last_active_at", "days": 1}]),
}
PAGE = {"limit": st.integers(1, 3), "order": st.sampled_from(["asc", "desc"])}
FILTERED = {**PAGE, "filter": st.sampled_from(["in_progress", "completed", "failed", "cancelled"])}
FORM = {**HEADERS, "content-type": "multipart/form-data; boundary=XX"}
PATHS = {
    "retrieve_file": ("GET", "files/{}"),
    "delete_file": ("DELETE", "files/{}"),
    "list_files": ("GET", "files"),
    "create_upload": ("POST", "uploads"),
    "complete_upload": ("POST", "uploads/{}/complete"),
    "cancel_upload": ("POST", "uploads/{}/cancel"),
    "create_store": ("POST", "vector_stores"),
    "retrieve_store": ("GET", "vector_stores/{}"),
    "update_store": ("POST", "vector_stores/{}"),
    "delete_store": ("DELETE", "vector_stores/{}"),
    "list_stores": ("GET", "vector_stores"),
    "add_file": ("POST", "vector_stores/{}/files"),
    "retrieve_store_file": ("GET", "vector_stores/{}/files/{}"),
    "list_store_files": ("GET", "vector_stores/{}/files"),
    "remove_store_file": ("DELETE", "vector_stores/{}/files/{}"),
    "create_batch": ("POST", "vector_stores/{}/file_batches"),
    "retrieve_batch": ("GET", "vector_stores/{}/file_batches/{}"),
    "cancel_batch": ("POST", "vector_stores/{}/file_batches/{}/cancel"),
    "list_batch_files": ("GET", "vector_stores/{}/file_batches/{}/files"),
}


def form(**fields):
    """A body of `multipart/form-data`; a value that is a pair is a file."""
    parts = []
    for name, value in fields.items():
        filename, content = value if isinstance(value, tuple) else (None, value)
        named = f'name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
        parts.append(b"--XX\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (named.encode(), content))
    return b"".join(parts) + b"--XX--\r\n"


class StoresBeside(RuleBasedStateMachine):
    """The simulator and the reference of files, side by side."""

    steps = 0  # over all examples, for whoever counts

    @initialize(seed=st.integers(0, 3))
    def begin(self, seed):
        self.sim = Simulator(seed=seed)
        self.sim._backend.ids.seconds = latency
        self.reference = Stores(self.sim.clock.now())
        self.upload_file("a.txt", b"first")
        self.ask("create_store", body={"name": "s"})

    # Asking both.

    def send(self, method, path, content=b"", query="", headers=HEADERS):
        return self.sim.handle(Request(method, f"/v1/{path}", query, headers, content))

    def compare(self, expected, response, what):
        equal(list(expected), [response.status, json.loads(response.body)], what)
        assert self.reference.now == self.sim.clock.now()

    def ask(self, name, *ids, body=None, query=None):
        method, path = PATHS[name]
        given = [one for one in (body, query) if one is not None]
        expected = getattr(self.reference, name)(*ids, *given)
        content = b"" if body is None else json.dumps(body).encode()
        response = self.send(method, path.format(*ids), content, urlencode(query or {}))
        self.compare(expected, response, f"{method} {path}")

    def upload_file(self, name, content, purpose="assistants"):
        expected = self.reference.create_file(name, content, purpose)
        body = form(purpose=purpose.encode(), file=(name, content))
        self.compare(expected, self.send("POST", "files", body, headers=FORM), "POST files")

    # What to ask about: mostly what there is, sometimes what is not.

    def pick(self, data, items, *strange):
        return data.draw(st.sampled_from([*[str(one["id"]) for one in items] * 4, *strange]))

    def file(self, data):
        return self.pick(data, self.reference.files, "file-x")

    def files(self, data):
        known = [str(one["id"]) for one in self.reference.files]
        return data.draw(st.lists(st.sampled_from([*known * 4, "file-x"]), min_size=1, max_size=4))

    def store(self, data):
        return self.pick(data, self.reference.stores, "vs_x")

    def inside(self, store_id, kind):
        store = self.reference.stores.get(store_id)
        return [] if store is None else list(getattr(self.reference.holds[store["id"]], kind))

    def batch(self, data):
        store_id = self.store(data)
        return store_id, self.pick(data, self.inside(store_id, "batches"), "vsfb_x", "x")

    def upload(self, data):
        return self.pick(data, self.reference.uploads, "upload_x")

    def page(self, data, items, options):
        query = data.draw(st.fixed_dictionaries({}, optional=options))
        cursors = [None, None, *[str(one["id"]) for one in items]]
        query["after"] = data.draw(st.sampled_from([*cursors * 3, "nothing_x"]))
        query["before"] = data.draw(st.sampled_from(cursors))
        return {key: value for key, value in query.items() if value is not None}

    # Files and uploads.

    @rule(name=NAMES, content=CONTENTS, purpose=PURPOSES)
    def upload_a_file(self, name, content, purpose):
        self.upload_file(name, content, purpose)

    @rule(data=st.data())
    def retrieve_a_file(self, data):
        self.ask("retrieve_file", self.file(data))

    @precondition(lambda self: len(list(self.reference.files)) > 3)
    @rule(data=st.data())
    def delete_a_file(self, data):
        self.ask("delete_file", self.file(data))

    @rule(data=st.data(), purpose=st.none() | PURPOSES)
    def list_files(self, data, purpose):
        query = self.page(data, self.reference.files, PAGE)
        query.pop("before", None)  # the list of files has no such parameter
        self.ask("list_files", query={**query, **({} if purpose is None else {"purpose": purpose})})

    @rule(size=st.sampled_from([5, 10]), name=NAMES)
    def begin_an_upload(self, size, name):
        body = {"bytes": size, "filename": name, "purpose": "assistants", "mime_type": "text/plain"}
        self.ask("create_upload", body=body)

    @precondition(lambda self: list(self.reference.uploads))
    @rule(data=st.data(), content=st.sampled_from([b"12345", b"1234567"]))
    def add_a_part(self, data, content):
        id = self.upload(data)
        expected = self.reference.add_part(id, content)
        response = self.send("POST", f"uploads/{id}/parts", form(data=("blob", content)), headers=FORM)
        self.compare(expected, response, "POST parts")

    @precondition(lambda self: list(self.reference.uploads))
    @rule(data=st.data())
    def end_an_upload(self, data):
        id = self.upload(data)
        if data.draw(st.integers(0, 3)) == 0:
            self.ask("cancel_upload", id)
            return
        upload = self.reference.uploads.get(id)
        parts = [] if upload is None else [str(part) for part in self.reference.holds[upload["id"]]]
        drawn = parts if data.draw(st.integers(0, 3)) else [*parts, "part_x"]
        self.ask("complete_upload", id, body={"part_ids": drawn or ["part_x"]})

    # Vector stores.

    @rule(data=st.data(), body=st.fixed_dictionaries({}, optional=STORE), with_files=st.booleans())
    def create_a_store(self, data, body, with_files):
        self.ask("create_store", body={**body, **({"file_ids": self.files(data)} if with_files else {})})

    @rule(data=st.data(), body=st.fixed_dictionaries({}, optional=STORE))
    def update_a_store(self, data, body):
        self.ask("update_store", self.store(data), body=body)

    @rule(data=st.data())
    def retrieve_a_store(self, data):
        self.ask("retrieve_store", self.store(data))

    @precondition(lambda self: len(list(self.reference.stores)) > 2)
    @rule(data=st.data())
    def delete_a_store(self, data):
        self.ask("delete_store", self.store(data))

    @rule(data=st.data())
    def list_stores(self, data):
        self.ask("list_stores", query=self.page(data, self.reference.stores.all, PAGE))

    @rule(data=st.data(), body=ATTRIBUTES)
    def add_a_file(self, data, body):
        self.ask("add_file", self.store(data), body={**body, "file_id": self.file(data)})

    @rule(data=st.data(), name=st.sampled_from(["retrieve_store_file", "remove_store_file"]))
    def ask_about_a_file_of_a_store(self, data, name):
        store_id = self.store(data)
        self.ask(name, store_id, self.pick(data, self.inside(store_id, "files"), "file-x"))

    @rule(data=st.data())
    def list_the_files_of_a_store(self, data):
        store_id = self.store(data)
        self.ask("list_store_files", store_id, query=self.page(data, self.inside(store_id, "files"), FILTERED))

    @rule(data=st.data(), body=ATTRIBUTES)
    def add_a_batch(self, data, body):
        self.ask("create_batch", self.store(data), body={**body, "file_ids": self.files(data)})

    @rule(data=st.data(), name=st.sampled_from(["retrieve_batch", "cancel_batch"]))
    def ask_about_a_batch(self, data, name):
        self.ask(name, *self.batch(data))

    @rule(data=st.data())
    def list_the_files_of_a_batch(self, data):
        store_id, batch_id = self.batch(data)
        query = self.page(data, self.inside(store_id, "files"), FILTERED)
        self.ask("list_batch_files", store_id, batch_id, query=query)

    @rule(seconds=st.sampled_from([0.1, 0.2, 0.3, 1, 30, HOUR, 30 * HOUR]))
    def wait(self, seconds):
        self.sim.clock.advance(seconds)
        self.reference.move_to(self.reference.now + seconds)

    # After every step.

    @invariant()
    def what_is_kept_is_alike(self):
        type(self).steps += 1
        self.sim._backend.engine.settle()
        self.reference.move_to(self.reference.now)  # an expiry may have come to lie in the past
        kept = self.sim._backend.store
        equal(list(self.reference.files), list(kept.files), "files")
        equal(list(self.reference.stores), list(kept.vector_stores), "vector stores")
        for store in self.reference.stores:
            hold = self.reference.holds[store["id"]]
            equal(list(hold.files), list(kept.vector_store_files.of(str(store["id"]))), "files of a store")
            equal(list(hold.batches), list(kept.vector_store_file_batches.of(str(store["id"]))), "batches")
            assert sum(store["file_counts"][key] for key in store["file_counts"] if key != "total") == len(
                list(hold.files)
            )
