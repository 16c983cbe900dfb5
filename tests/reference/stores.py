"""The reference of files, uploads and vector stores, written from the descriptions of them.

Files come into a store on the clock, a batch and its store count them; what costs time costs the median of the
recordings (recorded-traffic.md 3).
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from tests.reference import shapes
from tests.reference.matching import Id
from tests.reference.running import LATENCY
from tests.reference.service import Refused, operation
from tests.reference.shelf import Shelf, UnknownCursor

HOUR, DAY = 3_600, 86_400
CHUNKS = {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
STATIC = {"type": "static", "static": CHUNKS}
KINDS = (".txt", ".md", ".pdf")
FAILED = {
    "parse": {"code": "invalid_file", "message": "The file could not be parsed."},
    "kind": {"code": "unsupported_file", "message": "The file type is not supported."},
}
LETTERS, DIGITS = "[0-9A-Za-z]", "[0-9a-f]{32}"


class FilesRefused(Refused):
    """A refusal of the files' own service, which says it twice."""

    def __init__(self, status, message, param):
        Exception.__init__(self, status, {**shapes.error(message, param), "detail": {"message": message, "code": None}})


class Stores:
    """Files and vector stores at a time."""

    def __init__(self, now):
        self.now, self.known, self.order = now, set(), itertools.count()
        self.files, self.uploads, self.stores = Shelf("file"), Shelf("upload"), Shelf("vector store")
        self.contents, self.holds = {}, {}
        self.plan = []

    def id(self, prefix, tail):
        return Id(prefix, self.known, tail)

    def move_to(self, now):
        """Let pass the time, with what is due in it."""
        while self.plan and min(self.plan)[0] <= now:
            due, _, store_id, file = event = min(self.plan, key=lambda one: one[:2])
            self.plan.remove(event)
            self.now = due
            if file is None:
                self._expire(store_id)
            else:
                self._ingest(store_id, file)
        self.now = now

    def spend(self, seconds):
        self.move_to(self.now + seconds)

    # Files and uploads.

    @operation
    def create_file(self, name, content, purpose):
        self.spend(1.124)
        return self._new_file(name, content, purpose)

    def _new_file(self, name, content, purpose):
        if not content:
            raise FilesRefused(400, "File is empty. - 'file'", "file")
        id = self.id("file-", LETTERS + "{22}")
        self.contents[id] = content
        file = {"object": "file", "id": id, "purpose": purpose, "filename": name, "bytes": len(content)}
        end = {"expires_at": None, "status": "processed", "status_details": None}
        return self.files.add({**file, "created_at": int(self.now), **end})

    @operation
    def retrieve_file(self, id):
        self.spend(0.142)
        return self._file(id)

    @operation
    def delete_file(self, id):
        self.spend(0.19)
        file = self.files.remove(self._file(id))
        for store in list(self.stores):
            self._take_out(store, str(file["id"]))
        return {"object": "file", "deleted": True, "id": file["id"]}

    @operation
    def list_files(self, query):
        self.spend(0.142)
        wanted = query.get("purpose")
        page = self._page(self.files, {"limit": 10_000, **query}, lambda one: wanted in (None, one["purpose"]))
        return {key: page[key] for key in ("object", "data", "has_more", "first_id", "last_id")}

    @operation
    def create_upload(self, body):
        self.spend(0.142)
        upload = {"id": self.id("upload_", LETTERS + "{24}"), "object": "upload", "bytes": body["bytes"]}
        about = {"created_at": int(self.now), "filename": body["filename"], "purpose": body["purpose"]}
        life = {"status": "pending", "expires_at": int(self.now) + HOUR, "file": None}
        self.holds[upload["id"]] = {}
        return self.uploads.add({**upload, **about, **life})

    @operation
    def add_part(self, id, content):
        self.spend(0.142)
        upload = self._pending(id)
        parts = self.holds[upload["id"]]
        self._check_sum(upload, sum(map(len, parts.values())) + len(content), "data", exact=False)
        part = self.id("part_", LETTERS + "{24}")
        parts[part] = content
        return {"id": part, "object": "upload.part", "created_at": int(self.now), "upload_id": upload["id"]}

    @operation
    def complete_upload(self, id, body):
        self.spend(0.142)
        upload = self._pending(id)
        parts = {part.text: content for part, content in self.holds[upload["id"]].items()}
        for part in body["part_ids"]:
            if part not in parts:
                raise Refused(404, f"No upload part found with id '{part}'.")
        content = b"".join(parts[part] for part in body["part_ids"])
        self._check_sum(upload, len(content), "part_ids", exact=True)
        file = self._new_file(upload["filename"], content, upload["purpose"])
        upload.update(status="completed", file=file)
        return upload

    @operation
    def cancel_upload(self, id):
        self.spend(0.142)
        upload = self._pending(id)
        upload["status"] = "cancelled"
        return upload

    def _pending(self, id):
        upload = self._found(self.uploads, id)
        if upload["status"] == "pending" and self.now >= upload["expires_at"]:
            upload["status"] = "expired"
        if upload["status"] != "pending":
            said = f"Upload {id} is {upload['status']}: only a pending one takes parts and can be ended."
            raise Refused(400, said)
        return upload

    @staticmethod
    def _check_sum(upload, size, param, *, exact):
        if size > upload["bytes"] or (exact and size != upload["bytes"]):
            said = f"The parts have {size} bytes, and the upload was announced with {upload['bytes']}."
            raise Refused(400, said, param, "invalid_value")

    # Vector stores.

    @operation
    def create_store(self, body):
        self.spend(0.2)
        ids = self._usable_files(body.get("file_ids") or [])
        expires_after = body.get("expires_after")
        store = {
            "id": self.id("vs_", DIGITS),
            "object": "vector_store",
            "created_at": int(self.now),
            "name": body.get("name"),
            "description": None,
            "usage_bytes": 0,
            "file_counts": counts(),
            "status": "completed",
            "expires_after": expires_after,
            "expires_at": None,
            "last_active_at": int(self.now),
            "metadata": body.get("metadata") or {},
        }
        self.stores.add(store)
        self.holds[store["id"]] = SimpleNamespace(files=Shelf("file"), batches=Shelf("file batch"), members={})
        self._use(store)
        self._plan_expiry(store)
        self._add(store, ids)
        return store

    @operation
    def retrieve_store(self, id):
        self.spend(0.114)
        return self._found(self.stores, id)

    @operation
    def update_store(self, id, body):
        self.spend(0.2)
        store = self._found(self.stores, id)
        store.update({key: value for key, value in body.items() if value is not None})
        if body.get("expires_after") is not None:
            store["expires_at"] = store["last_active_at"] + body["expires_after"]["days"] * DAY
            self._plan_expiry(store)
        return store

    @operation
    def delete_store(self, id):
        self.spend(2.624)
        store = self.stores.remove(self._found(self.stores, id))
        self.plan = [one for one in self.plan if one[2] is not store["id"]]
        return shapes.deleted(store)

    @operation
    def list_stores(self, query):
        self.spend(0.541)
        return self._page(self.stores, query)

    # Their files and batches.

    @operation
    def add_file(self, id, body):
        self.spend(0.384)
        store = self._open(id)
        file_id = self._uploaded(body["file_id"])["id"]
        (file,) = self._add(store, [file_id], body)
        return file

    @operation
    def retrieve_store_file(self, id, file_id):
        self.spend(0.114)
        return self._in_store(self._found(self.stores, id), file_id)

    @operation
    def list_store_files(self, id, query):
        self.spend(0.102)
        store, wanted = self._found(self.stores, id), query.get("filter")
        return self._page(self.holds[store["id"]].files, query, lambda one: wanted in (None, one["status"]))

    @operation
    def remove_store_file(self, id, file_id):
        self.spend(0.194)
        store = self._found(self.stores, id)
        self._in_store(store, file_id)
        return shapes.deleted(self._take_out(store, file_id))

    @operation
    def create_batch(self, id, body):
        self.spend(0.677)
        store = self._open(id)
        ids = self._usable_files(body["file_ids"])
        batch = {
            "id": self.id("vsfb_ibj_", DIGITS),
            "object": "vector_store.file_batch",
            "created_at": int(self.now),
            "status": "in_progress",
            "vector_store_id": store["id"],
            "file_counts": counts(),
        }
        self.holds[store["id"]].batches.add(batch)
        self._add(store, ids, body, batch)
        return batch

    @operation
    def retrieve_batch(self, id, batch_id):
        self.spend(0.114)
        return self._batch(id, batch_id)

    @operation
    def cancel_batch(self, id, batch_id):
        self.spend(0.2)
        batch = self._batch(id, batch_id)
        if batch["status"] == "in_progress":
            batch["status"] = "cancelled"
            for file in self._members(batch):
                if file["status"] == "in_progress":
                    self._unplan(file)
                    self._become(file, "cancelled")
        return batch

    @operation
    def list_batch_files(self, id, batch_id, query):
        self.spend(0.152)
        batch, wanted = self._batch(id, batch_id), query.get("filter")
        members = self._members(batch)

        def keep(file):
            return wanted in (None, file["status"]) and any(file is one for one in members)

        return self._page(self.holds[batch["vector_store_id"]].files, query, keep)

    # What happens.

    def _add(self, store, ids, given=None, batch=None):
        given, hold, added = given or {}, self.holds[store["id"]], []
        for id in ids:
            self._take_out(store, id.text)
            # One that comes back has a new place, and no other.
            hold.files.all = [one for one in hold.files.all if one["id"] is not id]
            file = {
                "id": id,
                "object": "vector_store.file",
                "usage_bytes": 0,
                "created_at": int(self.now),
                "vector_store_id": store["id"],
                "status": "in_progress",
                "last_error": None,
                "chunking_strategy": STATIC,
                "attributes": given.get("attributes") or {},
            }
            added.append(hold.files.add(file))
            if batch is not None:
                hold.members.setdefault(batch["id"], []).append(file)
                count(batch, "in_progress", 1)
            count(store, "in_progress", 1)
            store["status"] = "in_progress"
            self.plan.append((self.now + LATENCY["ingest"], next(self.order), store["id"], file))
        self._use(store)
        return added

    def _ingest(self, store_id, file):
        uploaded = self.files.get(file["id"].text)
        content = self.contents[file["id"]]
        if not uploaded["filename"].endswith(KINDS):
            self._become(file, "failed", FAILED["kind"])
        elif b"\xff" in content and not uploaded["filename"].endswith(".pdf"):
            self._become(file, "failed", FAILED["parse"])
        else:
            file["usage_bytes"] = uploaded["bytes"]
            self._become(file, "completed")
            self._store_of(store_id)["usage_bytes"] += uploaded["bytes"]

    def _become(self, file, status, error=None):
        before, file["status"], file["last_error"] = file["status"], status, error
        batches = [one for one in self.holds[file["vector_store_id"]].batches if self._is_member(file, one)]
        for holder in (self._store_of(file["vector_store_id"]), *batches):
            count(holder, before, -1)
            count(holder, status, 1)
            if holder["file_counts"]["in_progress"] == 0 and holder["status"] == "in_progress":
                holder["status"] = "completed"

    def _take_out(self, store, file_id):
        """Take a file out of a store and return it; what was done with it stays counted where its batch was."""
        hold = self.holds[store["id"]]
        file = hold.files.get(file_id)
        if file is None:
            return None
        if file["status"] == "in_progress":
            self._unplan(file)
            self._become(file, "cancelled")
        count(store, file["status"], -1)
        store["usage_bytes"] -= file["usage_bytes"]
        for members in hold.members.values():
            members[:] = [one for one in members if one is not file]
        return hold.files.remove(file)

    def _unplan(self, file):
        self.plan = [one for one in self.plan if one[3] is not file]

    def _use(self, store):
        store["last_active_at"] = int(self.now)
        if store["expires_after"] is not None:
            store["expires_at"] = int(self.now) + store["expires_after"]["days"] * DAY

    def _plan_expiry(self, store):
        if store["expires_at"] is not None and store["status"] != "expired":
            self.plan.append((store["expires_at"], next(self.order), store["id"], None))

    def _expire(self, store_id):
        store = self._store_of(store_id)
        if store["expires_at"] > self.now:
            self._plan_expiry(store)
        else:
            store["status"] = "expired"

    # Look-ups.

    @staticmethod
    def _found(shelf, id):
        item = shelf.get(id)
        if item is None:
            raise Refused(404, f"No {shelf.noun} found with id '{id}'.")
        return item

    def _file(self, id):
        file = self.files.get(id)
        if file is None:
            raise FilesRefused(404, f"No such File object: {id}", "id")
        return file

    def _uploaded(self, id):
        return self._found(self.files, id)

    def _usable_files(self, ids):
        files = [self._uploaded(id) for id in dict.fromkeys(ids)]
        wrong = list(dict.fromkeys("." + one["filename"].rpartition(".")[2] for one in files))
        wrong = [one for one in wrong if one not in KINDS]
        if wrong:
            said = (
                f"Files with extensions [{', '.join(wrong)}] are not supported for retrieval."
                " See https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
            )
            raise Refused(400, said, "file_ids", "unsupported_file")
        return [one["id"] for one in files]

    def _store_of(self, id):
        return next(one for one in self.stores.all if one["id"] is id)

    def _open(self, id):
        store = self._found(self.stores, id)
        if store["status"] == "expired":
            raise Refused(400, f"Vector store '{id}' has expired.", None, "vector_store_expired")
        return store

    def _in_store(self, store, file_id):
        file = self.holds[store["id"]].files.get(file_id)
        if file is None:
            raise Refused(404, f"No file found with id '{file_id}' in vector store '{store['id']}'.")
        return file

    def _batch(self, id, batch_id):
        batches = self.holds[self._found(self.stores, id)["id"]].batches
        if batches.get(batch_id) is None and not batch_id.startswith("vsfb_"):
            said = f"Invalid 'batch_id': '{batch_id}'. Expected an ID that begins with 'vsfb_'."
            raise Refused(400, said, "batch_id", "invalid_value")
        return self._found(batches, batch_id)

    def _members(self, batch):
        return self.holds[batch["vector_store_id"]].members.get(batch["id"], [])

    def _is_member(self, file, batch):
        return any(file is one for one in self._members(batch))

    @staticmethod
    def _page(shelf, query, keep=None):
        try:
            return shelf.page(query, keep)
        except UnknownCursor as unknown:
            raise Refused(404, f"No {shelf.noun} found with id '{unknown}'.") from None


def counts():
    return {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}


def count(holder, status, change):
    holder["file_counts"][status] += change
    holder["file_counts"]["total"] += change
