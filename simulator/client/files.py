"""Files, and vector stores, which make them searchable."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openai

from .errors import ConfigurationError, ServiceError
from .ground import C, EitherWay, OnClient
from .policies import RunPolicy
from .requesting import Requests, all_of, without_retries
from .service import MARK
from .threads import new_request_id

_PROCESSING = "in_progress"


class FileManager(OnClient[C]):
    """Files and vector stores. Sync on an `openai.OpenAI`; on an `openai.AsyncOpenAI` each method is awaited.

    Args:
        client: of the SDK. Requests that fail are sent again as `policy` says, and not as the client does.
        request_id: returns an id that no request had; by it what was made is found again when its answer is lost.
    """

    def __init__(
        self, client: C, *, policy: RunPolicy | None = None, request_id: Callable[[], str] = new_request_id
    ) -> None:
        super().__init__(client)
        self._client: Any = without_retries(client)
        self._policy = policy or RunPolicy()
        self._ask = Requests(self._ground, self._policy).ask
        self._request_id = request_id

    @property
    def _stores(self) -> Any:
        """The vector stores, which stood under `beta` in the SDK until 1.66."""
        return getattr(self._client, "vector_stores", None) or self._client.beta.vector_stores

    @EitherWay
    async def upload(
        self, content: str | os.PathLike[str] | bytes, name: str | None = None, *, purpose: str = "assistants"
    ) -> Any:
        """Upload a file and return it.

        Args:
            content: a path, or the bytes themselves.
            name: of the file; needed with bytes.
            purpose: as in the API.

        Raises:
            ConfigurationError: bytes have no name; or there is no such file.
        """
        data, filename = _read(content, name)
        known = time.time()

        async def done() -> Any:
            page = await self._ask(lambda: self._client.files.list(purpose=purpose))
            same = (one for one in await all_of(page) if (one.filename, one.bytes) == (filename, len(data)))
            return next((one for one in same if one.created_at >= known - 1), None)

        return await self._ask(lambda: self._client.files.create(file=(filename, data), purpose=purpose), done=done)

    @EitherWay
    async def get(self, file_id: str) -> Any:
        """Return what is known of a file."""
        return await self._ask(lambda: self._client.files.retrieve(file_id))

    @EitherWay
    async def content(self, file_id: str) -> bytes:
        """Return the bytes of a file, such as an image of a reply."""
        answer = await self._ask(lambda: self._client.files.content(file_id))
        return bytes(answer.content)

    @EitherWay
    async def list(self, purpose: str | None = None) -> Sequence[Any]:
        """Return the files, over all pages."""
        only = {"purpose": purpose} if purpose else {}
        return await all_of(await self._ask(lambda: self._client.files.list(**only)))

    @EitherWay
    async def delete(self, file_id: str) -> bool:
        """Delete a file; return whether there was one."""
        return await self._deleted(lambda: self._client.files.delete(file_id))

    @EitherWay
    async def create_store(self, /, name: str, file_ids: Sequence[str] = (), **options: Any) -> Any:
        """Make a vector store of files, once, wait until they can be searched, and return it.

        Where the answer to its files is lost, they are added again: that cannot be seen, and changes nothing, since a
        file is in a store only once.

        Args:
            name: of the store.
            file_ids: what is in it.
            options: others of the API.

        Raises:
            ServiceError: a file could not be read, or it took longer than the deadline of the policy.
        """
        mark = self._request_id()
        body = {**options, "name": name, "metadata": {**(options.get("metadata") or {}), MARK: mark}}
        store = await self._ask(lambda: self._stores.create(**body), done=lambda: self._marked(mark))
        return await self._filled(store, file_ids) if file_ids else store

    @EitherWay
    async def add_files(self, store_id: str, file_ids: Sequence[str]) -> Any:
        """Add files to a vector store, wait until they can be searched, and return it."""
        return await self._filled(await self._ask(lambda: self._stores.retrieve(store_id)), file_ids)

    @EitherWay
    async def get_store(self, store_id: str) -> Any:
        """Return a vector store."""
        return await self._ask(lambda: self._stores.retrieve(store_id))

    @EitherWay
    async def list_stores(self) -> Sequence[Any]:
        """Return the vector stores, newest first, over all pages."""
        return await all_of(await self._ask(lambda: self._stores.list(order="desc", limit=100)))

    @EitherWay
    async def delete_store(self, store_id: str) -> bool:
        """Delete a vector store, and none of its files; return whether there was one."""
        return await self._deleted(lambda: self._stores.delete(store_id))

    async def _marked(self, mark: str) -> Any:
        page = await self._ask(lambda: self._stores.list(order="desc", limit=20))
        return next((one for one in page.data if (one.metadata or {}).get(MARK) == mark), None)

    async def _filled(self, store: Any, file_ids: Sequence[str]) -> Any:
        batches = self._stores.file_batches
        batch = await self._ask(lambda: batches.create(store.id, file_ids=list(file_ids)))
        batch_id, polls = batch.id, 0
        deadline = time.monotonic() + self._policy.deadline
        while batch.status == _PROCESSING:
            if time.monotonic() >= deadline:
                raise ServiceError(f"The files of {store.id} were not ready within {self._policy.deadline:g} s.")
            await self._ground.pause(self._policy.polling.seconds(polls))
            polls += 1
            batch = await self._ask(lambda: batches.retrieve(batch_id, vector_store_id=store.id))
        if batch.file_counts.failed or batch.status != "completed":
            raise ServiceError(await self._what_failed(store, batch))
        return await self._ask(lambda: self._stores.retrieve(store.id))

    async def _what_failed(self, store: Any, batch: Any) -> str:
        page = await self._ask(lambda: self._stores.files.list(store.id, limit=100))
        failed = [one for one in await all_of(page) if one.last_error is not None]
        why = "; ".join(f"{one.id}: {one.last_error.message}" for one in failed) or f"the batch is {batch.status}"
        return f"Not all files of {store.id} can be searched: {why}. Delete the store, or go on without them."

    async def _deleted(self, delete: Any) -> bool:
        try:
            await self._ask(delete)
        except openai.NotFoundError:
            return False
        return True


def _read(content: str | os.PathLike[str] | bytes, name: str | None) -> tuple[bytes, str]:
    if isinstance(content, bytes):
        if not name:
            raise ConfigurationError("Bytes need a name: upload(content, 'table.csv').")
        return content, name
    try:
        return Path(content).read_bytes(), name or Path(content).name
    except OSError as error:
        raise ConfigurationError(f"{os.fspath(content)} cannot be read: {error.strerror}.") from error
